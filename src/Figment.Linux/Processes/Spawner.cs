using System.Runtime.InteropServices;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Native;

namespace Figment.Linux.Processes;

/// <summary>
/// posix_spawn(3): a program in a session of its own, with default signal actions and an empty mask (managed runtimes ignore some signals, which would be inherited).
/// Only descriptors 0, 1, 2 and those named reach it, also where whoever started this process left it others that are not close-on-exec. No managed code runs between fork and exec.
/// </summary>
public static unsafe class Spawner
{
    private const short POSIX_SPAWN_SETSIGDEF = 0x04;
    private const short POSIX_SPAWN_SETSIGMASK = 0x08;
    private const short POSIX_SPAWN_SETSID = 0x80;

    private const int FirstMore = 3;

    /// <summary>posix_spawnattr_t is 336 bytes, posix_spawn_file_actions_t 80, sigset_t 128 (glibc and musl on 64 bit, at most).</summary>
    private const int OpaqueBytes = 512;

    /// <summary>Starts it and returns its process id; the caller reaps it.</summary>
    /// <param name="path">Of the executable; not searched for.</param>
    /// <param name="arguments">Including the name it is called by.</param>
    /// <param name="environment"><c>NAME=value</c>, complete.</param>
    /// <param name="input">Becomes descriptor 0.</param>
    /// <param name="output">Becomes descriptors 1 and 2.</param>
    /// <param name="directory">Its working directory; null: this process's.</param>
    /// <param name="more">Become descriptors 3, 4 and so on.</param>
    public static int Spawn(
        string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment, Descriptor input, Descriptor output, string? directory = null, IReadOnlyList<Descriptor>? more = null)
    {
        // Above all numbers that they become, so that none is overwritten before its turn.
        var copies = (more ?? []).Select(descriptor => FileCalls.Duplicate(descriptor, FirstMore + more!.Count)).ToList();
        byte* actions = stackalloc byte[OpaqueBytes];
        byte* attributes = stackalloc byte[OpaqueBytes];
        byte* signals = stackalloc byte[OpaqueBytes];
        Check(Libc.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init(3)", path);
        Check(Libc.posix_spawnattr_init(attributes), "posix_spawnattr_init(3)", path);
        byte** argumentBytes = Strings(arguments);
        byte** environmentBytes = Strings(environment);
        try
        {
            Check(Libc.posix_spawn_file_actions_adddup2(actions, input.Number, 0), "posix_spawn_file_actions_adddup2(3)", path);
            Check(Libc.posix_spawn_file_actions_adddup2(actions, output.Number, 1), "posix_spawn_file_actions_adddup2(3)", path);
            Check(Libc.posix_spawn_file_actions_adddup2(actions, output.Number, 2), "posix_spawn_file_actions_adddup2(3)", path);
            if (directory is not null)
            {
                Check(Libc.posix_spawn_file_actions_addchdir_np(actions, directory), "posix_spawn_file_actions_addchdir_np(3)", directory);
            }

            foreach (var (index, copy) in copies.Index())
            {
                Check(Libc.posix_spawn_file_actions_adddup2(actions, copy.Number, FirstMore + index), "posix_spawn_file_actions_adddup2(3)", path);
            }

            Check(Libc.posix_spawn_file_actions_addclosefrom_np(actions, FirstMore + copies.Count), "posix_spawn_file_actions_addclosefrom_np(3)", path);
            Check(Libc.posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK), "posix_spawnattr_setflags(3)", path);
            _ = Libc.sigfillset(signals);
            Check(Libc.posix_spawnattr_setsigdefault(attributes, signals), "posix_spawnattr_setsigdefault(3)", path);
            _ = Libc.sigemptyset(signals);
            Check(Libc.posix_spawnattr_setsigmask(attributes, signals), "posix_spawnattr_setsigmask(3)", path);
            int pid;
            Check(Libc.posix_spawn(&pid, path, actions, attributes, argumentBytes, environmentBytes), "posix_spawn(3)", path);
            GC.KeepAlive(input);
            GC.KeepAlive(output);
            return pid;
        }
        finally
        {
            Free(argumentBytes);
            Free(environmentBytes);
            copies.ForEach(copy => copy.Dispose());
            _ = Libc.posix_spawnattr_destroy(attributes);
            _ = Libc.posix_spawn_file_actions_destroy(actions);
        }
    }

    /// <summary>These functions return the error instead of setting errno.</summary>
    private static void Check(int result, string call, string on)
    {
        if (result != 0)
        {
            throw new LinuxException((Errno)result, call, on);
        }
    }

    private static byte** Strings(IReadOnlyList<string> strings)
    {
        var array = (byte**)NativeMemory.AllocZeroed((nuint)(strings.Count + 1), (nuint)sizeof(byte*));
        for (int index = 0; index < strings.Count; index++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(strings[index]);
            array[index] = (byte*)NativeMemory.AllocZeroed((nuint)bytes.Length + 1);
            bytes.CopyTo(new Span<byte>(array[index], bytes.Length));
        }

        return array;
    }

    private static void Free(byte** strings)
    {
        for (byte** each = strings; *each != null; each++)
        {
            NativeMemory.Free(*each);
        }

        NativeMemory.Free(strings);
    }
}
