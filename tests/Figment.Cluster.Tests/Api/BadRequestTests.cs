using System.Text;
using System.Text.Json;
using Figment.Api.Contract;
using Figment.Cluster.Tests.Support;

namespace Figment.Cluster.Tests.Api;

/// <summary>Whatever comes over the socket, the daemon answers with an error that says what is wrong, and goes on.</summary>
public sealed class BadRequestTests(DaemonFixture fixture) : IClassFixture<DaemonFixture>
{
    private DaemonProcess Daemon => fixture.Daemon;

    public static TheoryData<string, string, string?, int, string> Requests => new()
    {
        { "PUT", "/v1/applications/shop", null, 400, "needs a body" },
        { "PUT", "/v1/applications/shop", "{", 400, "is not what" },
        { "PUT", "/v1/applications/shop", "null", 400, "is null" },
        { "PUT", "/v1/applications/shop", "[]", 400, "is not what" },
        { "PUT", "/v1/applications/shop", "{}", 400, "application" },
        { "PUT", "/v1/applications/shop", """{"application":{"name":5,"workingDirectory":"/"}}""", 400, "$.application.name" },
        { "PUT", "/v1/applications/shop", """{"application":{"name":"other","workingDirectory":"/"}}""", 400, "the body other" },
        { "PUT", "/v1/applications/shop", """{"application":{"name":"shop","workingDirectory":"/","services":[{"name":"a","replicas":"many"}]}}""", 400, "replicas" },
        { "PUT", "/v1/applications/shop", """{"application":{"name":"shop","workingDirectory":"/"},"waitTimeoutMs":-1}""", 400, "waitTimeoutMs" },
        { "PUT", "/v1/applications/SHOP", "{}", 400, "is not the name of an application" },
        { "PUT", "/v1/applications/..%2f..%2fetc", "{}", 400, "is not the name of an application" },
        { "GET", "/v1/applications/%2e%2e", null, 404, "there is nothing at" },
        { "GET", "/v1/applications/shop", null, 404, "there is no application shop" },
        { "DELETE", "/v1/applications/shop", null, 404, "there is no application shop" },
        { "DELETE", "/v1/applications/shop?volumes=perhaps", null, 400, "volumes=perhaps is wrong" },
        { "DELETE", "/v1/applications/shop?timeoutMs=-5", null, 400, "timeoutMs=-5 is wrong" },
        { "GET", "/v1/machines?app=..", null, 400, "is not the name of an application" },
        { "GET", "/v1/applications/shop/machines/web-1", null, 404, "there is no application" },
        { "GET", "/v1/applications/shop/machines/..%2f..%2fx/logs", null, 404, "there is no application" },
        { "GET", "/v1/applications/shop/machines/web-1/logs?tail=x", null, 400, "tail=x is wrong" },
        { "GET", "/v1/applications/shop/machines/web-1/logs?since=yesterday", null, 400, "since=yesterday is wrong" },
        { "GET", "/v1/events?app=shop&follow=true", null, 404, "there is no application" },
        { "POST", "/v1/applications/shop/machines/web-1/explode", null, 404, "cannot be told to" },
        { "POST", "/v1/applications/shop/machines/web-1/start", "{", 400, "is not what" },
        { "POST", "/v1/applications/shop/machines/web-1/exec", "{}", 400, "is a stream" },
        { "POST", "/v1/applications/shop/run", """{"service":"web"}""", 400, "is a stream" },
        { "POST", "/v1/applications/shop/bill", null, 404, "there is no application shop" },
        { "POST", "/v1/applications/SHOP/bill", "{}", 400, "is not the name of an application" },
        { "POST", "/v1/applications/shop/bill", """{"by":"Hour"}""", 400, "$.by" },
        { "POST", "/v1/applications/shop/bill", """{"pricesName":"none"}""", 404, "there is no price list none" },
        { "POST", "/v1/applications/shop/bill", """{"priceText":"{\n  7","priceFile":"own.json"}""", 400, "own.json:2:3: " },
        { "DELETE", "/v1/images", null, 400, "which image" },
        { "DELETE", "/v1/images?reference=nope", null, 404, "there is no image nope" },
        { "POST", "/v1/images/pull", """{"reference":7}""", 400, "$.reference" },
        { "GET", "/nowhere", null, 404, "there is nothing at /nowhere" },
        { "POST", "/v1/version", "{}", 405, "does not know POST" },
        { "PATCH", "/v1/applications/shop", "{}", 405, "does not know PATCH" },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task A_wrong_request_is_told_what_is_wrong(string method, string path, string? body, int status, string says)
    {
        var (answered, text) = await Daemon.SendAsync(new HttpMethod(method), path, body);

        Assert.True(answered == status, $"{answered}: {text}");
        var error = JsonSerializer.Deserialize(text, ApiJson.Default.ApiError)!;
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.NotEqual(ErrorCode.Internal, error.Code);
    }

    [Fact]
    public async Task A_huge_body_is_refused_before_it_is_read()
    {
        string head = "PUT /v1/applications/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n";

        string answer = await Daemon.SendRawAsync(Encoding.ASCII.GetBytes(head + "{\"application\":"), complete: text => text.Contains('}', StringComparison.Ordinal));

        Assert.StartsWith("HTTP/1.1 400", answer, StringComparison.Ordinal);
        Assert.Contains("too large", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\0\0\0\0\r\n\r\n")]
    [InlineData("GET\r\n\r\n")]
    [InlineData("GET /v1/version HTTP/9.9\r\n\r\n")]
    [InlineData("GET /v1/version HTTP/1.1\r\n\r\n")]
    [InlineData("GET ../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("POST /v1/images/pull HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public async Task Bytes_that_are_no_request_are_refused(string bytes)
    {
        string answer = await Daemon.SendRawAsync(Encoding.ASCII.GetBytes(bytes));

        Assert.True(answer.StartsWith("HTTP/1.1 400", StringComparison.Ordinal) || answer.StartsWith("HTTP/1.1 505", StringComparison.Ordinal), $"the answer was \"{answer}\"");
    }

    [Fact]
    public async Task Random_bytes_never_end_the_daemon()
    {
        var random = new Random(20261124);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = new byte[random.Next(1, 2000)];
            random.NextBytes(bytes);
            if (round % 2 == 0)
            {
                byte[] head = Encoding.ASCII.GetBytes("PUT /v1/applications/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
                head.AsSpan(0, Math.Min(head.Length, bytes.Length)).CopyTo(bytes);
            }

            string answer = await Daemon.SendRawAsync(bytes, leave: true);
            Assert.False(answer.StartsWith("HTTP/1.1 500", StringComparison.Ordinal), $"seed 20261124, round {round}: {answer}");
        }

        Assert.Equal(200, (await Daemon.SendAsync(HttpMethod.Get, "/v1/version")).Status);
    }

    [Fact]
    public async Task A_second_daemon_on_the_same_folders_is_refused()
    {
        var (code, error) = await Daemon.StartSecondAsync();

        Assert.Equal(1, code);
        Assert.Contains("belongs to another figmentd", error, StringComparison.Ordinal);
        Assert.Equal(200, (await Daemon.SendAsync(HttpMethod.Get, "/v1/version")).Status);
    }
}
