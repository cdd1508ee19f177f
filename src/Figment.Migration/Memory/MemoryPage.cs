namespace Figment.Migration.Memory;

/// <summary>The unit of memory on x86-64.</summary>
internal static class MemoryPage
{
    public const int Bytes = 4096;
}
