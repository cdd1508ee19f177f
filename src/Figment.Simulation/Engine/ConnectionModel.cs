namespace Figment.Simulation.Engine;

/// <summary>A connection of a client, and the requests that it carries, one after the other.</summary>
internal sealed class ConnectionModel(AddressModel address, string? client)
{
    public AddressModel Address { get; } = address;

    public string? Client { get; } = client;

    public MachineModel? Machine { get; set; }

    /// <summary>When each came and how long its service takes.</summary>
    public Queue<(long AtUs, long DurationUs)> Requests { get; } = new(1);

    /// <summary>The one that is being served.</summary>
    public (long AtUs, long DurationUs)? Current { get; set; }

    /// <summary>When the service of a request that waits is over.</summary>
    public long DoneAtUs { get; set; }

    public bool IsAccepted { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Counts its requests: a pause after an earlier one is void.</summary>
    public int Uses { get; set; }

    /// <summary>Where it stands among its machine's.</summary>
    public int Place { get; set; }

    /// <summary>Bytes that it has carried, and those that a look has seen.</summary>
    public long Payload { get; set; }

    public long SeenPayload { get; set; }

    public bool IsSeen { get; set; }

    public bool IsIdle => Current is null && Requests.Count == 0;
}
