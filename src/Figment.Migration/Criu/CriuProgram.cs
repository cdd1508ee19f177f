namespace Figment.Migration.Criu;

/// <summary>Where CRIU is.</summary>
public static class CriuProgram
{
    /// <summary>Names another CRIU than the one that came with Figment.</summary>
    public const string Variable = "FIGMENT_CRIU";

    /// <summary>What to say where there is none.</summary>
    public const string Missing = "there is no CRIU on this node; run eng/install-criu.sh, or install CRIU 4.2 or newer";

    /// <summary>The one that is named, else the one beside Figment's programs (<c>criu/criu</c>), else the system's; null: there is none.</summary>
    /// <param name="environment">For the names of variables their values; null if unset.</param>
    /// <param name="programs">The folder of Figment's programs.</param>
    public static string? Find(Func<string, string?> environment, string programs) =>
        environment(Variable) is { Length: > 0 } named
            ? named
            : Candidates(environment("PATH") ?? "", programs).FirstOrDefault(File.Exists);

    /// <summary>What to execute: of one that has its libraries beside it (<c>eng/install-criu.sh</c>) their loader, as its script does, which takes as long as CRIU's own beginning.</summary>
    internal static IReadOnlyList<string> Command(string program)
    {
        if (!File.Exists(program))
        {
            return [program];
        }

        string script = File.ResolveLinkTarget(program, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(program);
        string beside = Path.Combine(Path.GetDirectoryName(script)!, "usr");
        string own = Path.Combine(beside, "sbin", "criu");
        return File.Exists(own)
            && Directory.GetDirectories(beside, "lib*").SelectMany(folder => Directory.GetFiles(folder, "ld-linux-*.so.*")).LastOrDefault() is { } loader
            && Directory.GetDirectories(Path.Combine(beside, "lib"), "*-linux-gnu") is [var libraries, ..]
                ? [loader, "--library-path", libraries, own]
                : [program];
    }

    private static IEnumerable<string> Candidates(string path, string programs) =>
        path.Split(':', StringSplitOptions.RemoveEmptyEntries).Concat(["/usr/sbin", "/usr/bin"]).Select(folder => Path.Combine(folder, "criu")).Prepend(Path.Combine(programs, "criu", "criu"));
}
