using Figment.Migration.Criu;

namespace Figment.Migration.Tests;

public sealed class CriuLogTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void The_first_error_that_matters_is_the_cause()
    {
        File.WriteAllLines(
            _file,
            [
                "(00.001234) Version: 4.2.1 (gitid 0)",
                "Error (criu/util.c:1534): rlimit: Can't setup RLIMIT_NOFILE for self: Operation not permitted",
                "Warn  (criu/kerndat.c:1290): Can't keep kdat cache on non-tempfs",
                "(00.004000)     12: Error (criu/files-ext.c:94): Can't dump file 3 of that type [600] (anon anon_inode:[userfaultfd])",
                "(00.004100) Error (criu/cr-dump.c:1975): Dumping FAILED.",
            ]);

        Assert.Equal("Can't dump file 3 of that type [600] (anon anon_inode:[userfaultfd])", CriuLog.Cause(_file));
        Assert.Equal(3, CriuLog.Read(_file).Count);
    }

    [Fact]
    public void An_error_that_says_little_is_told_with_the_one_behind_it()
    {
        File.WriteAllLines(_file, ["Error (criu/sk-netlink.c:133): netlink: 8 1", "Error (criu/sk-netlink.c:134): netlink: The netlink socket 0x3 has more than 32 groups", "Error (criu/cr-dump.c:1): third"]);

        Assert.Equal("netlink: 8 1; netlink: The netlink socket 0x3 has more than 32 groups", CriuLog.Cause(_file));
    }

    [Fact]
    public void Without_a_log_or_an_error_in_it_that_is_said()
    {
        Assert.Null(CriuLog.Cause(_file));
        Assert.Null(CriuLog.Cause("/nonexistent/dump.log"));
        Assert.Empty(CriuLog.Read("/nonexistent/dump.log"));
    }
}
