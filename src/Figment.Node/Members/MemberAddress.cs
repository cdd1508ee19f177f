using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization;
using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Members;

/// <summary>Address and port of a node's port for other nodes: IPv4, for the networks of applications go the same way.</summary>
[JsonConverter(typeof(TextConverter))]
public sealed record MemberAddress(IPAddress Address, int Port)
{
    /// <summary>Not assigned by IANA to anything.</summary>
    public const int PortDefault = 7473;

    public IPEndPoint EndPoint => new(Address, Port);

    /// <exception cref="NodeException">It is none.</exception>
    public static MemberAddress Parse(string text) => TryParse(text)
        ?? throw new NodeException(ErrorCode.InvalidRequest, $"'{text}' is no address of a node", $"an IPv4 address that other nodes reach, with or without a port: 192.0.2.7 or 192.0.2.7:{PortDefault}");

    public static MemberAddress? TryParse(string text)
    {
        string[] parts = text.Split(':');
        int port = PortDefault;
        return parts.Length is 1 or 2
            && parts[0].Count(character => character == '.') == 3
            && IPAddress.TryParse(parts[0], out var address)
            && address.AddressFamily == AddressFamily.InterNetwork
            && !IPAddress.Any.Equals(address)
            && !IPAddress.Broadcast.Equals(address)
            && (parts.Length == 1 || (int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and <= IPEndPoint.MaxPort))
            ? new MemberAddress(address, port)
            : null;
    }

    public override string ToString() => EndPoint.ToString();

    internal sealed class TextConverter : JsonConverter<MemberAddress>
    {
        public override MemberAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            (reader.TokenType == JsonTokenType.String ? TryParse(reader.GetString()!) : null) ?? throw new JsonException("no address of a node");

        public override void Write(Utf8JsonWriter writer, MemberAddress value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
