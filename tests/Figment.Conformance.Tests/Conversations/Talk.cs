using System.Diagnostics;
using System.Globalization;
using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests.Conversations;

/// <summary>A client that asks a server on one connection until it is told to end. It is a process in the network of a machine, and no part of it: nothing of Figment carries what it says.</summary>
internal sealed class Talk : IDisposable
{
    private static readonly TimeSpan WordLimit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private Talk(Process process) => _process = process;

    public static string Script => Path.Combine(Repository.Root, "tests", "Figment.Conformance.Tests", "Scenarios", "clients", "conversation.py");

    /// <summary>The first number that it got.</summary>
    public long Begun { get; private set; }

    /// <param name="prefix">Words that bring it into the network.</param>
    /// <param name="server">Who is asked.</param>
    /// <param name="address">Where.</param>
    /// <param name="first">The number that must come first; 0: whatever it is.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public static async Task<Talk> BeginAsync(IReadOnlyList<string> prefix, Server server, string address, long first, CancellationToken cancellation)
    {
        string[] words = [.. prefix, "python3", Script, server.Kind, address, first.ToString(CultureInfo.InvariantCulture)];
        var talk = new Talk(Process.Start(new ProcessStartInfo(words[0], words[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!);
        talk.Begun = long.Parse((await talk.WordAsync("begun", cancellation))[0], CultureInfo.InvariantCulture);
        return talk;
    }

    /// <summary>The number of the last answer.</summary>
    public async Task<long> WhereAsync(CancellationToken cancellation)
    {
        await _process.StandardInput.WriteLineAsync();
        return long.Parse((await WordAsync("at", cancellation))[0], CultureInfo.InvariantCulture);
    }

    public async Task<TalkEnd> EndAsync(CancellationToken cancellation)
    {
        _process.StandardInput.Close();
        string[] words = await WordAsync("ended", cancellation);
        await _process.WaitForExitAsync(cancellation);
        return TalkEnd.Parse(words);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private async Task<string[]> WordAsync(string expected, CancellationToken cancellation)
    {
        string? line = await _process.StandardOutput.ReadLineAsync(cancellation).AsTask().WaitAsync(WordLimit, cancellation);
        return line?.Split(' ') is [var word, .. var rest] && word == expected
            ? rest
            : throw new InvalidOperationException($"the client says \"{line}\" where \"{expected}\" was to come: {await _process.StandardError.ReadToEndAsync(cancellation).WaitAsync(WordLimit, cancellation)}");
    }
}
