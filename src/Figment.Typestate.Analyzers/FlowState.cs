namespace Figment.Typestate.Analyzers;

/// <summary>What is known of each linear variable at one point of a method. A variable is a local, a parameter, or a temporary of the control flow graph.</summary>
internal sealed class FlowState
{
    private readonly Dictionary<object, Fact> _facts;

    public FlowState() => _facts = [];

    private FlowState(FlowState other) => _facts = new Dictionary<object, Fact>(other._facts);

    /// <summary>No path leads here: the call before it never returns.</summary>
    public bool IsUnreachable { get; set; }

    public IEnumerable<KeyValuePair<object, Fact>> Live => _facts.Where(fact => fact.Value.MayBeLive);

    public Fact this[object variable]
    {
        get => _facts.TryGetValue(variable, out var fact) ? fact : Fact.Absent;
        set => _facts[variable] = value;
    }

    public FlowState Copy() => new(this);

    public void Remove(object variable) => _facts.Remove(variable);

    /// <summary>Another object is made by <paramref name="origin"/>: see <see cref="Brand.Aged"/>.</summary>
    public void Age(object origin)
    {
        foreach (var fact in _facts.ToArray())
        {
            _facts[fact.Key] = fact.Value with { Brand = fact.Value.Brand.Aged(origin) };
        }
    }

    /// <summary>Takes in what holds on another path to the same point. True if that changed anything.</summary>
    public bool Join(FlowState other)
    {
        bool changed = false;
        foreach (object variable in _facts.Keys.Union(other._facts.Keys).ToArray())
        {
            var joined = this[variable].Joined(other[variable]);
            if (!joined.Equals(this[variable]))
            {
                this[variable] = joined;
                changed = true;
            }
        }

        return changed;
    }
}
