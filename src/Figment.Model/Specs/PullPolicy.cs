namespace Figment.Model.Specs;

public enum PullPolicy
{
    Missing,
    Always,
    Never,
    Build,
}
