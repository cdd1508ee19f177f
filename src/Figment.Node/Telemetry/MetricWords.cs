using System.Text.Json;
using Figment.Model.Control;
using Figment.Model.Signals;
using Figment.Model.States;

namespace Figment.Node.Telemetry;

/// <summary>States, causes and the like as values of labels and attributes: <c>running</c>, <c>start_timeout</c>.</summary>
internal static class MetricWords
{
    private static readonly Dictionary<MachineState, string> States = Enum.GetValues<MachineState>().ToDictionary(state => state, state => Word(state.ToString()));
    private static readonly Dictionary<SignalKind, string> Causes = Enum.GetValues<SignalKind>().ToDictionary(kind => kind, kind => Word(kind.ToString()));

    public static string Of(MachineState state) => States[state];

    public static string Of(SignalKind cause) => Causes[cause];

    public static string Of(SnapshotUse use) => Word(use.ToString());

    private static string Word(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
