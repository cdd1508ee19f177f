using Figment.Model.Specs;

namespace Figment.Api.Contract;

public sealed record UpRequest
{
    /// <summary>Resolved by the caller, who has the files and the environment. Secrets are in it and go no further than the machines' mounts.</summary>
    public required ApplicationSpec Application { get; init; }

    /// <summary>Restart running machines even if nothing changed.</summary>
    public bool ForceRecreate { get; init; }

    /// <summary>Remove machines of services that the files no longer have.</summary>
    public bool RemoveOrphans { get; init; }

    /// <summary>Wait until eager machines run (and are healthy).</summary>
    public bool Wait { get; init; }

    public long? WaitTimeoutMs { get; init; }

    /// <summary>Only prepare: no eager machine is started.</summary>
    public bool NoStart { get; init; }
}
