using System.Text;
using Figment.Simulation.Traces;
using Figment.Tests;

namespace Figment.Simulation.Tests;

public sealed class TraceTests(ITestOutputHelper output)
{
    private const string Csv = "# a comment\nat_s,service,duration_ms,client\n1.5,web,20,a\n0.000001,\"a,b\",,\n\n2e0,web,0.5,\"x\"\"y\"\n";
    private const string Json = "{\"at_s\": 1.5, \"service\": \"web\", \"duration_ms\": 20, \"client\": \"a\"}\n{\"service\": \"db\", \"at_s\": 0}\n";
    private const string Azure = "app,func,end_timestamp,duration\na1b2c3d4e5f60718,f1,2.5,1.0\nx,y,0.5,1.0\n";
    private const string Log = """
        127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326
        127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /\"b\" HTTP/1.0" 304 - "http://x/" "Mozilla/4.08 [en]" 12345
        ::1 - - [10/Oct/2000:20:55:38 +0000] "POST /c HTTP/1.1" 201 5 "-" "-"
        """;

    private static readonly string[] Seeds = [Csv, Json, Azure, Log];

    [Fact]
    public void Our_own_format_in_rows() =>
        Assert.Equal(
            [new TraceRequest(1, "a,b", null, null), new TraceRequest(1_500_000, "web", 20_000, "a"), new TraceRequest(2_000_000, "web", 500, "x\"y")],
            Read(Csv));

    [Fact]
    public void Our_own_format_in_objects() =>
        Assert.Equal([new TraceRequest(0, "db", null, null), new TraceRequest(1_500_000, "web", 20_000, "a")], Read(Json));

    [Fact]
    public void A_trace_of_Azure_functions_begins_with_its_first_request() =>
        Assert.Equal([new TraceRequest(0, "x-y", 1_000_000, null), new TraceRequest(2_000_000, "a1b2c3d4e5f6-f1", 1_000_000, null)], Read(Azure));

    [Fact]
    public void The_requests_of_one_second_of_a_log_are_spread_over_it() =>
        Assert.Equal([new TraceRequest(0, "web", null, null), new TraceRequest(500_000, "web", 12_345, null), new TraceRequest(2_000_000, "web", null, null)], Read(Log));

    [Fact]
    public void All_requests_can_be_one_services() =>
        Assert.All(TraceReader.Read("t.csv", new StringReader(Csv), service: "one"), request => Assert.Equal("one", request.Service));

    [Theory]
    [InlineData("", "t:1: the trace is empty")]
    [InlineData("# nothing\n", "t:1: the trace is empty")]
    [InlineData("hello\n", "t:1: this is no trace")]
    [InlineData("at_s,service\n", "t:1: the trace has no request")]
    [InlineData("at_s,servce\n0,web\n", "t:1: a trace has no column 'servce'")]
    [InlineData("at_s,duration_ms\n0,1\n", "t:1: the head needs at_s and service")]
    [InlineData("at_s,service,at_s\n0,web,0\n", "t:1: a column stands here twice")]
    [InlineData("at_s,service\n0,web\n1\n", "t:3: 1 cells, but the head has 2")]
    [InlineData("at_s,service\n0,web\n-1,web\n", "t:3: at_s is a number of seconds from 0 to 34560000, not '-1'")]
    [InlineData("at_s,service\nNaN,web\n", "t:2: at_s is a number of seconds")]
    [InlineData("at_s,service\n0,\n", "t:2: service is a name of 1 to 255 characters")]
    [InlineData("at_s,service\n0,\"web\n", "t:2: a quote is not closed in its line")]
    [InlineData("at_s,service,duration_ms\n0,web,86400001\n", "t:2: duration_ms is a number of milliseconds from 0 to 86400000")]
    [InlineData("{\"at_s\": 0}\n", "t:1: a request needs \"at_s\" and \"service\"")]
    [InlineData("{\"at_s\": 0, \"service\": \"a\"}\n{\"at_s\": \"0\"}\n", "t:2: \"at_s\" is a number")]
    [InlineData("{\"at_s\": 0, \"at_s\": 0}\n", "t:1: \"at_s\" stands here twice")]
    [InlineData("{\"at_s\": 0, \"sevice\": \"a\"}\n", "t:1: a request has no \"sevice\"")]
    [InlineData("{\"at_s\": 0,\n", "t:1: not a JSON object in one line")]
    [InlineData("{\"at_s\": 0, \"service\": \"a\"} 1\n", "t:1: not a JSON object in one line")]
    [InlineData("app,func,end_timestamp\nx,y,0\n", "t:1: the head needs app, func, end_timestamp, duration")]
    [InlineData("app,func,end_timestamp,duration\nx,y,5,86401\n", "t:2: no request takes longer than a day")]
    [InlineData("1.1.1.1 - - [10/Okt/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1\n", "t:1: '10/Okt/2000:13:55:36 -0700' is no time")]
    [InlineData("1.1.1.1 - - [10/Oct/2000:13:55:36 -0700] \"GET / HTTP/1.0\" 200 1\nx\n", "t:2: not a line of an access log")]
    public void What_is_wrong_is_said_with_its_place(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<TraceException>(() => TraceReader.Read("t", new StringReader(text))).Message, StringComparison.Ordinal);

