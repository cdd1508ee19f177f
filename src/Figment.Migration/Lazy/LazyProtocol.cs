using System.Buffers.Binary;
using Figment.Linux.Files;
using Figment.Migration.Criu;
using Figment.Migration.Transfer;

namespace Figment.Migration.Lazy;

/// <summary>
/// Takes apart what CRIU's restore sends: for each process its number (4 bytes, negative: it has ended), then one byte with its userfaultfd; at last a number that is no process's.
/// Bytes are to be read no further than it wants them: descriptors stand beside their byte. One caller.
/// </summary>
internal sealed class LazyProtocol
{
    /// <summary>LAZY_PAGES_RESTORE_FINISHED.</summary>
    private const int RestoreFinished = 0x52535446;

    private readonly byte[] _number = new byte[sizeof(int)];
    private readonly HashSet<int> _known = [];
    private int _have;
    private int _process;
    private bool _isFinished;

    /// <summary>How many bytes to read at most.</summary>
    public int Wanted => _process != 0 ? 1 : sizeof(int) - _have;

    /// <param name="bytes">At least one, at most as many as are wanted.</param>
    /// <param name="descriptors">That came with them; they are this object's, or the word's.</param>
    /// <returns>Null: it is not complete yet.</returns>
    /// <exception cref="CriuException">It is not what CRIU 4.2 sends.</exception>
    public LazyWord? Add(ReadOnlySpan<byte> bytes, IReadOnlyList<Descriptor> descriptors)
    {
        bool isKept = false;
        try
        {
            if (_isFinished)
            {
                throw Wrong("something comes after the end");
            }

            if (_process != 0)
            {
                var word = new LazyWord.Process(_process, descriptors is [var one] ? one : throw Wrong($"{descriptors.Count} descriptors for process {_process}"));
                _process = 0;
                isKept = true;
                return word;
            }

            if (descriptors.Count > 0)
            {
                throw Wrong("a descriptor of no process");
            }

            bytes.CopyTo(_number.AsSpan(_have));
            _have += bytes.Length;
            return _have == sizeof(int) ? Number(BinaryPrimitives.ReadInt32LittleEndian(_number)) : null;
        }
        finally
        {
            if (!isKept)
            {
                foreach (var descriptor in descriptors)
                {
                    descriptor.Dispose();
                }
            }
        }
    }

    private LazyWord? Number(int number)
    {
        _have = 0;
        if (number == RestoreFinished)
        {
            _isFinished = true;
            return new LazyWord.Finished();
        }

        if (number is 0 or > TransferLimits.ProcessMax or < -TransferLimits.ProcessMax || !_known.Add(Math.Abs(number)))
        {
            throw Wrong($"{number} is no process, or comes twice");
        }

        if (number < 0)
        {
            return new LazyWord.Ended(-number);
        }

        _process = number;
        return null;
    }

    private static CriuException Wrong(string problem) => new($"criu says of the memory that is to come what is not understood: {problem}");
}
