using System.Globalization;
using Figment.Linux.Processes;
using Figment.Migration.Criu;

namespace Figment.Migration.Tests;

public sealed class CriuSessionTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-criu-session-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>As CRIU's do by which it tries ptrace(2) when it begins.</summary>
    [Fact]
    public void One_that_is_killed_leaves_no_child_that_stands_still()
    {
        string told = Path.Combine(_folder, "told");
        string program = Path.Combine(_folder, "criu");
        File.WriteAllText(program, $"#!/bin/sh\nsh -c 'kill -STOP $$' &\necho $! > {told}\nkill -9 $$\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Pidfd left;
        using (var session = CriuSession.Start(program, [], CriuStart.Spawn))
        {
            Assert.Contains("criu ended without an answer", Assert.Throws<CriuException>(() => session.Ask(new CriuRequest(), _ => true, TimeSpan.FromSeconds(10))).Message, StringComparison.Ordinal);
            left = Pidfd.Open(int.Parse(File.ReadAllText(told), CultureInfo.InvariantCulture));
        }

        using (left)
        {
            Assert.True(left.AwaitEnd(TimeSpan.FromSeconds(10)));
        }
    }
}
