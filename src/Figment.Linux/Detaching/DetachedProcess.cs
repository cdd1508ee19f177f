using System.Runtime.InteropServices;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Detaching;

/// <summary>Starts a program that outlives this one: a session of its own, no terminal, output appended to a file (posix_spawn(3)).</summary>
public static unsafe class DetachedProcess
{
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;
    private const uint LogMode = 0b110_100_000;

    /// <param name="path">The program, absolute.</param>
    /// <param name="arguments">After its own name.</param>
    /// <param name="environment"><c>NAME=value</c>, complete.</param>
    /// <param name="logFile">Stdout and stderr go to its end; it is made with mode 0640.</param>
    /// <returns>Process id; the caller may wait for it with <see cref="Figment.Linux.Processes.Pidfd"/>.</returns>
    /// <exception cref="LinuxException">The program, or one of the files, could not be opened; nothing was started.</exception>
    public static int Start(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, string logFile)
    {
        byte* actions = stackalloc byte[Libc.DetachingObjectBytes];
        byte* attributes = stackalloc byte[Libc.DetachingObjectBytes];
        byte* signals = stackalloc byte[Libc.DetachingSignalSetBytes];
        Check(Libc.DetachingActionsInit(actions), "posix_spawn_file_actions_init(3)", path);
        Check(Libc.DetachingAttributesInit(attributes), "posix_spawnattr_init(3)", path);
        byte** argv = Copy([path, .. arguments]);
        byte** envp = Copy(environment);
        try
        {
            Check(Libc.DetachingActionsAddOpen(actions, 0, "/dev/null", FileCalls.O_RDONLY, 0), "posix_spawn_file_actions_addopen(3)", "/dev/null");
            Check(Libc.DetachingActionsAddOpen(actions, 1, logFile, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_APPEND, LogMode), "posix_spawn_file_actions_addopen(3)", logFile);
            Check(Libc.DetachingActionsAddDup2(actions, 1, 2), "posix_spawn_file_actions_adddup2(3)", logFile);

            // The folder that the user stands in must stay removable and unmountable.
            Check(Libc.DetachingActionsAddChdir(actions, "/"), "posix_spawn_file_actions_addchdir_np(3)", "/");

            // .NET ignores SIGPIPE and blocks some signals: the program starts with none ignored and none blocked.
            new Span<byte>(signals, Libc.DetachingSignalSetBytes).Clear();
            Check(Libc.DetachingAttributesSetMask(attributes, signals), "posix_spawnattr_setsigmask(3)", path);
            new Span<byte>(signals, sizeof(ulong)).Fill(0xFF);
            Check(Libc.DetachingAttributesSetDefault(attributes, signals), "posix_spawnattr_setsigdefault(3)", path);
            Check(Libc.DetachingAttributesSetFlags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF), "posix_spawnattr_setflags(3)", path);

            int pid;
            Check(Libc.DetachingSpawn(&pid, path, actions, attributes, argv, envp), "posix_spawn(3)", $"{path} with its output to {logFile}");
            return pid;
        }
        finally
        {
            Free(argv);
            Free(envp);
            _ = Libc.DetachingAttributesDestroy(attributes);
            _ = Libc.DetachingActionsDestroy(actions);
        }
    }

    /// <summary>These calls return the error instead of setting errno.</summary>
    private static void Check(int error, string call, string on)
    {
        if (error != 0)
        {
            throw new LinuxException((Errno)error, call, on);
        }
    }

    private static byte** Copy(IReadOnlyList<string> texts)
    {
        byte** copy = (byte**)NativeMemory.AllocZeroed((nuint)texts.Count + 1, (nuint)sizeof(byte*));
        for (int index = 0; index < texts.Count; index++)
        {
            copy[index] = (byte*)Marshal.StringToCoTaskMemUTF8(texts[index]);
        }

        return copy;
    }

    private static void Free(byte** texts)
    {
        for (byte** text = texts; *text is not null; text++)
        {
            Marshal.FreeCoTaskMem((nint)(*text));
        }

        NativeMemory.Free(texts);
    }
}
