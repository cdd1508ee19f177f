namespace Figment.Images.Layers;

/// <summary>Bytes that several layers, unpacked at the same time, may have together. Safe for any thread.</summary>
internal sealed class UnpackBudget(long bytesMax)
{
    private long _taken;

    public long BytesMax => bytesMax;

    public bool TryTake(long bytes) => Interlocked.Add(ref _taken, bytes) <= bytesMax;
}
