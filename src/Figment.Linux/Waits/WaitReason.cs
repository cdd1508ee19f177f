namespace Figment.Linux.Waits;

/// <summary>What a thread waits for.</summary>
public enum WaitReason
{
    /// <summary>Something that cannot be told from outside, or that is none of the others: a disk, a lock of a file, a connection under way, a stop by a signal.</summary>
    Unknown,

    /// <summary>Nothing: it is on a processor, or will be.</summary>
    Runs,

    /// <summary>One of its descriptors.</summary>
    Descriptors,

    /// <summary>Another thread or process: a futex, a child, a message or semaphore of System V.</summary>
    Others,

    /// <summary>A point in time.</summary>
    Time,

    /// <summary>A signal.</summary>
    Signal,
}
