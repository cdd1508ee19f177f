namespace Figment.Conformance.Tests.Conversations;

/// <summary>A server that gives the next number to whoever asks (<c>Scenarios/clients/conversation.py</c> knows how to ask it), and how it is brought up (<c>Conversations/Files</c>).</summary>
internal sealed record Server
{
    /// <summary>Of its Compose file.</summary>
    public required string Name { get; init; }

    /// <summary>What the client takes it for.</summary>
    public required string Kind { get; init; }

    public required int Port { get; init; }

    /// <summary>Members that have one state together; else one machine.</summary>
    public IReadOnlyList<string> Machines { get; init; } = ["server-1"];

    /// <summary>What the member that is asked is in its ensemble, as <c>mntr</c> says it.</summary>
    public string? Role { get; init; }

    /// <summary>In the client's machine: succeeds, and prints just that, once it can be asked.</summary>
    public (IReadOnlyList<string> Command, string Output)? Ready { get; init; }

    /// <summary>In the client's machine, before it is asked.</summary>
    public IReadOnlyList<string> Prepare { get; init; } = [];

    /// <summary>Loads it from the client's network while it moves, and never ends by itself.</summary>
    public IReadOnlyList<string> Load { get; init; } = [];

    /// <summary>In the client's machine: what it prints after the load, also when it was restored.</summary>
    public (IReadOnlyList<string> Command, string Output)? Books { get; init; }

    public IReadOnlyDictionary<string, string> Variables { get; init; } = new Dictionary<string, string>();

    public bool IsEnsemble => Machines.Count > 1;
}
