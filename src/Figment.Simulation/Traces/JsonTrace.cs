using System.Text;
using System.Text.Json;

namespace Figment.Simulation.Traces;

/// <summary>An object a line.</summary>
internal static class JsonTrace
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = 2 };

    public static List<TraceRequest> Read(TraceLines lines)
    {
        var requests = new List<TraceRequest>();
        while (lines.Next() is { } line)
        {
            lines.Bound(requests.Count);
            try
            {
                requests.Add(Request(lines, Encoding.UTF8.GetBytes(line)));
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                throw lines.Wrong($"not a JSON object in one line: {exception.Message.Split(" LineNumber:")[0]}");
            }
        }

        return requests;
    }

    private static TraceRequest Request(TraceLines lines, byte[] line)
    {
        var reader = new Utf8JsonReader(line, Options);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw lines.Wrong("an object belongs here: {\"at_s\": 0, \"service\": \"web\"}");
        }

        long? at = null;
        string? service = null;
        long? duration = null;
        string? client = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!seen.Add(name))
            {
                throw lines.Wrong($"\"{name}\" stands here twice");
            }

            reader.Read();
            switch (name)
            {
                case "at_s":
                    at = lines.Seconds(Number(lines, ref reader, name), name);
                    break;
                case "service":
                    service = lines.Name(Text(lines, ref reader, name), name);
                    break;
                case "duration_ms":
                    duration = lines.Milliseconds(Number(lines, ref reader, name), name);
                    break;
                case "client":
                    client = lines.Name(Text(lines, ref reader, name), name);
                    break;
                default:
                    throw lines.Wrong($"a request has no \"{name}\"; there are at_s, service, duration_ms, client");
            }
        }

        if (reader.Read())
        {
            throw lines.Wrong("something follows the object");
        }

        return at is { } us && service is not null ? new TraceRequest(us, service, duration, client) : throw lines.Wrong("a request needs \"at_s\" and \"service\"");
    }

    private static string Number(TraceLines lines, ref Utf8JsonReader reader, string name) =>
        reader.TokenType == JsonTokenType.Number ? Encoding.UTF8.GetString(reader.ValueSpan) : throw lines.Wrong($"\"{name}\" is a number");

    private static string Text(TraceLines lines, ref Utf8JsonReader reader, string name) =>
        reader.TokenType == JsonTokenType.String ? reader.GetString()! : throw lines.Wrong($"\"{name}\" is a text");
}
