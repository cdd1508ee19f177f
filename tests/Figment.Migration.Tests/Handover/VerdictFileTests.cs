using Figment.Migration.Handover;

namespace Figment.Migration.Tests.Handover;

/// <summary>One verdict, whoever rules.</summary>
public sealed class VerdictFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-verdict-").FullName;

    private VerdictFile Verdicts => new(_folder);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(Verdict.Commit, Verdict.Abort)]
    [InlineData(Verdict.Abort, Verdict.Commit)]
    public void The_first_counts(Verdict first, Verdict second)
    {
        Assert.Null(Verdicts.Read());

        Assert.Equal(first, Verdicts.Rule(first));

        Assert.Equal(first, Verdicts.Rule(second));
        Assert.Equal(first, Verdicts.Read());
        Assert.Equal(["verdict"], Directory.GetFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void Of_many_at_once_all_obey_one()
    {
        for (int round = 0; round < 50; round++)
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder, $"{round}")).FullName;
            using var start = new Barrier(8);
            var said = new Verdict[8];
            Thread[] threads = [.. Enumerable.Range(0, said.Length).Select(index => new Thread(() =>
            {
                start.SignalAndWait();
                said[index] = new VerdictFile(folder).Rule(index % 2 == 0 ? Verdict.Commit : Verdict.Abort);
            }))];
            Array.ForEach(threads, thread => thread.Start());
            Array.ForEach(threads, thread => thread.Join());

            Assert.Single(said.Distinct());
            Assert.Equal(said[0], new VerdictFile(folder).Read());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("commit")]
    [InlineData("commit\nabort\n")]
    [InlineData("perhaps\n")]
    [InlineData("commit\n\0\0\0\0\0\0\0\0\0\0\0\0")]
    public void What_is_no_verdict_is_none_for_nobody(string content)
    {
        File.WriteAllText(Path.Combine(_folder, "verdict"), content);

        Assert.Contains("holds no verdict", Assert.Throws<InvalidDataException>(() => Verdicts.Read()).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => Verdicts.Rule(Verdict.Abort));
    }

    [Fact]
    public void Without_its_folder_nothing_is_ruled() =>
        Assert.ThrowsAny<Exception>(() => new VerdictFile(Path.Combine(_folder, "none")).Rule(Verdict.Commit));
}
