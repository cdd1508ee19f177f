using System.Globalization;
using Figment.Keeper.Tests.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Memory;
using Figment.Linux.Processes;

namespace Figment.Keeper.Tests.Processes;

public sealed class SpawnerTests
{
    [Fact]
    public void A_program_gets_three_descriptors_default_signals_and_a_session_of_its_own()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["in"], "hello\n");
        using (var input = FileCalls.Open(folder["in"], FileCalls.O_RDONLY))
        using (var output = FileCalls.Open(folder["out"], FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_APPEND, 0b110_000_000))
        {
            // The shell reads its standard input; ls has the folder itself open as a fourth. Its signals it reads itself: while it starts another program it blocks them.
            int pid = Spawner.Spawn(
                "/bin/sh",
                ["sh", "-c", "read line; echo $line $WORD; ls -1 /proc/self/fd | wc -l; echo $$; cut -d' ' -f6 /proc/$$/stat; while read -r name value; do case $name in SigBlk:|SigIgn:) printf '%s\\t%s\\n' $name $value;; esac; done </proc/$$/status"],
                ["WORD=world", "PATH=/usr/bin:/bin"],
                input,
                output);
            using var process = Pidfd.Open(pid);
            Assert.Equal(new ChildExit(0, null), process.Wait());
        }

        string[] lines = File.ReadAllLines(folder["out"]);
        Assert.Equal("hello world", lines[0]);
        Assert.Equal("4", lines[1]);
        Assert.Equal(lines[2], lines[3]);

        // 32 and 33 are the C library's own, which it leaves ignored.
        const ulong OwnSignals = (1UL << 31) | (1UL << 32);
        Assert.All(lines[4..6], line => Assert.Equal(0UL, ulong.Parse(line.Split('\t')[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture) & ~OwnSignals));
    }

    /// <summary>Whatever numbers they have here: one of them may be what another becomes.</summary>
    [Fact]
    public void Further_descriptors_become_the_next_numbers()
    {
        using var folder = new TemporaryFolder();
        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        var files = new List<Descriptor>();
        foreach (string word in (string[])["third", "fourth", "fifth"])
        {
            File.WriteAllText(folder[word], word + "\n");
            files.Add(FileCalls.Open(folder[word], FileCalls.O_RDONLY));
        }

        using (var output = FileCalls.Open(folder["out"], FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_APPEND, 0b110_000_000))
        {
            int pid = Spawner.Spawn("/bin/sh", ["sh", "-c", "cat <&3; cat <&4; cat <&5; [ -e /proc/$$/fd/6 ] || echo no more"], ["PATH=/usr/bin:/bin"], nothing, output, more: files);
            using var process = Pidfd.Open(pid);
            Assert.Equal(new ChildExit(0, null), process.Wait());
        }

        files.ForEach(file => file.Dispose());
        Assert.Equal(["third", "fourth", "fifth", "no more"], File.ReadAllLines(folder["out"]));
    }

    [Fact]
    public void What_cannot_be_executed_is_an_error_with_its_name()
    {
        using var folder = new TemporaryFolder();
        using var file = FileCalls.Open(folder["f"], FileCalls.O_RDWR | FileCalls.O_CREAT, 0b110_000_000);

        Assert.Equal(Errno.ENOENT, Assert.Throws<LinuxException>(() => Spawner.Spawn("/nonexistent/program", ["x"], [], file, file)).Error);
        Assert.Equal(Errno.EACCES, Assert.Throws<LinuxException>(() => Spawner.Spawn(folder["f"], ["x"], [], file, file)).Error);
    }

    [Fact]
    public void A_shared_page_is_one_number_for_all_who_map_it_and_stays_in_its_file()
    {
        using var folder = new TemporaryFolder();
        using (var one = SharedPage.Open(folder["page"]))
        using (var other = SharedPage.Open(folder["page"]))
        {
            Assert.Equal(1, one.Increment());
            Assert.Equal(2, other.Increment());
            Assert.Equal(2, one.Number);
        }

        using var next = SharedPage.Open(folder["page"]);
        Assert.Equal(2, next.Number);
        Assert.Equal(SharedPage.Bytes, new FileInfo(folder["page"]).Length);
    }
}
