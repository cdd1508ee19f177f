namespace Figment.Migration.Images;

/// <summary>What an image is of: the number in its head, as CRIU's <c>magic.h</c> has it.</summary>
internal enum ImageKind : uint
{
    Inventory = 0x58313116,
    ProcessTree = 0x50273030,
    Core = 0x55053847,
    Seccomp = 0x64413049,
    PageMap = 0x56084025,
    Memory = 0x57492820,
    Files = 0x56303138,
    Clocks = 0x43114433,
    NetworkNamespace = 0x55933752,
    Names = 0x54473203,
}
