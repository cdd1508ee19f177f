using System.Diagnostics;
using Figment.Migration.Transfer;
using Figment.Migration.Written;
using Figment.Tests;

namespace Figment.Migration.Tests.Written;

/// <summary>A machine's overlay folder, and what comes of it at another place.</summary>
internal sealed class WrittenTest : IDisposable
{
    private readonly MemoryStream _stream = new();
    private readonly TransferWriter _writer;
    private int _targets;

    public WrittenTest()
    {
        Directory.CreateDirectory(Upper);
        Directory.CreateDirectory(Path.Combine(Overlays, "work", "work"));
        _writer = new TransferWriter(_stream);
        Copy = new WrittenCopy(Overlays, () => Processes, _writer);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("figment-written-").FullName;

    public string Overlays => Path.Combine(Folder, "overlay");

    public string Upper => Path.Combine(Overlays, "upper");

    public IReadOnlyList<int> Processes { get; set; } = [];

    public WrittenCopy Copy { get; }

    /// <summary>Of the dump; has what memory file systems held, if they did.</summary>
    public string Dump => Path.Combine(Folder, "dump");

    public long Bytes => _writer.Bytes;

    /// <summary>All has been sent: what stands at the other side, as a folder.</summary>
    public string Receive(Action<TransferFolder>? before = null, params string[] others)
    {
        _writer.Complete();
        return Receive(_stream.ToArray(), before, others);
    }

    /// <summary>Of what it has mounted, too.</summary>
    public WrittenCopy CopyWith(IReadOnlyDictionary<string, string> carried) => new(Overlays, () => Processes, _writer, carried);

    public string Receive(byte[] stream, Action<TransferFolder>? before = null, params string[] others)
    {
        string images = Directory.CreateDirectory(Path.Combine(Folder, $"target-{++_targets}", "images")).FullName;
        using var folder = new TransferFolder(images, images + ".pages");
        using var reading = new MemoryStream(stream);
        new TransferReader(reading, folder).Run();
        before?.Invoke(folder);
        folder.CompleteTrees();
        Assert.DoesNotContain(Directory.GetFileSystemEntries(images).Select(Path.GetFileName), name => name is not ("written" or "contents") && !others.Contains(name));
        return Path.Combine(images, "written");
    }

    /// <summary>What is there is what the machine wrote.</summary>
    public void AssertSame(string written)
    {
        Assert.Equal(TreeListing.Of(Upper, TreeListing.OfTheNode), TreeListing.Of(Path.Combine(written, "upper")));
        Assert.Equal(["upper"], Directory.GetFileSystemEntries(written).Select(Path.GetFileName));
    }

    /// <summary>A program that says a line when it is ready, and waits for its input to end.</summary>
    public Process Python(string program)
    {
        var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-uc", program]) { RedirectStandardOutput = true, RedirectStandardInput = true, WorkingDirectory = Upper })!;
        Assert.Equal("ready", process.StandardOutput.ReadLine());
        Processes = [process.Id];
        return process;
    }

    public void Dispose()
    {
        _stream.Dispose();
        using var removal = Process.Start("rm", ["-rf", Folder]);
        removal.WaitForExit();
    }
}