    [Fact]
    public void A_line_without_end_is_refused_before_it_is_all_read()
    {
        var endless = new EndlessText();
        Assert.Equal("t:1: a line has at most 65536 characters", Assert.Throws<TraceException>(() => TraceReader.Read("t", endless)).Message);
        Assert.InRange(endless.Given, 65_536, 200_000);
    }

    [Fact]
    public void What_is_written_is_read_again_to_the_microsecond()
    {
        TraceRequest[] requests = [.. BurstyTrace.Make(new BurstySpec { LengthUs = 60_000_000 }).Select((request, index) => request with { Client = index % 2 == 0 ? null : "c, \"" + index, Service = index % 3 == 0 ? "a,b" : "web" })];
        var text = new StringWriter();
        TraceWriter.WriteCsv(text, requests, "a comment");

        Assert.Equal(requests, TraceReader.Read("t", new StringReader(text.ToString())));
    }

    [Fact]
    [Trait("fuzz", "traces")]
    public void Whatever_the_bytes_a_trace_comes_out_or_an_error_with_a_place() => new FuzzRun("traces", output).Run(random =>
    {
        byte[] bytes = Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)]);
        for (int change = random.Next(4); change > 0; change--)
        {
            int at = random.Next(bytes.Length);
            bytes = random.Next(4) switch
            {
                0 => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 20))..], (byte)' '],
                1 => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
                2 => [.. bytes[..at], (byte)"0123456789eE.-+,\"\n{}[]"[random.Next(22)], .. bytes[at..]],
                _ => [.. bytes[..at], .. bytes.AsSpan(random.Next(bytes.Length)..)[..1], .. bytes[at..]],
            };
        }

        try
        {
            var requests = TraceReader.Read("t.csv", bytes, random.Next(3) == 0 ? (TraceFormat)random.Next(4) : null);
            Assert.NotEmpty(requests);
            Assert.Equal(requests.OrderBy(request => request.AtUs), requests);
            Assert.All(requests, request => Assert.True(request.AtUs >= 0 && request.DurationUs is null or >= 0 && request.Service.Length > 0));
            return true;
        }
        catch (TraceException exception)
        {
            Assert.Matches(@"\At\.csv:\d+: ", exception.Message);
            return false;
        }
    });

    private static IReadOnlyList<TraceRequest> Read(string text) => TraceReader.Read("t", new StringReader(text));

    private sealed class EndlessText : TextReader
    {
        public int Given { get; private set; }

        public override int Read()
        {
            Given++;
            return 'a';
        }
    }
}
