using Figment.Model.Launch;
using Figment.Model.Specs;

namespace Figment.Simulation;

/// <summary>One service as the simulator runs it: the policies of its Compose file, and a model of its program.</summary>
public sealed record ServicePlan
{
    public required string Name { get; init; }

    /// <summary>How many there are; of an elastic service its <c>max</c>.</summary>
    public int Machines { get; init; } = 1;

    public IdleSpec Idle { get; init; } = new();

    public ElasticSpec? Elastic { get; init; }

    public StartMode Start { get; init; } = StartMode.OnDemand;

    public bool ServesPorts { get; init; } = true;

    public IReadOnlyList<DependencySpec> DependsOn { get; init; } = [];

    public RestartSpec Restart { get; init; } = new();

    public HealthCheckSpec? HealthCheck { get; init; }

    public long StopGraceMs { get; init; } = 10_000;

    public long StartTimeoutMs { get; init; } = 30_000;

    public ResourceSpec Resources { get; init; } = new();

    public ProgramModel Program { get; init; } = new();

    /// <summary>The services of a Compose file. The rules are those by which a node plans machines; what an image would add is not known.</summary>
    /// <param name="application">Resolved.</param>
    /// <param name="served">Services of which the trace has requests: they serve a port.</param>
    /// <param name="program">Of all services.</param>
    public static IReadOnlyList<ServicePlan> Of(ApplicationSpec application, IReadOnlySet<string> served, ProgramModel program) =>
        [.. application.Services.Where(service => service.Replicas > 0).Select(service => Of(service, served.Contains(service.Name), program, application))];

    /// <exception cref="PolicyException">No keeper would be given this.</exception>
    public void Check()
    {
        Require(Machines is >= 1 and <= MachinesMax, $"it has {Machines} machines; 1 to {MachinesMax} can be simulated");
        Require(Idle.HibernateAfterMs == 0 || Idle.HibernateAfterMs >= IdleSpec.AfterMsMin, $"hibernate-after is {Idle.HibernateAfterMs} ms; it is at least {IdleSpec.AfterMsMin} ms, or never");
        Require(Idle.FreezeAfterMs == 0 || Idle.FreezeAfterMs >= IdleSpec.AfterMsMin, $"freeze-after is {Idle.FreezeAfterMs} ms; it is at least {IdleSpec.AfterMsMin} ms, or never");
        Require(Program is { Concurrency: >= 1, Processors: > 0, BacklogMax: >= 1, DurationUs: >= 0, MemoryKib: >= 0 }, "its program's model has a number that is too small");
        Require(
            Program is { BoxStartUs: >= 0, ListenUs: >= 0, ThawUs: >= 0, FreezeUs: >= 0, StoreUs: >= 0, RestoreUs: >= 0, StopUs: >= 0, BoxEndUs: >= 0, LookUs: >= 0, LeadUs: >= 0, KeepAliveUs: >= 0, JobUs: >= 0 },
            "its program's model has a negative time");
        if (Elastic is not { } elastic)
        {
            return;
        }

        Require(elastic.Max is >= 1 and <= ElasticSpec.MachinesMax, $"max is {elastic.Max}; it is from 1 to {ElasticSpec.MachinesMax}");
        Require(elastic.Min >= 0 && elastic.Min <= elastic.Max, $"min is {elastic.Min} and max {elastic.Max}; min is at most max");
        Require(elastic.Max == Machines, $"max is {elastic.Max}, and it has {Machines} machines");
        Require(elastic is { ScaleInAfterMs: >= 0, ReleaseAfterMs: >= 0, ConnectionsTarget: >= 0, ProcessorPercentTarget: >= 0, MemoryPercentTarget: >= 0 }, "a number of x-figment.elastic is negative");
    }

    /// <summary>A node has no more addresses for an application (a /16, less what is reserved).</summary>
    public const int MachinesMax = 65_000;

    private static ServicePlan Of(ServiceSpec service, bool isServed, ProgramModel program, ApplicationSpec application)
    {
        bool servesPorts = isServed || service.Ports.Count > 0 || service.Expose.Count > 0;
        var elastic = service.Figment.Elastic is not { } spec ? null : spec with
        {
            Max = service.Replicas,
            Min = Math.Min(service.Replicas, Math.Max(spec.Min, service.Figment.Start == StartMode.Eager ? 1 : 0)),
        };
        return new ServicePlan
        {
            Name = service.Name,
            Machines = service.Replicas,
            Idle = service.Figment.Idle,
            Elastic = elastic,
            Start = elastic is not null ? StartMode.OnDemand
                : service.Figment.Start != StartMode.Unset ? service.Figment.Start
                : servesPorts ? StartMode.OnDemand : StartMode.Eager,
            ServesPorts = servesPorts,
            DependsOn = [.. service.DependsOn.Where(dependency => application.Services.Any(other => other.Name == dependency.Service && other.Replicas > 0))],
            Restart = service.Restart,
            HealthCheck = service.HealthCheck is { Disable: false } check ? check : null,
            StopGraceMs = service.StopGracePeriodMs ?? 10_000,
            StartTimeoutMs = service.Figment.StartTimeoutMs,
            Resources = service.Resources,
            Program = program with { Processors = service.Resources.Cpus ?? program.Processors },
        };
    }

    private void Require(bool isSo, string otherwise)
    {
        if (!isSo)
        {
            throw new PolicyException($"service {Name} cannot be simulated: {otherwise}");
        }
    }

    internal MachineLaunch Launch(int number)
    {
        string name = $"{Name}-{number}";
        return new MachineLaunch
        {
            Name = name,
            Service = Name,
            Number = number,
            Revision = "simulated",
            Hostname = name,
            Ports = ServesPorts ? [new KnownPort { Port = 80, Protocol = TransportProtocol.Tcp }] : [],
            Start = Start,
            StartTimeoutMs = StartTimeoutMs,
            Idle = Idle,
            Elastic = Elastic,
            DependsOn = DependsOn,
            Restart = Restart,
            HealthCheck = HealthCheck,
            Resources = Resources,
            Program = new ProgramLaunch { Arguments = ["simulated"], StopGraceMs = StopGraceMs },
            Root = new RootLaunch { LowerDirectories = ["/"], OverlayDirectory = "/simulated/" + name },
        };
    }
}
