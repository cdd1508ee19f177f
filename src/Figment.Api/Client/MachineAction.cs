namespace Figment.Api.Client;

/// <summary>The last part of <see cref="Figment.Api.Contract.Routes.Action"/>.</summary>
public enum MachineAction
{
    Start,
    Stop,
    Restart,
    Kill,
    Restore,
}
