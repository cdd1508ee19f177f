using Figment.Linux.Children;
using Figment.Linux.Credentials;
using Figment.Linux.Seccomp;
using Figment.Model.Specs;

namespace Figment.Box.Launching;

/// <summary>A program to be executed in a machine, all names resolved.</summary>
internal sealed record ProgramPlan
{
    private const string PathDefault = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    private const int FileMask = 0x12;

    public required IReadOnlyList<string> Arguments { get; init; }

    public required IReadOnlyList<string> Environment { get; init; }

    public required string WorkingDirectory { get; init; }

    public required MachineUser User { get; init; }

    public required CapabilitySet Capabilities { get; init; }

    public required IReadOnlyList<UlimitSpec> Limits { get; init; }

    public required bool Terminal { get; init; }

    /// <summary>Paths to try, in order.</summary>
    public IReadOnlyList<string> Candidates => Arguments[0].Contains('/', StringComparison.Ordinal)
        ? [Arguments[0]]
        : [.. (Variable("PATH") ?? PathDefault).Split(':').Select(folder => Path.Combine(folder.Length == 0 ? "." : folder, Arguments[0]))];

    /// <summary>The environment with HOME, and TERM on a terminal, unless it has them.</summary>
    public static IReadOnlyList<string> Complete(IEnumerable<string> environment, MachineUser user, bool terminal)
    {
        List<string> all = [.. environment];
        if (!all.Exists(entry => entry.StartsWith("HOME=", StringComparison.Ordinal)))
        {
            all.Add("HOME=" + user.Home);
        }

        if (terminal && !all.Exists(entry => entry.StartsWith("TERM=", StringComparison.Ordinal)))
        {
            all.Add("TERM=xterm");
        }

        return all;
    }

    /// <summary>Later entries of the same name win.</summary>
    public static IReadOnlyList<string> Merge(IEnumerable<string> environment, IEnumerable<string> over)
    {
        Dictionary<string, string> merged = [];
        foreach (string entry in environment.Concat(over))
        {
            merged[entry.Split('=', 2)[0]] = entry;
        }

        return [.. merged.Values];
    }

    /// <summary>The steps from a fresh child to the program; the child waits once more after the filters are installed.
    /// The program is killed when the thread that forks it ends: a box that was killed leaves no program whose trapped calls nobody answers.</summary>
    public void AddTo(PreparedChild child, ProgramStreams streams)
    {
        child.AddDuplicate(streams.Input, 0);
        child.AddDuplicate(streams.Output, 1);
        child.AddDuplicate(streams.Error, 2);
        if (Terminal)
        {
            child.AddTerminal();
        }

        ProcessLimits.Add(child, Limits);
        child.AddDirectory(WorkingDirectory);
        child.AddFileMask(FileMask);
        child.AddCloseOthers();
        child.AddIdentity(User.Uid, User.Gid, User.Groups, Capabilities);
        child.AddEndWithParentThread();
        child.AddNoNewPrivileges();
        child.AddDefaultSignals();
        child.AddFilter(DenyList.For(Capabilities), "install the filter of denied calls");
        child.AddNotifyFilter(BpfProgram.Notify());
        child.AddWaitForGo();
        child.AddExecute(Candidates, Arguments, Environment);
    }

    private string? Variable(string name) =>
        Environment.LastOrDefault(entry => entry.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];
}
