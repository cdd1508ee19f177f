using System.Globalization;
using System.Text.Json;

namespace Figment.Machines.Billing;

/// <summary>Reads a price list: a JSON object, in which comments may stand (docs/ledger.md).</summary>
public static class PriceFile
{
    /// <summary>The longest of ours has 1 KB.</summary>
    public const int BytesMax = 64 * 1024;

    /// <summary>More is a slip of the pen, and sums must stay within a decimal.</summary>
    private const decimal NumberMax = 1_000_000;

    private const int TextMax = 1_000;
    private const int SizesMax = 1_000;

    private static readonly JsonReaderOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, MaxDepth = 8 };

    /// <param name="file">Its name, for messages.</param>
    /// <param name="text">UTF-8.</param>
    /// <exception cref="PriceFileException">It is not a price list; the message begins with the place.</exception>
    public static PriceList Parse(string file, ReadOnlySpan<byte> text)
    {
        if (text.Length > BytesMax)
        {
            throw new PriceFileException($"{file}: a price list has at most {BytesMax} bytes, this has {text.Length}");
        }

        try
        {
            var reader = new Reader(file, text);
            return reader.List();
        }
        catch (JsonException exception)
        {
            // The reader counts from 0, in bytes.
            string message = exception.Message.Split(" LineNumber:")[0];
            throw new PriceFileException($"{file}:{(exception.LineNumber ?? 0) + 1}:{(exception.BytePositionInLine ?? 0) + 1}: {message}");
        }
        catch (InvalidOperationException)
        {
            throw new PriceFileException($"{file}: a text in it is not UTF-8");
        }
    }

    private ref struct Reader(string file, ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;
        private Utf8JsonReader _json = new(text, Options);

        public PriceList List()
        {
            Next();
            var list = new PriceList { Name = "", Title = "", Source = "", Dated = default, Currency = "", Billing = default };
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (Property("a price list") is { } name)
            {
                Once(seen, name);
                list = name switch
                {
                    "name" => list with { Name = Text() },
                    "title" => list with { Title = Text() },
                    "source" => list with { Source = Text() },
                    "dated" => list with { Dated = Date() },
                    "currency" => list with { Currency = Text() },
                    "note" => list with { Note = Text() },
                    "billing" => list with { Billing = Kind() },
                    "granularityMs" => list with { GranularityMs = (long)Number() },
                    "vcpuSecond" => list with { VcpuSecond = Number() },
                    "gibSecond" => list with { GibSecond = Number() },
                    "frozenGibSecond" => list with { FrozenGibSecond = Number() },
                    "storedGibMonth" => list with { StoredGibMonth = Number() },
                    "storedGib" => list with { StoredGib = Number() },
                    "sentGib" => list with { SentGib = Number() },
                    "defaultVcpus" => list with { DefaultVcpus = Number() },
                    "defaultMemoryGib" => list with { DefaultMemoryGib = Number() },
                    "sizes" => list with { Sizes = Sizes() },
                    _ => throw Wrong($"a price list has no \"{name}\""),
                };
            }

            Require(seen, "a price list", "name", "title", "source", "dated", "currency", "billing");
            if (list.Billing is BillingKind.Always or BillingKind.Started && list.Sizes.Count == 0)
            {
                throw Wrong($"billing \"{Word(list.Billing)}\" needs \"sizes\"");
            }

            if (_json.Read())
            {
                throw Wrong("something follows the price list");
            }

            return list;
        }

        private List<MachineSize> Sizes()
        {
            if (_json.TokenType != JsonTokenType.StartArray)
            {
                throw Wrong("\"sizes\" is a list: [{ \"name\": ..., \"vcpus\": ..., \"memoryGib\": ..., \"hour\": ... }]");
            }

            var sizes = new List<MachineSize>();
            while (Next() != JsonTokenType.EndArray)
            {
                sizes.Add(Size());
                if (sizes.Count > SizesMax)
                {
                    throw Wrong($"a price list has at most {SizesMax} sizes");
                }
            }

            return sizes;
        }

        private MachineSize Size()
        {
            var size = new MachineSize("", 0, 0, 0);
            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (Property("a size") is { } name)
            {
                Once(seen, name);
                size = name switch
                {
                    "name" => size with { Name = Text() },
                    "vcpus" => size with { Vcpus = Positive() },
                    "memoryGib" => size with { MemoryGib = Positive() },
                    "hour" => size with { Hour = Number() },
                    _ => throw Wrong($"a size has no \"{name}\""),
                };
            }

            Require(seen, "a size", "name", "vcpus", "memoryGib", "hour");
            return size;
        }

        /// <summary>The next property's name, with the reader at its value; null at the object's end.</summary>
        private string? Property(string what)
        {
            if (_json.TokenType == JsonTokenType.StartObject || _json.CurrentDepth > 0)
            {
                if (Next() == JsonTokenType.EndObject)
                {
                    return null;
                }

                string name = _json.GetString()!;
                Next();
                return name;
            }

            throw Wrong($"{what} is an object: {{ \"name\": ... }}");
        }

        private JsonTokenType Next() => _json.Read() ? _json.TokenType : throw Wrong("it ends too early");

        private readonly string Text()
        {
            if (_json.TokenType != JsonTokenType.String)
            {
                throw Wrong("a text belongs here");
            }

            return _json.GetString() is { Length: > 0 and <= TextMax } text && !text.Any(char.IsControl) ? text : throw Wrong($"a text of 1 to {TextMax} characters in one line belongs here");
        }

        private readonly decimal Number() =>
            _json.TokenType == JsonTokenType.Number && _json.TryGetDecimal(out decimal number) && number is >= 0 and <= NumberMax
                ? number
                : throw Wrong($"a number from 0 to {NumberMax} belongs here");

        private readonly decimal Positive() => Number() is > 0 and var number ? number : throw Wrong("a number above 0 belongs here");

        private readonly DateOnly Date() =>
            DateOnly.TryParseExact(Text(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : throw Wrong("a date as 2026-01-31 belongs here");

        private readonly BillingKind Kind()
        {
            string text = Text();
            foreach (var kind in Enum.GetValues<BillingKind>())
            {
                if (Word(kind) == text)
                {
                    return kind;
                }
            }

            throw Wrong($"\"{text}\" is no billing: {string.Join(", ", Enum.GetValues<BillingKind>().Select(Word))}");
        }

        private readonly void Once(HashSet<string> seen, string name)
        {
            if (!seen.Add(name))
            {
                throw Wrong($"\"{name}\" stands here twice");
            }
        }

        private readonly void Require(HashSet<string> seen, string what, params ReadOnlySpan<string> names)
        {
            foreach (string name in names)
            {
                if (!seen.Contains(name))
                {
                    throw Wrong($"{what} needs \"{name}\"");
                }
            }
        }

        private readonly PriceFileException Wrong(string message)
        {
            var before = _text[..(int)_json.TokenStartIndex];
            return new PriceFileException($"{file}:{before.Count((byte)'\n') + 1}:{before.Length - before.LastIndexOf((byte)'\n')}: {message}");
        }

        private static string Word(BillingKind kind) => kind switch
        {
            BillingKind.Always => "always",
            BillingKind.Active => "active",
            BillingKind.Started => "started",
            _ => "used",
        };
    }
}
