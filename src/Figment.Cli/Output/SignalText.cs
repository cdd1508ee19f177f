using Figment.Model.Signals;
using Figment.Model.Specs;

namespace Figment.Cli.Output;

/// <summary>A signal as half a sentence.</summary>
internal static class SignalText
{
    /// <param name="signal">What decided.</param>
    /// <param name="exitCode">Of the event, for <see cref="SignalKind.Exit"/>.</param>
    public static string Of(Signal signal, int? exitCode = null) => signal.Kind switch
    {
        SignalKind.Connection => $"connection to {Port(signal)} from {From(signal)}",
        SignalKind.Datagram => $"datagram to {Port(signal)} from {From(signal)}",
        SignalKind.Connect => $"{From(signal)} connects to {Port(signal)}, which was not known to be served",
        SignalKind.Dependency => signal.Detail ?? $"{signal.FromMachine ?? "another machine"} depends on it",
        SignalKind.Eager => $"the Compose file has it start at up{Detail(signal, " (", ")")}",
        SignalKind.User => signal.Detail is { } command ? $"asked for by the user: {command}" : "asked for by the user",
        SignalKind.Restart => $"its restart policy{Detail(signal, ": ", "")}",
        SignalKind.Exit => Exit(signal, exitCode),
        SignalKind.BoxLost => $"its box died{Detail(signal, ": ", "")}",
        SignalKind.StartTimeout => $"its program did not listen in time{Detail(signal, ": ", "")}",
        SignalKind.Idle => $"it was idle{Detail(signal, ": ", "")}",
        SignalKind.Data when signal.Port is null => "something came that it waits for",
        SignalKind.Data => $"something came to {Port(signal)} from {From(signal)}",
        SignalKind.Timer => $"a wait of it ends{Detail(signal, ": ", "")}",
        SignalKind.Peer => $"{signal.FromMachine} goes on, which is idle together with it",
        SignalKind.Scale => signal.Detail ?? "its service has as many machines as it needs",
        SignalKind.Down => "the application goes down",
        SignalKind.Move => signal.Detail ?? "it moves between nodes",
        SignalKind.Snapshot => $"it did not begin from the snapshot of its kind, which is discarded{Detail(signal, ": ", "")}",
        _ => signal.Kind.ToString(),
    };

    /// <summary>A kind alone: <c>connection</c>, <c>start timeout</c>.</summary>
    public static string Word(SignalKind kind) => kind switch
    {
        SignalKind.BoxLost => "box lost",
        SignalKind.StartTimeout => "start timeout",
        _ => kind.ToString().ToLowerInvariant(),
    };

    private static string Exit(Signal signal, int? exitCode)
    {
        string code = exitCode is { } number ? $"exit code {number}" : "";
        return signal.Detail is { Length: > 0 } detail && detail.StartsWith(code, StringComparison.Ordinal)
            ? $"its program ended: {detail}"
            : $"its program ended{(code.Length > 0 ? $" with {code}" : "")}{Detail(signal, ": ", "")}";
    }

    private static string Port(Signal signal) => signal.Port is { } port ? PortText.Inside(port, signal.Protocol ?? TransportProtocol.Tcp) : "a port of it";

    private static string From(Signal signal) => (signal.FromMachine, signal.FromAddress) switch
    {
        ({ } machine, { } address) => $"{machine} ({address})",
        ({ } machine, null) => machine,
        (null, { } address) => address,
        _ => "outside",
    };

    private static string Detail(Signal signal, string before, string after) => signal.Detail is { Length: > 0 } detail ? before + detail + after : "";
}
