using System.Runtime.CompilerServices;

namespace Figment.Cli.Tests;

/// <summary>
/// Holds what users see by text files under review: <c>Approved/NAME.txt</c>. A difference fails and leaves <c>NAME.received.txt</c> beside it; <c>FIGMENT_APPROVE=1</c> accepts.
/// </summary>
internal static class Approval
{
    public static void Check(string name, string received) => CheckFile(Path.Combine(Folder(), "Approved", name + ".txt"), received);

    /// <summary>The same for a file elsewhere in the repository, such as the reference in <c>docs</c>.</summary>
    public static void CheckFile(string file, string received)
    {
        string receivedFile = Path.ChangeExtension(file, ".received.txt");
        string text = received.ReplaceLineEndings("\n");
        string? approved = File.Exists(file) ? File.ReadAllText(file) : null;
        if (approved == text)
        {
            File.Delete(receivedFile);
            return;
        }

        if (Environment.GetEnvironmentVariable("FIGMENT_APPROVE") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            File.WriteAllText(file, text);
            File.Delete(receivedFile);
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(receivedFile, text);
        Assert.Fail($"{Path.GetFileName(file)} differs (FIGMENT_APPROVE=1 accepts it):\n{Difference(approved ?? "", text)}");
    }

    public static string RepositoryFile(params string[] parts) => Path.Combine([Folder(), "..", "..", .. parts]);

    private static string Difference(string approved, string received)
    {
        string[] old = approved.Split('\n'), now = received.Split('\n');
        var lines = Enumerable.Range(0, Math.Max(old.Length, now.Length))
            .Where(index => old.ElementAtOrDefault(index) != now.ElementAtOrDefault(index))
            .Select(index => $"{index + 1}:\n- {old.ElementAtOrDefault(index) ?? "(end)"}\n+ {now.ElementAtOrDefault(index) ?? "(end)"}");
        return string.Join('\n', lines.Take(20));
    }

    private static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
