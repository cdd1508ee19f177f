using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary><c>x-figment</c> of a service over that of the application.</summary>
internal static class FigmentReader
{
    /// <summary>Debian Policy 5.6.1: names of packages.</summary>
    private const int PackageNameMin = 2;

    public static FigmentSpec Read(Section? defaults, Section? own, EnvironmentReader environment)
    {
        FigmentSpec spec = new();
        Section[] sections = [.. new[] { defaults, own }.OfType<Section>()];
        foreach (Section section in sections)
        {
            spec = Over(spec, section, environment);
        }

        if (spec is { FromSnapshot: true, Idle.FreezeAfterMs: 0 })
        {
            Section section = sections.Last(section => section.Text("from") == "snapshot");
            section.Error(section.Scalar("from")!, "from", "a snapshot is taken when a machine has come to rest, and idle.freeze-after: never says that it never has", "give it a time, or from: image");
        }

        return spec;
    }

    private static FigmentSpec Over(FigmentSpec below, Section section, EnvironmentReader environment)
    {
        List<string> packages = [];
        foreach ((Node node, string path) in section.Items("packages"))
        {
            var name = (ScalarNode)node;
            if (IsPackageName(name.Text))
            {
                packages.Add(name.Text);
            }
            else
            {
                section.Sink.Error(name.Place, path, $"expected the name of a Debian package, found {Quote.Text(name.Text)}");
            }
        }

        return below with
        {
            Root = section.Choice("root", ("host", RootKind.Host), ("image", RootKind.Image)) ?? below.Root,
            FromSnapshot = section.Choice("from", ("image", false), ("snapshot", true)) ?? below.FromSnapshot,
            AfterRestore = section.Has("after-restore") ? HookReader.Read(section, "after-restore", environment) : below.AfterRestore,
            Start = section.Choice("start", ("on-demand", StartMode.OnDemand), ("eager", StartMode.Eager)) ?? below.Start,
            SettleMs = section.DurationMs("settle") ?? below.SettleMs,
            StartTimeoutMs = section.DurationMs("start-timeout") ?? below.StartTimeoutMs,
            Idle = section.Child("idle") is { } idle ? Idle(below.Idle, idle) : below.Idle,
            Elastic = section.Child("elastic") is { } elastic ? ElasticReader.Read(below.Elastic, elastic) : below.Elastic,
            Packages = section.Has("packages") ? packages : below.Packages,
        };
    }

    private static IdleSpec Idle(IdleSpec below, Section section)
    {
        bool ignoresHeartbeat = section.Choice("ignore", ("heartbeat", true), ("nothing", false)) ?? below.IgnoreHeartbeat;
        bool isDefault = below.FreezeAfterMs == IdleSpec.FreezeAfterMsDefault(below.IgnoreHeartbeat);
        return below with
        {
            FreezeAfterMs = AfterMs(section, "freeze-after", "frozen") ?? (isDefault ? IdleSpec.FreezeAfterMsDefault(ignoresHeartbeat) : below.FreezeAfterMs),
            ReclaimAfterMs = section.Text("reclaim-after") == "never" ? 0 : section.DurationMs("reclaim-after") ?? below.ReclaimAfterMs,
            HibernateAfterMs = AfterMs(section, "hibernate-after", "put on storage") ?? below.HibernateAfterMs,
            IgnoreHeartbeat = ignoresHeartbeat,
        };
    }

    private static long? AfterMs(Section section, string key, string what)
    {
        if (section.Text(key) == "never")
        {
            return 0;
        }

        long? duration = section.DurationMs(key);
        if (duration < IdleSpec.AfterMsMin)
        {
            section.Error(section.Scalar(key)!, key, $"expected at least {IdleSpec.AfterMsMin}ms, found {Quote.Text(section.Scalar(key)!.Text)}", $"write never if it is not to be {what}");
            return null;
        }

        return duration;
    }

    private static bool IsPackageName(string name) =>
        name.Length >= PackageNameMin && char.IsAsciiLetterOrDigit(name[0])
        && name.All(character => char.IsAsciiLetterLower(character) || char.IsAsciiDigit(character) || character is '+' or '-' or '.');
}
