using System.Buffers;
using System.Text.Json;
using Figment.Model.Control;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Model.States;

namespace Figment.Box.Control.Text;

/// <summary>
/// The box's side of the lines between keeper and box, by hand for the reason that <see cref="LaunchText"/> gives. Tests hold it against the serializer, which the keeper uses.
/// </summary>
internal static class BoxText
{
    private const string Kind = "is";

    /// <summary>A message to a box.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static BoxMessage Read(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var message = document.RootElement;
            return message.Text(Kind) switch
            {
                "launch" => LaunchText.Read(message),
                "hello" => new BoxMessage.Hello { Epoch = message.Long("epoch") },
                "granted" => new BoxMessage.Granted { Id = message.Long("id") },
                "placeholder" => new BoxMessage.NewPlaceholder
                {
                    Port = message.Number("port"),
                    Protocol = LaunchText.Protocol(message.Text("protocol")),
                    Family = LaunchText.Family(message.Text("family")),
                },
                "stop" => new BoxMessage.StopProgram { Signal = message.NumberOrNull("signal"), GraceMs = message.LongOrNull("graceMs") },
                "idle" => new BoxMessage.IdlePolicy { Idle = LaunchText.Idle(message.Required("idle")) },
                "freeze" => new BoxMessage.Freeze { TickMs = message.Long("tickMs"), AtLeastMs = message.LongOrNull("atLeastMs") ?? 0, ReclaimAfterMs = message.LongOrNull("reclaimAfterMs") ?? 0 },
                "thaw" => new BoxMessage.Thaw { Why = message.Text("why"), IsUndo = message.Flag("isUndo") ?? false },
                "checkpoint" => new BoxMessage.Checkpoint { Folder = message.Text("folder"), LeaveRunning = message.Flag("leaveRunning") ?? false, IfFrozen = message.Flag("ifFrozen") ?? false, Connections = LaunchText.Connections(message.TextOrNull("connections")), WithFiles = message.Flag("withFiles") ?? false, ForClones = message.Flag("forClones") ?? false },
                "kept-sockets" => new BoxMessage.KeptSockets { Connections = message.List("connections", ReadConnection) },
                "release" => new BoxMessage.Release { Runs = message.Required("runs").GetBoolean() },
                "kill" => new BoxMessage.SignalProgram { Signal = message.Number("signal") },
                var kind => throw new InvalidDataException($"a message {kind} is not for a box"),
            };
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"not a message: {exception.Message}", exception);
        }
    }

    /// <summary>A message from a box, without the end of its line.</summary>
    public static ReadOnlyMemory<byte> Write(BoxMessage message)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true });
        json.WriteStartObject();
        switch (message)
        {
            case BoxMessage.Started started:
                json.WriteString(Kind, "started");
                json.WriteNumber("pid", started.Pid);
                WriteTexts(json, "cgroups", started.Cgroups);
                WriteSteps(json, started.Steps);
                break;
            case BoxMessage.StartFailed failed:
                json.WriteString(Kind, "start-failed");
                json.WriteNumber("exitCode", failed.ExitCode);
                json.WriteString("error", failed.Error);
                json.WriteBoolean("isLost", failed.IsLost);
                break;
            case BoxMessage.NotRestored not:
                json.WriteString(Kind, "not-restored");
                json.WriteString("reason", not.Reason);
                break;
            case BoxMessage.Listening listening:
                json.WriteString(Kind, "listening");
                json.WriteNumber("port", listening.Port);
                json.WriteString("protocol", Text(listening.Protocol));
                json.WriteString("family", Text(listening.Family));
                json.WriteBoolean("loopback", listening.Loopback);
                json.WriteBoolean("placeholder", listening.Placeholder);
                break;
            case BoxMessage.PlaceholderClosed closed:
                json.WriteString(Kind, "placeholder-closed");
                json.WriteNumber("port", closed.Port);
                json.WriteString("protocol", Text(closed.Protocol));
                break;
            case BoxMessage.Wanted wanted:
                json.WriteString(Kind, "wanted");
                json.WriteNumber("id", wanted.Id);
                json.WriteString("address", wanted.Address);
                json.WriteNumber("port", wanted.Port);
                json.WriteString("protocol", Text(wanted.Protocol));
                break;
            case BoxMessage.HealthChanged health:
                json.WriteString(Kind, "health");
                json.WriteString("state", Text(health.State));
                if (health.Output is not null)
                {
                    json.WriteString("output", health.Output);
                }

                break;
            case BoxMessage.Exited exited:
                WriteExited(json, exited);
                break;
            case BoxMessage.Report report:
                WriteReport(json, report);
                break;
            case BoxMessage.CheckpointFailed failed:
                json.WriteString(Kind, "checkpoint-failed");
                json.WriteString("folder", failed.Folder);
                json.WriteString("reason", failed.Reason);
                break;
            case BoxMessage.Checkpointed checkpointed:
                json.WriteString(Kind, "checkpointed");
                json.WriteString("folder", checkpointed.Folder);
                json.WriteBoolean("goesOn", checkpointed.GoesOn);
                WritePorts(json, "listeners", checkpointed.Listeners);
                json.WriteNumber("pauseMs", checkpointed.PauseMs);
                json.WriteNumber("tookMs", checkpointed.TookMs);
                json.WriteNumber("bytes", checkpointed.Bytes);
                if (checkpointed.ProcessorUs is { } used)
                {
                    json.WriteNumber("processorUs", used);
                }

                break;
            case BoxMessage.Goes:
                json.WriteString(Kind, "goes");
                break;
            case BoxMessage.Held:
                json.WriteString(Kind, "held");
                break;
            case BoxMessage.Departed departed:
                json.WriteString(Kind, "departed");
                if (departed.ProcessorUs is { } spent)
                {
                    json.WriteNumber("processorUs", spent);
                }

                break;
            case BoxMessage.MemoryMissing missing:
                json.WriteString(Kind, "memory-missing");
                json.WriteNumber("number", missing.Number);
                break;
            case BoxMessage.MemoryComplete complete:
                json.WriteString(Kind, "memory-complete");
                json.WriteNumber("number", complete.Number);
                break;
            case BoxMessage.KeptSockets kept:
                json.WriteString(Kind, "kept-sockets");
                WriteConnections(json, kept.Connections);
                break;
            case BoxMessage.Quiet or BoxMessage.Active or BoxMessage.Load or BoxMessage.Frozen or BoxMessage.Busy or BoxMessage.Reclaimed or BoxMessage.Thawed:
                WriteIdleness(json, message);
                break;
            default:
                throw new ArgumentException($"a box does not say {message.GetType().Name}", nameof(message));
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    private static void WriteIdleness(Utf8JsonWriter json, BoxMessage message)
    {
        switch (message)
        {
            case BoxMessage.Quiet quiet:
                json.WriteString(Kind, "quiet");
                json.WriteNumber("forMs", quiet.ForMs);
                json.WriteNumber("processorUs", quiet.ProcessorUs);
                json.WriteNumber("networkBytes", quiet.NetworkBytes);
                WriteTexts(json, "peers", quiet.Peers);
                break;
            case BoxMessage.Active:
                json.WriteString(Kind, "active");
                break;
            case BoxMessage.Load load:
                json.WriteString(Kind, "load");
                json.WriteNumber("connections", load.Connections);
                json.WriteNumber("queued", load.Queued);
                json.WriteNumber("processorPercent", load.ProcessorPercent);
                json.WriteNumber("memoryPercent", load.MemoryPercent);
                break;
            case BoxMessage.Frozen frozen:
                json.WriteString(Kind, "frozen");
                json.WriteNumber("threads", frozen.Threads);
                if (frozen.EndsInMs is { } endsIn)
                {
                    json.WriteNumber("endsInMs", endsIn);
                }

                break;
            case BoxMessage.Busy busy:
                json.WriteString(Kind, "busy");
                json.WriteString("reason", busy.Reason);
                if (busy.EndsInMs is { } wait)
                {
                    json.WriteNumber("endsInMs", wait);
                }

                break;
            case BoxMessage.Reclaimed reclaimed:
                json.WriteString(Kind, "reclaimed");
                json.WriteNumber("bytesBefore", reclaimed.BytesBefore);
                json.WriteNumber("bytesAfter", reclaimed.BytesAfter);
                break;
            case BoxMessage.Thawed thawed:
                json.WriteString(Kind, "thawed");
                json.WriteString("cause", Text(thawed.Cause));
                if (thawed.Detail is not null)
                {
                    json.WriteString("detail", thawed.Detail);
                }

                if (thawed.FromAddress is not null)
                {
                    json.WriteString("fromAddress", thawed.FromAddress);
                }

                if (thawed.Port is { } port)
                {
                    json.WriteNumber("port", port);
                }

                if (thawed.Protocol is { } protocol)
                {
                    json.WriteString("protocol", Text(protocol));
                }

                break;
        }
    }

    private static void WriteExited(Utf8JsonWriter json, BoxMessage.Exited exited)
    {
        json.WriteString(Kind, "exited");
        json.WriteNumber("exitCode", exited.ExitCode);
        if (exited.Signal is { } signal)
        {
            json.WriteNumber("signal", signal);
        }

        json.WriteBoolean("outOfMemory", exited.OutOfMemory);
        if (exited.ProcessorUs is { } used)
        {
            json.WriteNumber("processorUs", used);
        }

        WriteTexts(json, "lastLines", exited.LastLines);
    }

    private static void WriteReport(Utf8JsonWriter json, BoxMessage.Report report)
    {
        json.WriteString(Kind, "report");
        json.WriteString("machine", report.Machine);
        json.WriteNumber("boxPid", report.BoxPid);
        if (report.Pid is { } pid)
        {
            json.WriteNumber("pid", pid);
        }

        json.WriteString("revision", report.Revision);
        json.WriteBoolean("hasListened", report.HasListened);
        json.WriteString("health", Text(report.Health));
        json.WriteBoolean("isFrozen", report.IsFrozen);
        json.WriteBoolean("isClone", report.IsClone);
        json.WriteString("startedAt", report.StartedAt);
        WritePorts(json, "ports", report.Ports);
        WriteTexts(json, "cgroups", report.Cgroups);
    }

    private static void WritePorts(Utf8JsonWriter json, string name, IReadOnlyList<KnownPort> ports)
    {
        json.WriteStartArray(name);
        foreach (var port in ports)
        {
            json.WriteStartObject();
            json.WriteNumber("port", port.Port);
            json.WriteString("protocol", Text(port.Protocol));
            json.WriteString("family", Text(port.Family));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static KeptConnection ReadConnection(JsonElement one) => new()
    {
        Inode = one.Required("inode").GetUInt32(),
        Unread = one.Number("unread"),
        Untaken = one.Number("untaken"),
        HasEnded = one.Required("hasEnded").GetBoolean(),
    };

    private static void WriteConnections(Utf8JsonWriter json, IReadOnlyList<KeptConnection> connections)
    {
        json.WriteStartArray("connections");
        foreach (var connection in connections)
        {
            json.WriteStartObject();
            json.WriteNumber("inode", connection.Inode);
            json.WriteNumber("unread", connection.Unread);
            json.WriteNumber("untaken", connection.Untaken);
            json.WriteBoolean("hasEnded", connection.HasEnded);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> texts)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in texts)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    private static void WriteSteps(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, long>> steps)
    {
        json.WriteStartArray("steps");
        foreach (var (step, microseconds) in steps)
        {
            json.WriteStartObject();
            json.WriteString("key", step);
            json.WriteNumber("value", microseconds);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Text(TransportProtocol protocol) => protocol switch
    {
        TransportProtocol.Tcp => nameof(TransportProtocol.Tcp),
        TransportProtocol.Udp => nameof(TransportProtocol.Udp),
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, null),
    };

    private static string Text(ListenFamily family) => family switch
    {
        ListenFamily.Unknown => nameof(ListenFamily.Unknown),
        ListenFamily.Ipv4 => nameof(ListenFamily.Ipv4),
        ListenFamily.DualStack => nameof(ListenFamily.DualStack),
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, null),
    };

    private static string Text(ThawCause cause) => cause switch
    {
        ThawCause.Data => nameof(ThawCause.Data),
        ThawCause.Timer => nameof(ThawCause.Timer),
        ThawCause.Asked => nameof(ThawCause.Asked),
        ThawCause.Undone => nameof(ThawCause.Undone),
        _ => throw new ArgumentOutOfRangeException(nameof(cause), cause, null),
    };

    private static string Text(HealthState state) => state switch
    {
        HealthState.None => nameof(HealthState.None),
        HealthState.Starting => nameof(HealthState.Starting),
        HealthState.Healthy => nameof(HealthState.Healthy),
        HealthState.Unhealthy => nameof(HealthState.Unhealthy),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };
}
