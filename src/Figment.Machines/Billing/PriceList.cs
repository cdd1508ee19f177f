namespace Figment.Machines.Billing;

/// <summary>What somebody asks for machines at a certain date. Prices are in <see cref="Currency"/>; what a list does not name costs nothing.</summary>
public sealed record PriceList
{
    /// <summary><c>cloud-run</c>.</summary>
    public required string Name { get; init; }

    public required string Title { get; init; }

    /// <summary>Where the figures are from: a URL, or words.</summary>
    public required string Source { get; init; }

    /// <summary>When they were asked for.</summary>
    public required DateOnly Dated { get; init; }

    public required string Currency { get; init; }

    /// <summary>What is counted and what is left out.</summary>
    public string? Note { get; init; }

    public required BillingKind Billing { get; init; }

    /// <summary>Each stretch of time with a running program is rounded up to a multiple of this; 0: it is not.</summary>
    public long GranularityMs { get; init; }

    /// <summary>Of a processor for a second.</summary>
    public decimal VcpuSecond { get; init; }

    /// <summary>Of a GiB of memory for a second, while the program runs.</summary>
    public decimal GibSecond { get; init; }

    /// <summary>The same while the machine is frozen: its memory counts, no processor does.</summary>
    public decimal FrozenGibSecond { get; init; }

    /// <summary>Of a GiB of a machine's root file system for 30 days, while it has no program.</summary>
    public decimal StoredGibMonth { get; init; }

    /// <summary>GiB of a machine's root file system.</summary>
    public decimal StoredGib { get; init; }

    /// <summary>Of a GiB that the machine sent.</summary>
    public decimal SentGib { get; init; }

    /// <summary>Of a machine whose Compose file limits it in nothing.</summary>
    public decimal DefaultVcpus { get; init; } = 1;

    public decimal DefaultMemoryGib { get; init; } = 0.5m;

    /// <summary>For <see cref="BillingKind.Always"/> and <see cref="BillingKind.Started"/>.</summary>
    public IReadOnlyList<MachineSize> Sizes { get; init; } = [];
}
