namespace Figment.Migration.Engine;

/// <summary>The dump that a dump continues, of which only what it says that it has is there.</summary>
/// <param name="Folder">By its name in the folder of the dump, in which it lies. There, when the dump is asked for; complete, when its tree stands still.</param>
/// <param name="Facts">A folder where what CRIU knows of the kernel is kept.</param>
public sealed record DumpParent(string Folder, string Facts);
