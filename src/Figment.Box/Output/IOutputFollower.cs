namespace Figment.Box.Output;

/// <summary>Follows a program's output; called on the output thread and must not wait.</summary>
internal interface IOutputFollower
{
    void Output(StreamKind kind, ReadOnlySpan<byte> bytes);

    void Ended();
}
