namespace Figment.Migration.Engine;

/// <summary>Puts a tree of processes onto storage and brings it back, with its connections. Both stop before the step that cannot be undone and ask.</summary>
public interface ICheckpointEngine
{
    /// <summary>Null: it works here; else why not, and what to do.</summary>
    string? Complaint { get; }

    /// <summary>Null: a dump can leave out memory that is elsewhere; else why not.</summary>
    /// <param name="images">Where it will be written.</param>
    /// <param name="facts">What <see cref="DumpParent.Facts"/> will be.</param>
    string? CheckParent(string images, string facts);

    /// <summary>Writes a tree of processes into a folder.</summary>
    /// <param name="options">Which, where to, and what is not part of it.</param>
    /// <param name="commit">Asked when all is written and the tree stands still. True: the tree is ended. False: it goes on as if nothing had been, with its connections.</param>
    /// <exception cref="Criu.CriuException">It could not be done: the tree goes on. Called off by an answer it is no error.</exception>
    void Dump(DumpOptions options, Func<bool> commit);

    /// <summary>Brings back what was written.</summary>
    /// <param name="options">From where, and what stands for what is not part of it.</param>
    /// <param name="commit">Asked when all is as it was, and nothing has run yet, with the first process. False: it is killed, and the folder is good for another attempt.</param>
    /// <returns>The first process, a child of this process; null: the answer was no.</returns>
    /// <exception cref="Criu.CriuException">It could not be done: nothing of it is left.</exception>
    int? Restore(RestoreOptions options, Func<int, bool> commit);
}
