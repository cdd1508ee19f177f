using System.Reflection;

namespace Figment.Daemon.Hosting;

/// <summary>What a daemon tells of itself.</summary>
internal sealed record DaemonFacts(DateTimeOffset StartedAt)
{
    public static string Version { get; } =
        typeof(DaemonFacts).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0";
}
