using System.Text;

namespace Figment.EndToEnd.Tests;

/// <summary>A secret reaches its program and nothing else.</summary>
public sealed class SecretTests : IDisposable
{
    private const string Secret = "the-sea-is-made-of-tea";

    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public void A_secrets_content_is_in_no_journal_launch_file_log_or_answer()
    {
        _node.Variables["TEA"] = Secret;
        _node.Variables["FIGMENT_LOG"] = "debug";
        const string Compose = """
            services:
              s:
                command: sh -c 'wc -c < /run/secrets/tea; sleep 1000'
                secrets: [tea]
                x-figment: { root: host, start: eager }
            secrets:
              tea: { environment: TEA }
            """;
        _node.Up("safe", Compose);
        FigmentNode.Eventually("the program saw it", () => _node.Run("logs", "-p", "safe") is var log && log.Contains($"{Secret.Length}", StringComparison.Ordinal) ? null : log);

        string[] answers = [_node.Run("inspect", "-p", "safe", "s-1"), _node.Run("config", "-f", _node.Write("safe", Compose)), _node.Run("events", "-p", "safe", "--json"), _node.Run("why", "-p", "safe", "s-1")];
        Assert.DoesNotContain(answers, answer => answer.Contains(Secret, StringComparison.Ordinal));
        var holders =
            from root in new[] { _node.StateDirectory, _node.RuntimeDirectory }
            from file in Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint })
            where new FileInfo(file).Length > 0 && Holds(file)
            select Path.GetRelativePath(root, file);

        // The one file that is bound into the machine, readable by root alone.
        string only = Assert.Single(holders);
        Assert.StartsWith("apps/safe/files/secret-tea-", only, StringComparison.Ordinal);
    }

    private static bool Holds(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)) >= 0;
    }
}
