using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Figment.Api.Contract;

namespace Figment.Api.Client;

/// <summary>A stream of JSON objects, one a line. An <see cref="ApiError"/> instead of the object expected ends it.</summary>
internal static class JsonLines
{
    /// <summary>The largest line is an application's view at the end of <c>up</c>: some hundred machines of some KiB.</summary>
    internal const int LineBytesMax = 16 * 1024 * 1024;

    public static async IAsyncEnumerable<T> ReadAsync<T>(Stream stream, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                var result = await MoreAsync(reader, cancellationToken).ConfigureAwait(false);
                var buffer = result.Buffer;
                while (TryTakeLine(ref buffer, result.IsCompleted, out var line))
                {
                    if (!IsBlank(line))
                    {
                        yield return Parse(line, type);
                    }
                }

                if (buffer.Length > LineBytesMax)
                {
                    throw new InvalidDataException($"a line of the daemon's answer is longer than {LineBytesMax} bytes");
                }

                if (result.IsCompleted)
                {
                    yield break;
                }

                reader.AdvanceTo(buffer.Start, buffer.End);
            }
        }
        finally
        {
            await reader.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask<ReadResult> MoreAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException exception)
        {
            throw new InvalidDataException($"the daemon broke off its answer: {exception.Message}", exception);
        }
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, bool last, out ReadOnlySequence<byte> line)
    {
        if (buffer.PositionOf((byte)'\n') is { } newline)
        {
            line = buffer.Slice(0, newline);
            buffer = buffer.Slice(buffer.GetPosition(1, newline));
            return true;
        }

        line = buffer;
        if (!last || buffer.IsEmpty)
        {
            return false;
        }

        buffer = buffer.Slice(buffer.End);
        return true;
    }

    private static bool IsBlank(in ReadOnlySequence<byte> line)
    {
        foreach (var segment in line)
        {
            if (segment.Span.IndexOfAnyExcept((byte)' ', (byte)'\r', (byte)'\t') >= 0)
            {
                return false;
            }
        }

        return true;
    }

    private static T Parse<T>(in ReadOnlySequence<byte> line, JsonTypeInfo<T> type)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            return JsonSerializer.Deserialize(ref reader, type) ?? throw new InvalidDataException("a line of the daemon's answer is null");
        }
        catch (JsonException exception)
        {
            throw ErrorLine(line) is { } error
                ? new FigmentApiException(error, FigmentApiException.StatusOf(error.Code))
                : new InvalidDataException($"a line of the daemon's answer is not what was expected: {exception.Message}", exception);
        }
    }

    private static ApiError? ErrorLine(in ReadOnlySequence<byte> line)
    {
        try
        {
            var reader = new Utf8JsonReader(line);
            return JsonSerializer.Deserialize(ref reader, ApiJson.Default.ApiError);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
