namespace Figment.Linux.Children;

/// <summary>One system call that a child makes between fork and exec.</summary>
internal struct ChildStep
{
    public nint Number;
    public nint A;
    public nint B;
    public nint C;
    public nint D;
    public nint E;
    public nint F;

    /// <summary>Error numbers that are as good as success; 0: none.</summary>
    public int Tolerated;
    public int AlsoTolerated;

    /// <summary>A failure is reported and the next step made.</summary>
    public int GoOnAfterFailure;

    /// <summary>The result is reported.</summary>
    public int TellResult;

    /// <summary>A result of 0 ends the child: the parent is gone.</summary>
    public int ZeroEnds;
}
