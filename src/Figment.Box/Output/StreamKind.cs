namespace Figment.Box.Output;

/// <summary>First byte of a frame (StreamRequest).</summary>
internal enum StreamKind : byte
{
    Input = 0,
    Output = 1,
    Error = 2,
    Size = 3,
    Exit = 4,
    Signal = 5,
    Round = 6,
}
