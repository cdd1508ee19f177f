using System.Net.Sockets;
using System.Text;

namespace Figment.EndToEnd.Tests.Storms;

/// <summary>One machine of a storm and the client that it has. Only one worker at a time has it.</summary>
internal sealed class StormMachine(int index, int port) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private Socket? _connection;

    public string Service => $"w{index}";

    public string Name => Service + "-1";

    public int Port => port;

    /// <summary>When its connection was made or last carried an answer: what has ended since then may have cut it.</summary>
    public DateTimeOffset HeardAt { get; private set; }

    public bool IsRedis => index % 3 != 2;

    /// <summary>redis is frozen between requests; memcached wakes once a second by itself and never is. Every second one of each restarts by itself.</summary>
    public string Compose => $$"""
          {{Service}}:
            command: {{(IsRedis ? "redis-server --save \"\" --protected-mode no" : "memcached -u nobody -m 16 -t 1")}}
            ports: ["127.0.0.1:{{port}}:{{(IsRedis ? 6379 : 11211)}}"]
            {{(index % 2 == 0 ? "restart: always" : "restart: \"no\"")}}
            x-figment: { root: host, idle: { freeze-after: 300ms } }

        """;

    /// <summary>On the connection there was, or on a new one. Null: it was answered; else how it was refused. An answer that is wrong, and none at all, is an error.</summary>
    public async Task<string?> AskAsync(bool isNew)
    {
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[256];
        try
        {
            if (isNew || _connection is null)
            {
                Hangup();
                HeardAt = TimeProvider.System.GetUtcNow();
                _connection = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await _connection.ConnectAsync("127.0.0.1", port, patience.Token);
            }

            await _connection.SendAsync(Encoding.ASCII.GetBytes(IsRedis ? "PING\r\n" : "version\r\n"), patience.Token);
            int count = await _connection.ReceiveAsync(buffer, patience.Token);
            if (count == 0)
            {
                Hangup();
                return "the connection was closed";
            }

            string answer = Encoding.ASCII.GetString(buffer, 0, count);
            Assert.StartsWith(IsRedis ? "+PONG" : "VERSION", answer, StringComparison.Ordinal);
            HeardAt = TimeProvider.System.GetUtcNow();
            return null;
        }
        catch (SocketException exception)
        {
            Hangup();
            return exception.SocketErrorCode.ToString();
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{Name}: neither answered nor refused within {Patience.TotalSeconds} s");
        }
    }

    public void Hangup()
    {
        _connection?.Dispose();
        _connection = null;
    }

    public void Dispose() => Hangup();
}
