using System.Net;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Processes;
using Figment.Migration.Criu;

namespace Figment.Migration.Engine;

/// <summary>Whether an engine can do it on this kernel: a small program that has a TCP listener is dumped and brought back. Versions and <c>criu check</c> do not show what fails.</summary>
internal static class EngineTest
{
    private const int SIGKILL = 9;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Null: it can. Else why not.</summary>
    public static string? Run(CriuEngine engine)
    {
        string folder = Directory.CreateTempSubdirectory("figment-checkpoint-").FullName;
        try
        {
            return engine.CheckVersion() ?? Try(engine, folder);
        }
        catch (CriuException exception)
        {
            return exception.Message;
        }
        catch (LinuxException exception)
        {
            return $"a program for the test could not be started: {exception.Message}";
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string? Try(CriuEngine engine, string folder)
    {
        int pid = Start();
        int? restored = null;
        try
        {
            using (var program = Pidfd.Open(pid))
            {
                engine.Dump(new DumpOptions { Pid = pid, Folder = folder, Patience = Patience }, () => true);
                if (!program.AwaitEnd(Patience))
                {
                    return "the program that was dumped goes on";
                }

                program.Wait();
                pid = 0;
            }

            restored = engine.Restore(new RestoreOptions { Folder = folder, Patience = Patience }, _ => true);
            return restored is null ? "the program was not brought back" : null;
        }
        finally
        {
            End(pid);
            End(restored ?? 0);
        }
    }

    /// <summary>sleep(1), whose standard input is the listener.</summary>
    private static int Start()
    {
        using var listener = InternetSocket.Create(version6: false, stream: true);
        InternetSocket.Bind(listener, InternetEndpoint.From(IPAddress.Loopback, 0));
        InternetSocket.Listen(listener, 1);
        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        return Spawner.Spawn("/bin/sleep", ["sleep", "1000"], [], listener, nothing, directory: "/");
    }

    private static void End(int pid)
    {
        if (pid > 0)
        {
            using var process = Pidfd.Open(pid);
            process.Signal(SIGKILL);
            process.Wait();
        }
    }
}
