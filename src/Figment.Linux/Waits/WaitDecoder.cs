using System.Buffers.Binary;
using Figment.Linux.Polling;

namespace Figment.Linux.Waits;

/// <summary>What a call and its arguments say about a wait. Pure but for the reads of the caller's memory.</summary>
internal static class WaitDecoder
{
    private const int ClockRealtime = 0;
    private const int ClockMonotonic = 1;
    private const int TimerAbsolute = 1;
    private const int TimeBytes = 16;
    private const int PollEntryBytes = 8;
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>More descriptors in one poll or select than a program of sense has.</summary>
    private const int DescriptorsMax = 4096;

    /// <summary>Copies all that is asked for, or says false.</summary>
    public delegate bool MemoryReader(ulong address, Span<byte> into);

    /// <param name="call">The number of the call.</param>
    /// <param name="arguments">All six.</param>
    /// <param name="read">The caller's memory.</param>
    public static ThreadWait Decode(long call, ReadOnlySpan<ulong> arguments, MemoryReader read) => call switch
    {
        WaitCalls.Read or WaitCalls.ReadVector or WaitCalls.Accept or WaitCalls.AcceptFour
            or WaitCalls.ReceiveFrom or WaitCalls.ReceiveMessage or WaitCalls.ReceiveMessages => On(call, [Readable(arguments[0])], null),
        WaitCalls.EpollWait or WaitCalls.EpollPwait => On(call, [Readable(arguments[0])], Milliseconds(arguments[3])),
        WaitCalls.EpollPwaitTwo => Timed(call, WaitReason.Descriptors, [Readable(arguments[0])], arguments[3], clock: null, read),
        WaitCalls.Poll => PollEntries(arguments, read) is { } entries ? On(call, entries, Milliseconds(arguments[2])) : Unknown(call),
        WaitCalls.Ppoll => Timed(call, WaitReason.Descriptors, PollEntries(arguments, read), arguments[2], clock: null, read),
        WaitCalls.Select => Timed(call, WaitReason.Descriptors, SelectSets(arguments, read), arguments[4], clock: null, read, SelectLimit.NanosecondsPerMicrosecond) with { SelectLimitAddress = arguments[4] },
        WaitCalls.PselectSix => Timed(call, WaitReason.Descriptors, SelectSets(arguments, read), arguments[4], clock: null, read) with { SelectLimitAddress = arguments[4] },
        WaitCalls.Nanosleep => Timed(call, WaitReason.Time, [], arguments[0], clock: null, read),
        WaitCalls.ClockNanosleep => Timed(call, WaitReason.Time, [], arguments[2], (arguments[1] & TimerAbsolute) != 0 ? (int)arguments[0] : null, read),
        WaitCalls.Futex => Futex(arguments, read),
        WaitCalls.SemaphoreTimedOperation => Timed(call, WaitReason.Others, [], arguments[3], clock: null, read),
        WaitCalls.SignalTimedWait => Timed(call, WaitReason.Signal, [], arguments[2], clock: null, read),
        WaitCalls.Wait4 or WaitCalls.WaitId or WaitCalls.SemaphoreOperation or WaitCalls.MessageReceive => new ThreadWait(WaitReason.Others, call, [], null),
        WaitCalls.Pause or WaitCalls.SignalSuspend => new ThreadWait(WaitReason.Signal, call, [], null),
        _ => Unknown(call),
    };

    public static ThreadWait Unknown(long call) => new(WaitReason.Unknown, call, [], null);

    private static ThreadWait Futex(ReadOnlySpan<ulong> arguments, MemoryReader read)
    {
        const int CommandMask = 0x7f;
        const int RealtimeFlag = 0x100;
        const int Wait = 0;
        const int LockPi = 6;
        const int WaitBitset = 9;
        const int WaitRequeuePi = 11;
        const int LockPiTwo = 13;
        int operation = (int)arguments[1];
        int clock = (operation & RealtimeFlag) != 0 ? ClockRealtime : ClockMonotonic;
        return (operation & CommandMask) switch
        {
            Wait => Timed(WaitCalls.Futex, WaitReason.Others, [], arguments[3], clock: null, read),
            WaitBitset or WaitRequeuePi or LockPiTwo => Timed(WaitCalls.Futex, WaitReason.Others, [], arguments[3], clock, read),
            LockPi => Timed(WaitCalls.Futex, WaitReason.Others, [], arguments[3], ClockRealtime, read),
            _ => Unknown(WaitCalls.Futex),
        };
    }

