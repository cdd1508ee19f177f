using System.Globalization;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Model.Specs;
using Figment.Simulation;

namespace Figment.Cli.Plans;

/// <summary>What <c>--policy</c> and <c>--program</c> take: <c>key=value,key=value</c>, with the keys of x-figment and those of the program's model.</summary>
internal static class PolicyText
{
    private const string Hint = "figment plan simulate --help";
    private const long KibInMib = 1_024;

    /// <exception cref="CliException">A key or value that there is not.</exception>
    public static ServicePlan Policy(ServicePlan plan, string text)
    {
        foreach (var (key, value) in Pairs("--policy", text))
        {
            plan = key switch
            {
                "freeze-after" => plan with { Idle = plan.Idle with { FreezeAfterMs = value == "never" ? 0 : Time("--policy", key, value) / 1_000 } },
                "hibernate-after" => plan with { Idle = plan.Idle with { HibernateAfterMs = value == "never" ? 0 : Time("--policy", key, value) / 1_000 } },
                "ignore" when value == "heartbeat" => plan with { Idle = plan.Idle with { IgnoreHeartbeat = true } },
                "start" when value is "eager" or "on-demand" => plan with { Start = value == "eager" ? StartMode.Eager : StartMode.OnDemand },
                "machines" => plan with { Machines = Whole("--policy", key, value), Elastic = null },
                "max" => Elastic(plan with { Machines = Whole("--policy", key, value) }, elastic => elastic),
                "min" => Elastic(plan, elastic => elastic with { Min = Whole("--policy", key, value) }),
                "connections" => Elastic(plan, elastic => elastic with { ConnectionsTarget = Whole("--policy", key, value) }),
                "processor" => Elastic(plan, elastic => elastic with { ProcessorPercentTarget = Percent(key, value) }),
                "memory" => Elastic(plan, elastic => elastic with { MemoryPercentTarget = Percent(key, value) }),
                "scale-in-after" => Elastic(plan, elastic => elastic with { ScaleInAfterMs = Time("--policy", key, value) / 1_000 }),
                "release-after" => Elastic(plan, elastic => elastic with { ReleaseAfterMs = Time("--policy", key, value) / 1_000 }),
                _ => throw Wrong("--policy", $"there is no {key}={value}; there are freeze-after, hibernate-after, ignore=heartbeat, start=eager|on-demand, machines, min, max, connections, processor, memory, scale-in-after, release-after"),
            };
        }

        // As in a Compose file: an elastic service without a target has one for its processors.
        return plan.Elastic is { ConnectionsTarget: 0, ProcessorPercentTarget: 0, MemoryPercentTarget: 0 } ? Elastic(plan, elastic => elastic with { ProcessorPercentTarget = 70 }) : plan;
    }

    /// <exception cref="CliException">A key or value that there is not.</exception>
    public static ProgramModel Program(ProgramModel model, string text)
    {
        foreach (var (key, value) in Pairs("--program", text))
        {
            model = key switch
            {
                "concurrency" => model with { Concurrency = Whole("--program", key, value) },
                "bound" when value is "wait" or "processor" => model with { IsProcessorBound = value == "processor" },
                "duration" => model with { DurationUs = Time("--program", key, value) },
                "box" => model with { BoxStartUs = Time("--program", key, value) },
                "listen" => model with { ListenUs = Time("--program", key, value) },
                "thaw" => model with { ThawUs = Time("--program", key, value) },
                "freeze" => model with { FreezeUs = Time("--program", key, value) },
                "store" => model with { StoreUs = Time("--program", key, value) },
                "restore" => model with { RestoreUs = Time("--program", key, value) },
                "stop" => model with { StopUs = Time("--program", key, value) },
                "lead" => model with { LeadUs = Time("--program", key, value) },
                "keep-alive" => model with { KeepAliveUs = Time("--program", key, value) },
                "processors" => model with { Processors = Number("--program", key, value) },
                "memory-mib" => model with { MemoryKib = Whole("--program", key, value) * KibInMib },
                _ => throw Wrong("--program", $"there is no {key}={value}; there are concurrency, bound=wait|processor, duration, box, listen, thaw, freeze, store, restore, stop, lead, keep-alive, processors, memory-mib"),
            };
        }

        return model;
    }

    private static ServicePlan Elastic(ServicePlan plan, Func<ElasticSpec, ElasticSpec> change) =>
        plan with { Elastic = change(plan.Elastic ?? new ElasticSpec { Max = plan.Machines }) with { Max = plan.Machines }, Start = StartMode.OnDemand };

    private static IEnumerable<(string Key, string Value)> Pairs(string option, string text)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string pair in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            int sign = pair.IndexOf('=', StringComparison.Ordinal);
            string key = sign > 0 ? pair[..sign] : pair;
            if (sign <= 0 || !seen.Add(key))
            {
                throw Wrong(option, sign <= 0 ? $"'{pair}' is no key=value" : $"{key} stands there twice");
            }

            yield return (key, pair[(sign + 1)..]);
        }
    }

    /// <summary>Microseconds.</summary>
    private static long Time(string option, string key, string value) =>
        TimeArgument.TryParseDuration(value, out var time) && time <= TimeSpan.FromDays(400)
            ? (long)time.TotalMicroseconds
            : throw Wrong(option, $"{key} is a time as 250ms, 10s or 1h30m, not '{value}'");

    private static int Whole(string option, string key, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number <= 1_000_000 ? number : throw Wrong(option, $"{key} is a whole number up to 1000000, not '{value}'");

    private static double Number(string option, string key, string value) =>
        double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number is > 0 and <= 1_024 ? number : throw Wrong(option, $"{key} is a number above 0 up to 1024, not '{value}'");

    private static int Percent(string key, string value) =>
        int.TryParse(value.TrimEnd('%'), NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number is >= 1 and <= 100 ? number : throw Wrong("--policy", $"{key} is a share as 70%, not '{value}'");

    private static CliException Wrong(string option, string what) => new($"{option}: {what}", Hint, ExitCodes.Usage);
}
