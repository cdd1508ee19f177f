using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Images;

namespace Figment.Node.Planning;

/// <summary>Merges a service with its image's configuration by Docker's rules.</summary>
internal static class ProgramPlanning
{
    private const string DefaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const long DefaultGraceMs = 10_000;

    public static ProgramLaunch Plan(ServiceSpec service, ImageFacts? image, string hostname) => new()
    {
        Arguments = Arguments(service, image),
        Environment = EnvironmentOf(service, image, hostname),
        WorkingDirectory = WorkingDirectory(service, image),
        User = service.User ?? (image?.User is { Length: > 0 } user ? user : null),
        AdditionalGroups = service.GroupAdd,
        Init = service.Init,
        Tty = service.Tty,
        StdinOpen = service.StdinOpen,
        StopSignal = StopSignal(service, image),
        StopGraceMs = service.StopGracePeriodMs ?? DefaultGraceMs,
    };

    /// <summary>An entry point of the service's own hides the image's command as well, unless it is empty.</summary>
    private static List<string> Arguments(ServiceSpec service, ImageFacts? image)
    {
        var entrypoint = service.Entrypoint;
        var command = service.Command is { Count: > 0 } ? service.Command : null;
        if (entrypoint is not { Count: > 0 })
        {
            command ??= image?.Command ?? [];
            entrypoint ??= image?.Entrypoint ?? [];
        }

        List<string> arguments = [.. entrypoint, .. command ?? []];
        if (arguments.Count == 0)
        {
            throw PlanError.Of($"service {service.Name} has no command" + (image is null ? " and no image that names one" : $", and neither has its image {service.Image}"), "give it a command: in the Compose file");
        }

        return arguments;
    }

    private static List<string> EnvironmentOf(ServiceSpec service, ImageFacts? image, string hostname)
    {
        var values = new List<KeyValuePair<string, string?>>();
        void Set(string name, string? value)
        {
            values.RemoveAll(pair => pair.Key == name);
            values.Add(new(name, value));
        }

        Set("PATH", DefaultPath[5..]);
        Set("HOSTNAME", hostname);
        if (service.Tty)
        {
            Set("TERM", "xterm");
        }

        foreach (string line in image?.Environment ?? [])
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            Set(equals < 0 ? line : line[..equals], equals < 0 ? string.Empty : line[(equals + 1)..]);
        }

        foreach (var (name, value) in service.Environment)
        {
            if (name.Length == 0 || name.Contains('=', StringComparison.Ordinal) || name.Contains('\0', StringComparison.Ordinal) || value?.Contains('\0', StringComparison.Ordinal) == true)
            {
                throw PlanError.Of($"service {service.Name}: \"{name}\" cannot be an environment variable: the name is empty, or name or value holds '=' or a NUL");
            }

            Set(name, value);
        }

        return [.. values.Where(pair => pair.Value is not null).Select(pair => $"{pair.Key}={pair.Value}")];
    }

    private static string WorkingDirectory(ServiceSpec service, ImageFacts? image)
    {
        string fromImage = image?.WorkingDirectory is { Length: > 0 } folder ? folder : "/";
        return service.WorkingDir is { Length: > 0 } wanted ? Path.GetFullPath(wanted, Path.GetFullPath(fromImage, "/")) : Path.GetFullPath(fromImage, "/");
    }

    private static int StopSignal(ServiceSpec service, ImageFacts? image)
    {
        string? text = service.StopSignal ?? (image?.StopSignal is { Length: > 0 } ofImage ? ofImage : null);
        if (text is null)
        {
            return ProcessSignal.Terminate;
        }

        return ProcessSignal.Parse(text) ?? throw PlanError.Of($"service {service.Name}: stop signal {text} is no signal", "write a name as SIGINT or a number");
    }
}
