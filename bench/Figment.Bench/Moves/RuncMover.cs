using System.Diagnostics;
using Figment.Bench.Sides;
using Figment.Conformance.Tests.Stages;

namespace Figment.Bench.Moves;

/// <summary>
/// A container of runc's that is checkpointed by the same CRIU, copied over the wire and restored at the other node, one step after the other. Its address goes with it; its connections do not, as those of
/// FastFreeze (section 2 of the paper) do not. The client is a process of the first node.
/// </summary>
/// <param name="name">Of the side.</param>
/// <param name="imageFolder">Where both nodes have images.</param>
/// <param name="filter">A program that what travels goes through, and the one that takes that back; null: it travels as it is.</param>
internal sealed class RuncMover(string name, string imageFolder, (string Pack, string Unpack)? filter) : IMover
{
    private const string Address = "192.0.2.100";
    private const int CopyPort = 7001;
    private readonly string _folder = BenchFolder.Make("move-" + name.Replace(' ', '-'));
    private Process? _program;
    private bool _isAtB;

    public string Name => name;

    private string Container => $"{BenchFolder.Tag}-{name.Replace(' ', '-')}";

    /// <summary>The naive way: to a disk, to the other one, and back into memory.</summary>
    public static RuncMover Naive() => new("naive", BenchFolder.Make("move-images"), null);

    /// <summary>As FastFreeze does it: the image is never on a disk, and travels compressed by lz4. Its streamer, which overlaps dump and transfer, is not used: tar takes what CRIU has written.</summary>
    public static RuncMover FastFreezeLike() => new("FastFreeze-like", Path.Combine("/dev/shm", BenchFolder.Tag + "-images"), ("lz4 -1 -q", "lz4 -d -q"));

    public async Task<string> UpAsync(CancellationToken cancellation)
    {
        _isAtB = false;
        await NodeWire.PlaceAsync(Address, atB: false, cancellation);
        foreach (bool isB in (bool[])[false, true])
        {
            RuncBundle.Make(Bundle(isB), BenchProgram.Redis, NodeWire.Namespace(isB), "network-lock skip\ntcp-close");
            Directory.CreateDirectory(Image(isB));
        }

        Start(isB: false, ["run", "--bundle", Bundle(false), Container]);
        await Command.CheckedAsync(AtClient(NativeSide.Burst("retry", BenchProgram.Redis, [Address])), null, cancellation);
        return Address;
    }

    public IReadOnlyList<string> AtClient(IReadOnlyList<string> command) => [.. NodeWire.At(isB: false), .. command];

    public async Task MoveAsync(bool toB, CancellationToken cancellation)
    {
        string from = Image(!toB);
        string to = Image(toB);
        await EmptyAsync(cancellation);
        Process? before = _program;
        await Command.CheckedAsync(Words(!toB, ["checkpoint", "--image-path", from, "--file-locks", Container]), null, cancellation);

        string port = FormattableString.Invariant($"{CopyPort}");
        string pack = filter is { } packer ? $" | {packer.Pack}" : "";
        string unpack = filter is { } unpacker ? $"{unpacker.Unpack} | " : "";
        Task receiving = Command.CheckedAsync([.. NodeWire.At(toB), "sh", "-euc", $"socat -u TCP-LISTEN:{port},reuseaddr STDOUT | {unpack}tar -C {to} -x"], null, cancellation);
        await Command.CheckedAsync([.. NodeWire.At(!toB), "sh", "-euc", $"tar -C {from} -c .{pack} | socat -u STDIN TCP:{(toB ? NodeWire.AddressB : NodeWire.AddressA)}:{port},retry=500,interval=0.01"], null, cancellation);
        await receiving;

        await NodeWire.PlaceAsync(Address, toB, cancellation);
        Start(toB, ["restore", "--bundle", Bundle(toB), "--image-path", to, "--file-locks", Container]);
        _isAtB = toB;
        if (before is not null)
        {
            await before.WaitForExitAsync(cancellation);
            before.Dispose();
        }

        // The command of a restore has the container's streams and stays; its first answer says that it is there.
        await Command.CheckedAsync(AtClient(NativeSide.Burst("retry", BenchProgram.Redis, [Address])), null, cancellation);
    }

    public async Task DownAsync(CancellationToken cancellation)
    {
        foreach (bool isB in (bool[])[false, true])
        {
            await Command.RunAsync(Words(isB, ["delete", "-f", Container]), null, cancellation);
        }

        if (_program is not null)
        {
            await _program.WaitForExitAsync(cancellation);
            _program.Dispose();
            _program = null;
        }

        await EmptyAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await DownAsync(CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
        Directory.Delete(imageFolder, recursive: true);
    }

    private string Bundle(bool isB) => Path.Combine(_folder, isB ? "b" : "a");

    private string Image(bool isB) => Path.Combine(imageFolder, isB ? "b" : "a");

    private Task EmptyAsync(CancellationToken cancellation) => Command.CheckedAsync(["sh", "-c", $"rm -rf {Image(false)}/* {Image(true)}/*"], null, cancellation);

    /// <summary>Each node has a runc of its own.</summary>
    private IReadOnlyList<string> Words(bool isB, IReadOnlyList<string> arguments) => [.. RuncBundle.Runc, "--root", Path.Combine(_folder, isB ? "state-b" : "state-a"), .. arguments];

    /// <summary>The container has the command's streams; CRIU dumps only pipes.</summary>
    private void Start(bool isB, IReadOnlyList<string> arguments) =>
        _program = Process.Start(new ProcessStartInfo("sh", ["-c", $": | {Command.Quote(Words(isB, arguments))} 2>&1 | cat >{Command.Quote(Path.Combine(_folder, isB ? "log-b" : "log-a"))}"]))!;
}
