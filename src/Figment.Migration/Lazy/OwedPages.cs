using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Migration.Memory;

namespace Figment.Migration.Lazy;

/// <summary>
/// What a machine lacks that is still where it came from: between whoever gives it its memory and whoever fetches that. What is asked for and has not come is asked for anew when somebody else fetches. Any thread.
/// </summary>
public sealed class OwedPages : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LinkedList<OwedPiece> _wanted = [];
    private readonly List<OwedPiece> _taken = [];
    private readonly Queue<(OwedPiece Piece, byte[] Pages)> _come = new();
    private readonly EventDescriptor _asked = new();
    private Action _receives = () => { };
    private string? _lost;
    private bool _isOver;

    /// <summary>Readable when there may be something to take, and when it is over.</summary>
    public Descriptor Asked => _asked.Descriptor;

    /// <summary>Nothing is missing any more, or nobody misses it.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock)
            {
                return _isOver;
            }
        }
    }

    /// <summary>What is to be fetched next: what is waited for comes first.</summary>
    public bool TryTake(out OwedPiece piece)
    {
        lock (_lock)
        {
            piece = _wanted.First?.Value ?? default;
            if (_wanted.First is null)
            {
                if (!_isOver)
                {
                    _asked.Clear();
                }

                return false;
            }

            _wanted.RemoveFirst();
            _taken.Add(piece);
            return true;
        }
    }

    /// <summary>Whoever fetched before does not any more.</summary>
    public void Again()
    {
        lock (_lock)
        {
            foreach (var piece in Enumerable.Reverse(_taken))
            {
                _wanted.AddFirst(piece);
            }

            _taken.Clear();
            _asked.Set();
        }
    }

    /// <summary>An answer (<see cref="OwedText"/>) has come. One that nobody waits for any more does no harm.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public void Give(ReadOnlySpan<byte> answer)
    {
        byte[] pages = new byte[LazyLimits.OwedPages * MemoryPage.Bytes];
        var piece = OwedText.ReadAnswer(answer, pages);
        lock (_lock)
        {
            if (!_isOver && (_taken.Remove(piece) || _wanted.Remove(piece)))
            {
                _come.Enqueue((piece, pages));
                _receives();
            }
        }
    }

    /// <summary>It is nowhere any more.</summary>
    public void Lose(string reason)
    {
        lock (_lock)
        {
            _lost ??= reason;
            _receives();
        }
    }

    public void Dispose() => _asked.Dispose();

    /// <param name="receives">Called when something has come, or nothing will.</param>
    internal void Begin(Action receives)
    {
        lock (_lock)
        {
            _receives = receives;
        }
    }

    /// <summary>How many pieces are on their way.</summary>
    internal int Awaited
    {
        get
        {
            lock (_lock)
            {
                return _wanted.Count + _taken.Count;
            }
        }
    }

    internal void Want(OwedPiece piece, bool isTouched)
    {
        lock (_lock)
        {
            if (isTouched)
            {
                _wanted.AddFirst(piece);
            }
            else
            {
                _wanted.AddLast(piece);
            }

            _asked.Set();
        }
    }

    /// <exception cref="MemoryLostException">It will not come.</exception>
    internal bool TryReceive(out OwedPiece piece, out ReadOnlyMemory<byte> pages)
    {
        lock (_lock)
        {
            bool has = _come.TryDequeue(out var come);
            (piece, pages) = (come.Piece, come.Pages.AsMemory(0, come.Piece.Bytes));
            return has || _lost is null ? has : throw new MemoryLostException(_lost);
        }
    }

    internal void End()
    {
        lock (_lock)
        {
            _isOver = true;
            _receives = () => { };
            _asked.Set();
        }
    }
}
