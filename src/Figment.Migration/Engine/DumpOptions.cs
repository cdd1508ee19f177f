namespace Figment.Migration.Engine;

/// <summary>What is dumped, and where to.</summary>
public sealed record DumpOptions
{
    /// <summary>The first process of the tree.</summary>
    public required int Pid { get; init; }

    /// <summary>There, and empty.</summary>
    public required string Folder { get; init; }

    /// <summary>Mounts that are not part of it: the path in the tree's mount namespace, and the name by which the restore finds what stands there.</summary>
    public IReadOnlyDictionary<string, string> Mounts { get; init; } = new Dictionary<string, string>();

    /// <summary>The name by which the restore finds the tree's network namespace, which is not part of it. Null: this process is in it.</summary>
    public string? Network { get; init; }

    /// <summary>Called when everything is ready to take hold of the tree: what makes it stand still before need not do so earlier. False: it is called off. Null: nothing does.</summary>
    public Func<bool>? Begin { get; init; }

    /// <summary>Folder of the control group (unified, or of the controller freezer) that holds the tree and nothing else: all of it is taken hold of at one instant. Null: process by process.</summary>
    public string? FreezeGroup { get; init; }

    /// <summary>Packets pass during the dump and after it: somebody has duplicates of its connections and keeps what comes. False: a table keeps all packets away, see <see cref="LockTable"/>.</summary>
    public bool LetPacketsPass { get; init; }

    /// <summary>The tree goes on whatever the answer is.</summary>
    public bool LeaveRunning { get; init; }

    /// <summary>Memory is elsewhere: what a <see cref="Memory.MemoryCopy"/> says that it has is not written. Null: all of it is.</summary>
    public DumpParent? Parent { get; init; }

    /// <summary>For each step; more memory takes longer.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
