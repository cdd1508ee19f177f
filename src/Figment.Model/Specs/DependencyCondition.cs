namespace Figment.Model.Specs;

public enum DependencyCondition
{
    Started,
    Healthy,
    CompletedSuccessfully,
}
