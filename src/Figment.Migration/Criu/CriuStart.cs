using Figment.Linux.Files;
using Figment.Linux.Processes;

namespace Figment.Migration.Criu;

/// <summary>How CRIU is to be started. What it restores inherits the control groups and the filters of system calls that it is born with.</summary>
public sealed record CriuStart
{
    /// <summary>Its path.</summary>
    public required string Program { get; init; }

    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Become its descriptors 3, 4 and so on; the standard ones lead nowhere.</summary>
    public required IReadOnlyList<Descriptor> Descriptors { get; init; }

    /// <summary>As a child of this process, as this process is.</summary>
    public static Pidfd Spawn(CriuStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        return Pidfd.Open(Spawner.Spawn(start.Program, start.Arguments, start.Environment, nothing, nothing, directory: "/", start.Descriptors));
    }
}
