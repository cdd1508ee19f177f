namespace Figment.Migration.Transfer;

/// <summary>A transfer is not what a source sends; the message says where and what.</summary>
/// <param name="offset">Of the frame, in bytes from the beginning.</param>
/// <param name="problem">What is wrong with it.</param>
/// <param name="inner">What it was noticed by.</param>
public sealed class TransferException(long offset, string problem, Exception? inner = null) : Exception($"transfer, byte {offset}: {problem}", inner)
{
    public long Offset { get; } = offset;
}