    /// <summary>Null: it cannot be read.</summary>
    private static List<WaitedDescriptor>? PollEntries(ReadOnlySpan<ulong> arguments, MemoryReader read)
    {
        if (arguments[1] > DescriptorsMax)
        {
            return null;
        }

        byte[] bytes = new byte[(int)arguments[1] * PollEntryBytes];
        if (bytes.Length > 0 && !read(arguments[0], bytes))
        {
            return null;
        }

        List<WaitedDescriptor> entries = [];
        for (int at = 0; at < bytes.Length; at += PollEntryBytes)
        {
            // The bits of poll(2) are those of epoll; entries with negative numbers are left out by the kernel too.
            int number = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at));
            if (number >= 0)
            {
                entries.Add(new WaitedDescriptor(number, (PollEvents)BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at + sizeof(int)))));
            }
        }

        return entries;
    }

    /// <summary>Null: it cannot be read.</summary>
    private static List<WaitedDescriptor>? SelectSets(ReadOnlySpan<ulong> arguments, MemoryReader read)
    {
        int count = (int)arguments[0];
        if (count is < 0 or > DescriptorsMax)
        {
            return null;
        }

        SortedDictionary<int, PollEvents> events = [];
        byte[] set = new byte[(count + 63) / 64 * sizeof(ulong)];
        foreach (var (address, meaning) in new[] { (arguments[1], PollEvents.Readable), (arguments[2], PollEvents.Writable), (arguments[3], PollEvents.Priority) })
        {
            if (address == 0 || count == 0)
            {
                continue;
            }

            if (!read(address, set))
            {
                return null;
            }

            for (int number = 0; number < count; number++)
            {
                if ((set[number / 8] >> (number % 8) & 1) != 0)
                {
                    events[number] = events.GetValueOrDefault(number) | meaning;
                }
            }
        }

        return [.. events.Select(entry => new WaitedDescriptor(entry.Key, entry.Value))];
    }

    private static WaitedDescriptor Readable(ulong number) => new((int)number, PollEvents.Readable);

    private static ThreadWait On(long call, IReadOnlyList<WaitedDescriptor> descriptors, WaitLimit? limit) =>
        new(descriptors.Count == 0 ? WaitReason.Time : WaitReason.Descriptors, call, descriptors, limit);

    /// <summary>A negative number of milliseconds is no limit.</summary>
    private static WaitLimit? Milliseconds(ulong argument) => (int)argument is >= 0 and var count ? new WaitLimit(count * NanosecondsPerMillisecond, null) : null;

    /// <summary>A wait whose limit is a struct timespec, or a struct timeval, in the caller's memory; a null pointer is no limit.</summary>
    private static ThreadWait Timed(
        long call, WaitReason reason, IReadOnlyList<WaitedDescriptor>? descriptors, ulong address, int? clock, MemoryReader read, long nanosecondsPerUnit = 1)
    {
        Span<byte> time = stackalloc byte[TimeBytes];
        if (descriptors is null || (address != 0 && !read(address, time)))
        {
            return Unknown(call);
        }

        WaitLimit? limit = null;
        if (address != 0)
        {
            var nanoseconds = ((Int128)BinaryPrimitives.ReadInt64LittleEndian(time) * NanosecondsPerSecond)
                + ((Int128)BinaryPrimitives.ReadInt64LittleEndian(time[sizeof(long)..]) * nanosecondsPerUnit);
            limit = new WaitLimit((long)Int128.Clamp(nanoseconds, 0, long.MaxValue), clock);
        }

        return reason == WaitReason.Descriptors ? On(call, descriptors, limit) : new ThreadWait(reason, call, [], limit);
    }
}
