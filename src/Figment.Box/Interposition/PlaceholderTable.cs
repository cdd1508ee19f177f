using Figment.Model.Control;
using Figment.Model.Specs;

namespace Figment.Box.Interposition;

/// <summary>The placeholders that the program has not taken yet. The trap thread only.</summary>
internal sealed class PlaceholderTable(Action<BoxMessage> tell) : IDisposable
{
    private readonly Dictionary<(int Port, TransportProtocol Protocol), Placeholder> _placeholders = [];

    /// <summary>Given to a machine that is being restored.</summary>
    private readonly List<Placeholder> _lent = [];
    private bool _settled;

    /// <summary>What is given away may have to be taken back.</summary>
    public bool IsRestoring { get; private set; }

    /// <summary>Takes one over; after the settle time nobody would take it, so it is closed at once.</summary>
    public void Add(Placeholder placeholder)
    {
        if (_placeholders.Remove((placeholder.Port, placeholder.Protocol), out var former))
        {
            former.Socket.Dispose();
        }

        _placeholders[(placeholder.Port, placeholder.Protocol)] = placeholder;
        if (_settled)
        {
            Close(placeholder);
        }
    }

    public Placeholder? Find(int port, TransportProtocol protocol) => _placeholders.GetValueOrDefault((port, protocol));

    /// <summary>It is the program's, or has been emptied: our copy goes.</summary>
    public void Take(Placeholder placeholder)
    {
        _placeholders.Remove((placeholder.Port, placeholder.Protocol));
        placeholder.Socket.Dispose();
    }

    /// <summary>It was put in the place of the program's own.</summary>
    public void Give(Placeholder placeholder)
    {
        if (!IsRestoring)
        {
            Take(placeholder);
            return;
        }

        _placeholders.Remove((placeholder.Port, placeholder.Protocol));
        _lent.Add(placeholder);
    }

    public void BeginRestore() => IsRestoring = true;

    /// <summary>The program has what it was given.</summary>
    public void EndRestore()
    {
        IsRestoring = false;
        _lent.ForEach(placeholder => placeholder.Socket.Dispose());
        _lent.Clear();
    }

    /// <summary>There is no such program: another takes them, and finds in them who waits.</summary>
    public void AbandonRestore()
    {
        (IsRestoring, _settled) = (false, false);
        _lent.ForEach(Add);
        _lent.Clear();
    }

    /// <summary>Its clients are reset.</summary>
    public void Close(Placeholder placeholder)
    {
        Take(placeholder);
        tell(new BoxMessage.PlaceholderClosed { Port = placeholder.Port, Protocol = placeholder.Protocol });
    }

    /// <summary>What was not taken by now is not going to be.</summary>
    public void Settle()
    {
        _settled = true;
        foreach (var placeholder in _placeholders.Values.ToList())
        {
            Close(placeholder);
        }
    }

    public void Dispose()
    {
        foreach (var placeholder in _placeholders.Values.Concat(_lent))
        {
            placeholder.Socket.Dispose();
        }

        _placeholders.Clear();
        _lent.Clear();
    }
}
