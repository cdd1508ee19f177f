namespace Figment.Api.Contract;

public enum CheckResult
{
    Ok,
    Warning,
    Failed,
}
