using Figment.Api.Contract;
using Figment.Model.States;

namespace Figment.Api.Tests;

internal static class Samples
{
    public static readonly DateTimeOffset At = new(2026, 3, 1, 14, 3, 22, TimeSpan.Zero);

    public static MachineView Machine(string name) => new()
    {
        Application = "guestbook",
        Machine = name,
        Service = name.Split('-')[0],
        State = MachineState.Imaginary,
        Since = At,
    };
}
