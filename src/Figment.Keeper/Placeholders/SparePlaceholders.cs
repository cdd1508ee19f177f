using Figment.Linux.Files;
using Figment.Model.Launch;

namespace Figment.Keeper.Placeholders;

/// <summary>
/// Duplicates of placeholders that a box has which brings a machine back from a snapshot. If it does not come back who waits there does not notice: they are its placeholders again, for the start of its program.
/// The loop's thread.
/// </summary>
internal sealed class SparePlaceholders : IDisposable
{
    private readonly Dictionary<string, List<(KnownPort Port, Descriptor Socket)>> _machines = new(StringComparer.Ordinal);

    public void Keep(string machine, IReadOnlyList<Placeholder> taken)
    {
        Drop(machine);
        _machines.Add(machine, [.. taken.Select(placeholder => (placeholder.Port, FileCalls.Duplicate(placeholder.Socket)))]);
    }

    /// <summary>The machine needs them: the caller's from now on.</summary>
    public IReadOnlyList<(KnownPort Port, Descriptor Socket)> Take(string machine) => _machines.Remove(machine, out var kept) ? kept : [];

    /// <summary>It runs, or is not started any more.</summary>
    public void Drop(string machine)
    {
        foreach (var (_, socket) in Take(machine))
        {
            socket.Dispose();
        }
    }

    public void Dispose()
    {
        foreach (string machine in _machines.Keys.ToList())
        {
            Drop(machine);
        }
    }
}
