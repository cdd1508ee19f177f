using System.Globalization;
using System.Numerics;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Native;

namespace Figment.Linux.Processes;

/// <summary>The processors on which a thread may run (sched_setaffinity(2)). As text it is the kernel's list format: <c>0-2,5</c>.</summary>
public sealed class ProcessorSet : IEquatable<ProcessorSet>
{
    /// <summary>CONFIG_NR_CPUS is at most so much.</summary>
    private const int ProcessorsMax = 8192;

    private const int WordBits = 64;
    private const int Words = ProcessorsMax / WordBits;

    private readonly ulong[] _words;

    private ProcessorSet(ulong[] words) => _words = words;

    /// <param name="thread">As this process sees its number; 0: the calling one.</param>
    /// <returns>Null: it has ended.</returns>
    public static unsafe ProcessorSet? Of(int thread)
    {
        ulong[] words = new ulong[Words];
        fixed (ulong* mask = words)
        {
            if (Libc.sched_getaffinity(thread, Words * sizeof(ulong), mask) < 0)
            {
                var failure = LinuxException.Last("sched_getaffinity(2)", string.Create(CultureInfo.InvariantCulture, $"thread {thread}"));
                return failure.Error == Errno.ESRCH ? null : throw failure;
            }
        }

        return new ProcessorSet(words);
    }

    /// <exception cref="FormatException">It is none.</exception>
    public static ProcessorSet Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ulong[] words = new ulong[Words];
        foreach (string part in text.Split(','))
        {
            string[] ends = part.Split('-');
            if (ends.Length > 2 || !IsProcessor(ends[0], out int first) || !IsProcessor(ends[^1], out int last) || last < first)
            {
                throw new FormatException($"'{text}' is no list of processors, as 0-2,5 is one; they are below {ProcessorsMax}");
            }

            for (int processor = first; processor <= last; processor++)
            {
                words[processor / WordBits] |= 1UL << (processor % WordBits);
            }
        }

        return new ProcessorSet(words);
    }

    /// <summary>Where the node, or the thread's control group, lacks some of them it may run on the others.</summary>
    /// <param name="thread">As this process sees its number.</param>
    /// <exception cref="LinuxException">It has ended, or there is none of them.</exception>
    public unsafe void Give(int thread)
    {
        fixed (ulong* mask = _words)
        {
            if (Libc.sched_setaffinity(thread, Words * sizeof(ulong), mask) < 0)
            {
                throw LinuxException.Last("sched_setaffinity(2)", string.Create(CultureInfo.InvariantCulture, $"thread {thread}, {this}"));
            }
        }
    }

    public bool Equals(ProcessorSet? other) => other is not null && _words.AsSpan().SequenceEqual(other._words);

    public override bool Equals(object? obj) => Equals(obj as ProcessorSet);

    public override int GetHashCode() => _words.Sum(BitOperations.PopCount);

    public override string ToString()
    {
        var text = new StringBuilder();
        for (int first = 0; first < ProcessorsMax; first++)
        {
            int last = first;
            while (last < ProcessorsMax && Has(last))
            {
                last++;
            }

            if (last > first)
            {
                text.Append(text.Length > 0 ? "," : "").Append(CultureInfo.InvariantCulture, $"{first}").Append(last - first > 1 ? string.Create(CultureInfo.InvariantCulture, $"-{last - 1}") : "");
                first = last;
            }
        }

        return text.ToString();
    }

    private bool Has(int processor) => (_words[processor / WordBits] & (1UL << (processor % WordBits))) != 0;

    private static bool IsProcessor(string text, out int processor) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out processor) && processor < ProcessorsMax;
}
