namespace Figment.Model.Specs;

public enum MountKind
{
    Bind,
    Volume,
    Tmpfs,
}
