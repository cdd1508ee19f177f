using System.Diagnostics;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Sides;

/// <summary>A container of runc's that is checkpointed and restored with the same CRIU, in a network namespace of its own. Its client is a process there: no bridge lies between.</summary>
internal sealed class RuncSide : IAsyncDisposable
{
    private readonly string _folder = BenchFolder.Make("runc");
    private Process? _program;

    private static string Name => BenchFolder.Tag + "-runc";

    private string Bundle => Path.Combine(_folder, "bundle");

    private string Image => Path.Combine(_folder, "image");

    public async Task UpAsync(BenchProgram program, CancellationToken cancellation)
    {
        await Command.CheckedAsync(["sh", "-euc", $"ip netns add {Name}; ip -n {Name} link set lo up"], null, cancellation);
        RuncBundle.Make(Bundle, program, $"/run/netns/{Name}", "network-lock skip");
        Start(["run", "--bundle", Bundle, Name]);
        await Command.CheckedAsync(Inside(NativeSide.Burst("retry", program, ["127.0.0.1"])), null, cancellation);
        if (program.Filling is [var client, var option, .. var rest])
        {
            await Command.CheckedAsync(Inside([client, option, "127.0.0.1", .. rest]), null, cancellation);
        }
    }

    /// <summary>Checkpoints what runs, then from the restore's begin to the first byte of an answer.</summary>
    public async Task<double> WakeAsync(BenchProgram program, CancellationToken cancellation)
    {
        if (Directory.Exists(Image))
        {
            Directory.Delete(Image, recursive: true);
        }

        await Command.CheckedAsync(Words(["checkpoint", "--image-path", Image, "--tcp-established", "--file-locks", Name]), null, cancellation);
        await Ended();

        // The container has the command's streams: CRIU dumps only pipes, and whoever reads them would wait for its end.
        string restore = $"{{ : | {Command.Quote(Words(["restore", "-d", "--bundle", Bundle, "--image-path", Image, "--tcp-established", "--file-locks", Name]))} 2>&1 | cat; }} >{Command.Quote([Path.Combine(_folder, "log")])} 2>&1 &";
        return BenchFolder.ParseTime(await Command.CheckedAsync(
            Inside([BenchFolder.ProbeProgram, "probe", "spawn", "easy", "127.0.0.1", FormattableString.Invariant($"{program.Port}"), program.Request, "sh", "-c", restore]),
            null,
            cancellation));
    }

    /// <summary>It goes on.</summary>
    public async Task CheckpointAsync(CancellationToken cancellation)
    {
        if (Directory.Exists(Image))
        {
            Directory.Delete(Image, recursive: true);
        }

        await Command.CheckedAsync(Words(["checkpoint", "--leave-running", "--image-path", Image, "--tcp-established", "--file-locks", Name]), null, cancellation);
    }

    public async Task DownAsync(CancellationToken cancellation)
    {
        await Command.CheckedAsync(["sh", "-c", $"{Command.Quote(Words(["delete", "-f", Name]))} 2>/dev/null; ip netns del {Name} 2>/dev/null || :"], null, cancellation);
        await Ended();
        if (Directory.Exists(Bundle))
        {
            Directory.Delete(Bundle, recursive: true);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await DownAsync(CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    public static IReadOnlyList<string> Inside(IReadOnlyList<string> command) => ["nsenter", $"--net=/run/netns/{Name}", .. command];

    private IReadOnlyList<string> Words(IReadOnlyList<string> arguments) =>
        [.. RuncBundle.Runc, "--root", Path.Combine(_folder, "state"), .. arguments];

    private void Start(IReadOnlyList<string> arguments) =>
        _program = Process.Start(new ProcessStartInfo("sh", ["-c", $"exec {Command.Quote(Words(arguments))} </dev/null >{Command.Quote([Path.Combine(_folder, "log")])} 2>&1"]))!;

    private async Task Ended()
    {
        if (_program is not null)
        {
            await _program.WaitForExitAsync();
            _program.Dispose();
            _program = null;
        }
    }
}
