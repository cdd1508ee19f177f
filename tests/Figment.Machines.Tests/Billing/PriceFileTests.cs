using System.Runtime.CompilerServices;
using System.Text;
using Figment.Machines.Billing;
using Figment.Tests;

namespace Figment.Machines.Tests.Billing;

public sealed class PriceFileTests(ITestOutputHelper output)
{
    private const string Least = """
        {
          "name": "own", "title": "ours", "source": "here", "dated": "2026-01-31",
          "currency": "EUR", "billing": "used"
        }
        """;

    public static TheoryData<string> Shipped => [.. Directory.GetFiles(Folder(), "*.json").Select(path => Path.GetFileName(path)!)];

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Every_list_that_is_shipped_can_be_read_and_says_where_it_is_from(string file)
    {
        var list = PriceFile.Parse(file, File.ReadAllBytes(Path.Combine(Folder(), file)));

        Assert.True(file == "example.json" || Uri.IsWellFormedUriString(list.Source, UriKind.Absolute), list.Source);
        Assert.True(file == "example.json" || file == $"{list.Dated:yyyy-MM}-{list.Name}.json", $"{file} has list {list.Name} of {list.Dated}");
        Assert.NotNull(list.Note);
        Assert.Equal(list.Sizes.Select(size => size.Hour).Order(), list.Sizes.Select(size => size.Hour));
    }

    [Fact]
    public void What_a_list_does_not_name_costs_nothing()
    {
        var list = Parse(Least);

        Assert.Equal(("own", "ours", "here", new DateOnly(2026, 1, 31), "EUR", BillingKind.Used), (list.Name, list.Title, list.Source, list.Dated, list.Currency, list.Billing));
        Assert.Equal((0m, 0m, 0L, 1m, 0.5m), (list.VcpuSecond, list.GibSecond, list.GranularityMs, list.DefaultVcpus, list.DefaultMemoryGib));
    }

    [Theory]
    [InlineData("\"here\"", "17", "own.json:2:45: a text belongs here")]
    [InlineData("\"here\"", "\"\"", "own.json:2:45: a text of 1 to 1000 characters in one line belongs here")]
    [InlineData("2026-01-31", "31.1.2026", "own.json:2:62: a date as 2026-01-31 belongs here")]
    [InlineData("\"used\"", "\"monthly\"", "own.json:3:33: \"monthly\" is no billing: always, active, started, used")]
    [InlineData("\"used\"", "\"used\", \"vcpuSecond\": -1", "own.json:3:55: a number from 0 to 1000000 belongs here")]
    [InlineData("\"used\"", "\"used\", \"vcpusecond\": 1", "own.json:3:55: a price list has no \"vcpusecond\"")]
    [InlineData("\"used\"", "\"used\", \"name\": \"b\"", "own.json:3:49: \"name\" stands here twice")]
    [InlineData("\"used\"", "\"started\"", "own.json:4:1: billing \"started\" needs \"sizes\"")]
    [InlineData("\"used\"", "\"always\", \"sizes\": [{ \"name\": \"s\", \"vcpus\": 0 }]", "own.json:3:77: a number above 0 belongs here")]
    [InlineData("\"used\"", "\"always\", \"sizes\": [{ \"name\": \"s\", \"vcpus\": 1 }]", "own.json:3:79: a size needs \"memoryGib\"")]
    [InlineData("\"used\"", "\"always\", \"sizes\": {}", "own.json:3:52: \"sizes\" is a list: [{ \"name\": ..., \"vcpus\": ..., \"memoryGib\": ..., \"hour\": ... }]")]
    [InlineData("\"currency\": \"EUR\", ", "", "own.json:4:1: a price list needs \"currency\"")]
    [InlineData("\"currency\"", "currency", "own.json:3:3: 'c' is an invalid start of a property name. Expected a '\"'.")]
    public void What_is_wrong_is_said_with_its_place(string good, string bad, string message) =>
        Assert.Equal(message, Assert.Throws<PriceFileException>(() => Parse(Least.Replace(good, bad, StringComparison.Ordinal))).Message);

    [Theory]
    [InlineData("", "own.json:1:1: ")]
    [InlineData("[]", "own.json:1:1: a price list is an object")]
    [InlineData("17", "own.json:1:1: a price list is an object")]
    public void What_is_no_list_at_all_is_refused(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<PriceFileException>(() => Parse(text)).Message, StringComparison.Ordinal);

    [Fact]
    [Trait("fuzz", "prices")]
    public void Whatever_the_bytes_a_list_comes_out_or_an_error_with_a_place()
    {
        byte[][] seeds = [.. Directory.GetFiles(Folder(), "*.json").Select(File.ReadAllBytes)];
        new FuzzRun("prices", output).Run(random =>
        {
            byte[] bytes = [.. seeds[random.Next(seeds.Length)]];
            for (int change = random.Next(4); change > 0; change--)
            {
                int at = random.Next(bytes.Length);
                bytes = random.Next(3) switch
                {
                    0 => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 20))..], (byte)' '],
                    1 => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
                    _ => [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length)..)[..1], .. bytes[at..]],
                };
            }

            try
            {
                PriceFile.Parse("own.json", bytes);
                return true;
            }
            catch (PriceFileException exception)
            {
                Assert.StartsWith("own.json", exception.Message, StringComparison.Ordinal);
                return false;
            }
        });
    }

    private static PriceList Parse(string text) => PriceFile.Parse("own.json", Encoding.UTF8.GetBytes(text));

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "..", "prices");
}
