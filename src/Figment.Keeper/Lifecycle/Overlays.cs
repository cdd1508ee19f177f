namespace Figment.Keeper.Lifecycle;

/// <summary>What machines wrote. Removing takes as long as there are files: it is renamed at once and removed by a thread of the pool.</summary>
internal static class Overlays
{
    /// <summary>Nothing beside it is called so: names of machines, kinds and volumes begin with a letter or a digit.</summary>
    private const string RemovedPrefix = ".";

    private const string RemovedSuffix = ".removed";

    public static void Remove(string directory, Log log)
    {
        string removed = Path.Combine(Path.GetDirectoryName(directory)!, RemovedPrefix + Path.GetFileName(directory) + RemovedSuffix);
        try
        {
            Delete(removed);
            if (!Directory.Exists(directory))
            {
                return;
            }

            Directory.Move(directory, removed);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            log.Write($"{directory} could not be removed: {exception.Message}");
            return;
        }

        DeleteLater(removed, log);
    }

    /// <summary>Goes on with what a keeper that was killed had begun to remove in these folders.</summary>
    public static void Finish(IEnumerable<string> folders, Log log)
    {
        foreach (string removed in folders.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateDirectories(folder, RemovedPrefix + "*" + RemovedSuffix)).ToList())
        {
            DeleteLater(removed, log);
        }
    }

    private static void DeleteLater(string removed, Log log) => ThreadPool.QueueUserWorkItem(_ =>
    {
        try
        {
            Delete(removed);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            log.Write($"{removed} could not be removed: {exception.Message}");
        }
    });

    private static void Delete(string directory)
    {
        try
        {
            Directory.Delete(directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Nothing was left there, or the other thread was here first.
        }
    }
}
