using Figment.Machines.Inputs;
using Figment.Model.Specs;
using Figment.Simulation.Traces;

namespace Figment.Simulation.Engine;

/// <summary>A part of an application whose services depend on no other: machines, their keeper, their clients, and time. One thread.</summary>
internal sealed class World
{
    /// <summary>A service that has too few machines works its queue off after the trace is over; what is left then is not answered.</summary>
    private const long DrainUsMax = 7L * 24 * 3_600 * 1_000_000;

    private const long StoppedUs = 60_000_000;

    private readonly Dictionary<string, MachineModel> _machines = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, AddressModel> _addresses = new(StringComparer.Ordinal);
    private readonly HashSet<string> _jobs;

    public World(IReadOnlyList<ServicePlan> services, bool keepsEvents)
    {
        _jobs = [.. services.SelectMany(service => service.DependsOn).Where(dependency => dependency.Condition == DependencyCondition.CompletedSuccessfully).Select(dependency => dependency.Service)];
        Ledger = new Ledger(keepsEvents);
        Keeper = new KeeperModel(this);
        foreach (var service in services)
        {
            MachineModel[] machines = [.. Enumerable.Range(1, service.Machines).Select(number => new MachineModel(this, service.Launch(number), service))];
            _addresses.Add(service.Name, new AddressModel(this, service) { Machines = machines });
            foreach (var machine in machines)
            {
                _machines.Add(machine.Name, machine);
                Ledger.Open(machine);
            }
        }

        Machines = [.. _addresses.Values.SelectMany(address => address.Machines)];
    }

    public EventQueue Queue { get; } = new();

    public Outcomes Outcomes { get; } = new();

    public Ledger Ledger { get; }

    public KeeperModel Keeper { get; }

    public IReadOnlyList<MachineModel> Machines { get; }

    /// <summary>Things that have happened.</summary>
    public long Events { get; private set; }

    public MachineModel Machine(string name) => _machines[name];

    public AddressModel Address(string service) => _addresses[service];

    /// <summary>Others wait for its completion.</summary>
    public bool IsJob(string service) => _jobs.Contains(service);

    /// <param name="requests">By time.</param>
    /// <param name="horizonUs">Until then machines are counted. Requests that are open then are still worked off.</param>
    /// <param name="faults">What goes wrong meanwhile.</param>
    /// <param name="cancellationToken">Asked for now and then.</param>
    public void Run(IReadOnlyList<TraceRequest> requests, long horizonUs, FaultPlan faults, CancellationToken cancellationToken)
    {
        Keeper.Begin([.. Machines.Select(machine => machine.Launch)]);
        Plan(faults, horizonUs);
        int next = 0;
        while (true)
        {
            long? dueUs = Queue.NextUs;
            bool isArrival = next < requests.Count && (dueUs is null || requests[next].AtUs <= dueUs);
            long? atUs = isArrival ? requests[next].AtUs : dueUs;
            if (atUs is not { } us || (us > horizonUs && next >= requests.Count && Outcomes.Open == 0) || us > horizonUs + DrainUsMax)
            {
                break;
            }

            if ((++Events & 0xFFFF) == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (isArrival)
            {
                var request = requests[next++];
                Queue.Advance(request.AtUs);
                Address(request.Service).Request(request.AtUs, request.DurationUs, request.Client);
            }
            else
            {
                Queue.RunNext();
            }
        }

        Ledger.End(horizonUs);
    }

    private void Plan(FaultPlan faults, long horizonUs)
    {
        if (faults.IsNone)
        {
            return;
        }

        var random = new SeededRandom(faults.Seed);
        long untilUs = faults.UntilUs ?? horizonUs;
        Repeat(random, faults.CrashesPerHour, untilUs, () => Pick(random, machine => machine.RunsProgram)?.EndProgram(1, "its program crashed"));
        Repeat(random, faults.BoxKillsPerHour, untilUs, () => Pick(random, machine => machine.Box != 0)?.KillBox());
        Repeat(random, faults.StopsPerHour, untilUs, () => Stop(random));
        Repeat(random, faults.RestartsPerHour, untilUs, () =>
        {
            var machine = Pick(random, _ => true)!;
            Keeper.Ask(request => new MachineInput.RestartAsked(request, machine.Name, null));
        });
        Repeat(random, faults.KeeperKillsPerHour, untilUs, () =>
        {
            if (!Keeper.IsAway)
            {
                Keeper.Kill();
                Queue.In(faults.KeeperAwayUs, Keeper.Return);
            }
        });
    }

    private void Stop(SeededRandom random)
    {
        var machine = Pick(random, _ => true)!;
        Keeper.Ask(request => new MachineInput.StopAsked(request, machine.Name, null, null, ToImaginary: false));
        StartAgain(machine);
    }

    private void StartAgain(MachineModel machine) => Queue.In(StoppedUs, () =>
    {
        if (Keeper.IsAway)
        {
            StartAgain(machine);
            return;
        }

        Keeper.Ask(request => new MachineInput.StartAsked(request, machine.Name, Wait: true));
    });

    private MachineModel? Pick(SeededRandom random, Func<MachineModel, bool> wanted)
    {
        MachineModel[] machines = [.. Machines.Where(wanted)];
        return machines.Length == 0 ? null : machines[random.Next(machines.Length)];
    }

    /// <summary>At random moments.</summary>
    private void Repeat(SeededRandom random, double perHour, long untilUs, Action happens)
    {
        const double HourUs = 3_600e6;
        if (perHour <= 0)
        {
            return;
        }

        Queue.In((long)(random.NextExponential(perHour) * HourUs), () =>
        {
            if (Queue.NowUs <= untilUs)
            {
                happens();
                Repeat(random, perHour, untilUs, happens);
            }
        });
    }
}
