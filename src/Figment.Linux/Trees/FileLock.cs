using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Trees;

/// <summary>
/// An advisory lock on a file (flock(2)), held until disposed or until the process ends. Two locks of one process exclude each other like those of two processes.
/// Any thread may dispose it.
/// </summary>
public sealed class FileLock : IDisposable
{
    private const int LOCK_SH = 1;
    private const int LOCK_EX = 2;
    private const int LOCK_NB = 4;
    private const int LOCK_UN = 8;
    private const int ModeOfNewFile = 0x180;

    private readonly Descriptor _file;

    private FileLock(Descriptor file) => _file = file;

    /// <summary>Returns null if someone else holds it in a way that excludes this. The file is made if it is missing.</summary>
    public static FileLock? TryTake(string path, bool exclusive)
    {
        var file = FileCalls.Open(path, FileCalls.O_RDWR | FileCalls.O_CREAT, ModeOfNewFile);
        if (Libc.flock(file.Number, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
        {
            return new FileLock(file);
        }

        var error = LinuxException.Last("flock(2)", path);
        file.Dispose();
        return error.Error == Errno.EAGAIN ? null : throw error;
    }

    /// <summary>Waits for the lock: only for what is held no longer than a small file takes to write.</summary>
    public static FileLock Take(string path)
    {
        var file = FileCalls.Open(path, FileCalls.O_RDWR | FileCalls.O_CREAT, ModeOfNewFile);
        while (Libc.flock(file.Number, LOCK_EX) != 0)
        {
            var error = LinuxException.Last("flock(2)", path);
            if (error.Error != Errno.EINTR)
            {
                file.Dispose();
                throw error;
            }
        }

        return new FileLock(file);
    }

    /// <remarks>Not by closing alone: a child that this process has just forked has a copy of the descriptor until it executes its program, and the lock would last as long.</remarks>
    public void Dispose()
    {
        if (!_file.IsClosed)
        {
            LinuxException.ThrowIfNegative(Libc.flock(_file.Number, LOCK_UN), "flock(2)", "LOCK_UN");
            _file.Dispose();
        }
    }
}
