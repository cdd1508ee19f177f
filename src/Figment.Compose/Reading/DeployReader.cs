using System.Globalization;
using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>How many machines, with what, and when again: <c>deploy</c> and the service keys that say the same.</summary>
internal sealed class DeployReader(Section service)
{
    private readonly Section? _deploy = service.Child("deploy");

    /// <param name="elastic">Says how many there may be, if the number is not fixed.</param>
    public int Replicas(ElasticSpec? elastic)
    {
        long? replicas = _deploy?.Integer("replicas", 0, ComposeLimits.ReplicasMax);
        long? scale = service.Integer("scale", 0, ComposeLimits.ReplicasMax);
        if (replicas is not null && scale is not null && replicas != scale)
        {
            service.Error(service.Scalar("scale")!, "scale", $"'scale' is {scale} but 'deploy.replicas' is {replicas}", "leave one of them out");
        }

        int mode = _deploy?.Choice("mode", ("replicated", 0), ("global", 1), ("replicated-job", 2), ("global-job", 3)) ?? 0;
        if (mode >= 2)
        {
            _deploy!.Unsupported(_deploy.Scalar("mode")!, "mode", "jobs are run like other services: a program that ends starts again by its restart policy only");
        }

        long? most = _deploy?.Child("placement")?.Integer("max_replicas_per_node", 0, int.MaxValue);
        int count = (int)(mode is 1 or 3 ? 1 : replicas ?? scale ?? 1);
        if (most > 0 && count > most)
        {
            _deploy!.Error(_deploy.Scalar("replicas") ?? (Node)service.Mapping, "replicas", $"{count} machines on one node, but max_replicas_per_node is {most}");
        }

        if (elastic is null)
        {
            return count;
        }

        if ((replicas ?? scale) is not null && count != elastic.Max)
        {
            Node place = (Node?)_deploy?.Scalar("replicas") ?? service.Scalar("scale")!;
            service.Error(place, "x-figment.elastic", $"the number of machines is fixed to {count} but elastic.max is {elastic.Max}", "leave one of them out");
        }

        return elastic.Max;
    }

    public ResourceSpec Resources()
    {
        Section? limits = _deploy?.Child("resources")?.Child("limits");
        Section? reservations = _deploy?.Child("resources")?.Child("reservations");
        return new ResourceSpec
        {
            Cpus = One(service.Cpus("cpus"), limits?.Cpus("cpus"), "cpus", "deploy.resources.limits.cpus"),
            CpusReserved = reservations?.Cpus("cpus"),
            MemoryBytes = One(service.Size("mem_limit"), limits?.Size("memory"), "mem_limit", "deploy.resources.limits.memory"),
            MemoryReservedBytes = One(service.Size("mem_reservation"), reservations?.Size("memory"), "mem_reservation", "deploy.resources.reservations.memory"),
            MemorySwapBytes = service.Size("memswap_limit", unlimited: true),
            PidsMax = Pids(One(service.Integer("pids_limit", -1, int.MaxValue), limits?.Integer("pids", -1, int.MaxValue), "pids_limit", "deploy.resources.limits.pids")),
            ShmSizeBytes = service.Size("shm_size"),
        };
    }

    public RestartSpec Restart()
    {
        RestartSpec own = Own();
        if (_deploy?.Child("restart_policy") is not { } policy)
        {
            return own;
        }

        return new RestartSpec
        {
            Policy = policy.Choice("condition", ("none", RestartPolicy.No), ("on-failure", RestartPolicy.OnFailure), ("any", RestartPolicy.Always)) ?? RestartPolicy.Always,
            MaxAttempts = (int)(policy.Integer("max_attempts", 0, int.MaxValue) ?? 0),
            DelayMs = policy.DurationMs("delay") ?? 0,
            WindowMs = policy.DurationMs("window") ?? 0,
        };
    }

    private RestartSpec Own()
    {
        if (service.Text("restart") is not { } text)
        {
            return new RestartSpec();
        }

        string name = text;
        int attempts = 0;
        bool valid = true;
        if (text.StartsWith("on-failure:", StringComparison.Ordinal))
        {
            name = "on-failure";
            valid = int.TryParse(text.AsSpan("on-failure:".Length), NumberStyles.None, CultureInfo.InvariantCulture, out attempts);
        }

        RestartPolicy? policy = name switch
        {
            "no" or "false" => RestartPolicy.No,
            "always" => RestartPolicy.Always,
            "on-failure" => RestartPolicy.OnFailure,
            "unless-stopped" => RestartPolicy.UnlessStopped,
            _ => null,
        };
        if (policy is null || !valid)
        {
            service.Error(service.Scalar("restart")!, "restart", $"expected no, always, on-failure, on-failure:TIMES or unless-stopped, found {Quote.Text(text)}", Suggestion.For(name, ["no", "always", "on-failure", "unless-stopped"]));
        }

        return new RestartSpec { Policy = policy ?? RestartPolicy.No, MaxAttempts = attempts };
    }

    private T? One<T>(T? own, T? deployed, string key, string deployedKey)
        where T : struct
    {
        if (own is { } left && deployed is { } right && !left.Equals(right))
        {
            service.Error(service.Scalar(key)!, key, $"'{key}' and '{deployedKey}' differ", "leave one of them out");
        }

        return own ?? deployed;
    }

    /// <summary>0 and -1 are Docker's ways to say "no limit".</summary>
    private static long? Pids(long? pids) => pids > 0 ? pids : null;
}
