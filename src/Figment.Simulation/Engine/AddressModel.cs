namespace Figment.Simulation.Engine;

/// <summary>A service as its clients see it: an address that leads to its machines in turn, and connections that named clients keep.</summary>
internal sealed class AddressModel(World world, ServicePlan plan)
{
    private readonly Dictionary<string, ConnectionModel> _kept = new(StringComparer.Ordinal);
    private MachineModel[] _led = [];
    private int _next;

    public ServicePlan Plan { get; } = plan;

    /// <summary>All of its machines.</summary>
    public required MachineModel[] Machines
    {
        get;
        init
        {
            field = value;
            _led = value;
        }
    }

    /// <summary>From now on, as soon as the rule follows.</summary>
    public void Lead(IReadOnlyList<string> machines)
    {
        MachineModel[] led = [.. Machines.Where(machine => machines.Contains(machine.Name))];
        world.Queue.In(Plan.Program.LeadUs, () => _led = led);
    }

    public void Request(long atUs, long? durationUs, string? client)
    {
        world.Outcomes.Came();
        var request = (atUs, durationUs ?? Plan.Program.DurationUs);
        if (client is not null && _kept.TryGetValue(client, out var kept))
        {
            kept.Requests.Enqueue(request);
            kept.Uses++;
            kept.Machine!.OnData(kept);
            return;
        }

        var connection = new ConnectionModel(this, client);
        connection.Requests.Enqueue(request);
        if (client is not null)
        {
            _kept[client] = connection;
        }

        _led[(int)((uint)_next++ % (uint)_led.Length)].Connect(connection);
    }

    public void Answered(long latencyUs) => world.Outcomes.Answered(latencyUs);

    public void Refuse(ConnectionModel connection, string cause) => End(connection, () => world.Outcomes.Refuse(cause));

    public void Fail(ConnectionModel connection, string cause) => End(connection, () => world.Outcomes.Fail(cause));

    /// <summary>The client's next request comes on another connection.</summary>
    public void Forget(ConnectionModel connection)
    {
        if (connection.Client is { } client && _kept.GetValueOrDefault(client) == connection)
        {
            _kept.Remove(client);
        }
    }

    private void End(ConnectionModel connection, Action count)
    {
        connection.IsClosed = true;
        Forget(connection);
        for (int requests = connection.Requests.Count + (connection.Current is null ? 0 : 1); requests > 0; requests--)
        {
            count();
        }

        connection.Requests.Clear();
        connection.Current = null;
    }
}
