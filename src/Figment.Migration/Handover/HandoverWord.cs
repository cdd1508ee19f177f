namespace Figment.Migration.Handover;

/// <summary>What the two nodes say to each other. Each word may be lost, come late, or come twice.</summary>
public enum HandoverWord
{
    /// <summary>Source: make ready what the machine needs.</summary>
    Prepare,

    /// <summary>Target: it is, and takes the machine's memory.</summary>
    Ready,

    /// <summary>Source: all is there; restore it and hold it before its first instruction.</summary>
    Hold,

    /// <summary>Target's vote: it is held, and will be brought up from what is on storage here whenever the source says so.</summary>
    Held,

    /// <summary>Source: the verdict is commit.</summary>
    Run,

    /// <summary>Target: it runs.</summary>
    Runs,

    /// <summary>Source: the verdict is abort.</summary>
    Drop,

    /// <summary>Target: nothing of it is here, and nothing will be.</summary>
    Gone,

    /// <summary>Target: what is the verdict?</summary>
    Ask,

    /// <summary>Target: it runs, and some of its memory is still to come from the source.</summary>
    Fills,
}
