namespace Figment.Simulation.Engine;

/// <summary>What became of requests. Each is answered, refused or failed, or still open.</summary>
internal sealed class Outcomes
{
    private readonly List<long> _latenciesUs = [];
    private readonly SortedDictionary<string, long> _refused = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _failed = new(StringComparer.Ordinal);

    public long Open { get; private set; }

    public IReadOnlyList<long> LatenciesUs => _latenciesUs;

    public IReadOnlyDictionary<string, long> Refused => _refused;

    public IReadOnlyDictionary<string, long> Failed => _failed;

    public void Came() => Open++;

    public void Answered(long us)
    {
        Open--;
        _latenciesUs.Add(us);
    }

    /// <summary>Nobody held its port.</summary>
    public void Refuse(string cause) => Count(_refused, cause);

    /// <summary>It had a connection, which was reset.</summary>
    public void Fail(string cause) => Count(_failed, cause);

    private void Count(SortedDictionary<string, long> causes, string cause)
    {
        Open--;
        causes[cause] = causes.GetValueOrDefault(cause) + 1;
    }
}
