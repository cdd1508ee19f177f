using System.Text.Json;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Node.Telemetry;

/// <summary>States and causes as values of labels and attributes: <c>running</c>, <c>start_timeout</c>.</summary>
internal static class MetricWords
{
    private static readonly Dictionary<MachineState, string> States = Enum.GetValues<MachineState>().ToDictionary(state => state, state => Word(state.ToString()));
    private static readonly Dictionary<SignalKind, string> Causes = Enum.GetValues<SignalKind>().ToDictionary(kind => kind, kind => Word(kind.ToString()));

    public static string Of(MachineState state) => States[state];

    public static string Of(SignalKind cause) => Causes[cause];

    private static string Word(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
