namespace Figment.Api.Client;

/// <summary>Kinds of frames, as <see cref="Figment.Model.Control.StreamRequest"/> lists them.</summary>
public enum FrameKind : byte
{
    /// <summary>Empty payload: end of input.</summary>
    Stdin = 0,
    Stdout = 1,
    Stderr = 2,

    /// <summary>Columns, then rows, 16-bit big endian.</summary>
    TerminalSize = 3,

    /// <summary>One byte, the code; the last frame.</summary>
    Exit = 4,

    /// <summary>One byte, the signal's number.</summary>
    Signal = 5,
}
