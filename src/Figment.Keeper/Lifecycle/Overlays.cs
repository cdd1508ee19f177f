namespace Figment.Keeper.Lifecycle;

/// <summary>What machines wrote. Removing takes as long as there are files: it is renamed at once and removed by a thread of the pool.</summary>
internal static class Overlays
{
    public static void Remove(string directory, Log log)
    {
        string removed = directory + ".removed";
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

        ThreadPool.QueueUserWorkItem(_ =>
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
    }

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
