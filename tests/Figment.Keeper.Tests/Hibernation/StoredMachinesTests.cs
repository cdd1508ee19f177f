using Figment.Keeper.Hibernation;
using Figment.Keeper.Lifecycle;
using Figment.Keeper.Tests.Fabric;
using Figment.Keeper.Tests.Lifecycle;
using Figment.Model.Launch;

namespace Figment.Keeper.Tests.Hibernation;

/// <summary>What the keepers before have left in the folders of machines.</summary>
public sealed class StoredMachinesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _log = new();

    [Fact]
    public async Task What_a_killed_keeper_had_begun_to_remove_goes_and_what_is_on_storage_stays()
    {
        var launch = Launch("web-1", "db-1");
        string stored = StoredMachines.Prepare(launch, launch.Machines[0]);
        Directory.CreateDirectory(stored);
        string[] left =
        [
            stored + ".used",
            stored + ".new",
            _folder["machines/web-1/.hibernated.removed/of an earlier boot"],
            _folder["machines/.gone-1.removed/upper"],
            _folder[".warm.removed"],
            StoredMachines.Prepare(launch, launch.Machines[1]) + ".used",
        ];
        string[] stays = [stored, _folder["machines/web-1/upper"], _folder["machines/db-1/upper/.mine.removed"]];
        foreach (string folder in left.Concat(stays))
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(Path.Combine(folder, "file"), "");
        }

        var found = new StoredMachines(new Log(TextWriter.Synchronized(_log), TimeProvider.System), TimeProvider.System).Find(launch);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (Directory.EnumerateDirectories(_folder.Path, "*", SearchOption.AllDirectories).Any(path => path.EndsWith(".removed", StringComparison.Ordinal) && !stays.Contains(path)))
        {
            await Task.Delay(10, patience.Token);
        }

        Assert.Equal(["web-1"], found.Keys);
        Assert.All(left, path => Assert.False(Directory.Exists(path), path));
        Assert.All(stays, path => Assert.True(File.Exists(Path.Combine(path, "file")), path));
        Assert.False(Directory.Exists(_folder["machines/db-1/hibernated"]));
        Assert.Equal("", _log.ToString());
    }

    public void Dispose() => _folder.Dispose();

    private ApplicationLaunch Launch(params string[] machines) => new()
    {
        Application = "shop",
        Epoch = 1,
        RuntimeDirectory = _folder.Path,
        StateDirectory = _folder.Path,
        BoxPath = "/nowhere",
        Tag = "abc123",
        Machines = [.. machines.Select(name => TestNode.Machine(name))],
    };
}
