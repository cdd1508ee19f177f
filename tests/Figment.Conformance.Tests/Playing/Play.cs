using System.Globalization;
using System.Text;
using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests.Playing;

/// <summary>Plays steps on a stage and writes down what they printed, with machines' names in place of their addresses.</summary>
internal sealed class Play(IStage stage, CancellationToken cancellation)
{
    public const string Client = "client-1";
    private static readonly TimeSpan UntilLimit = TimeSpan.FromSeconds(60);

    private readonly StringBuilder _transcript = new();

    public string Transcript => _transcript.ToString();

    /// <summary>Natively waits until the port is open; see <see cref="IStage.ReadyAsync"/>.</summary>
    public Task ReadyAsync(string machine, int port) => stage.ReadyAsync(machine, port, cancellation);

    /// <summary>Runs a command in the client's machine once and writes down all it printed.</summary>
    public Task RunAsync(params string[] command) => RunInAsync(Client, command);

    public async Task RunInAsync(string machine, params string[] command)
    {
        Outcome outcome = await stage.ExecuteAsync(machine, command, cancellation);
        Write(machine, command, outcome);
    }

    /// <summary>Runs a command in the client's machine again and again until it prints just that, for what the application itself does in the background.</summary>
    public async Task UntilAsync(string expected, params string[] command)
    {
        Outcome? last = null;
        await Deadline.UntilAsync(
            UntilLimit,
            () => $"`{string.Join(' ', command)}` prints\n{expected}\nand last printed, {last}",
            async () =>
            {
                last = await stage.ExecuteAsync(Client, command, cancellation);
                return last.ExitCode == 0 && Named(last.Output).Trim() == expected;
            },
            cancellation);
        Write(Client, command, last!);
    }

    /// <summary>Fetches a page of a published port from outside. Further words are options for curl.</summary>
    public async Task FetchAsync(string service, int port, string path, params string[] options)
    {
        string address = await stage.PublishedAsync(service, port, cancellation);
        Outcome outcome = await stage.ExecuteOutsideAsync(["curl", "-sS", "-m", "60", .. options, $"http://{address}{path}"], cancellation);
        Write("outside", ["curl", .. options, $"http://{service}:{port.ToString(CultureInfo.InvariantCulture)}{path}"], outcome);
    }

    public async Task StopAsync(string machine)
    {
        await stage.StopAsync(machine, cancellation);
        _transcript.Append("stop ").Append(machine).Append('\n');
    }

    public async Task StartAsync(string machine)
    {
        await stage.StartAsync(machine, cancellation);
        _transcript.Append("start ").Append(machine).Append('\n');
    }

    private void Write(string machine, IEnumerable<string> command, Outcome outcome)
    {
        if (outcome.ExitCode != 0)
        {
            throw new InvalidOperationException($"in {machine}: {string.Join(' ', command)}: {outcome}");
        }

        _transcript.Append(machine).Append(" $ ").AppendJoin(' ', command).Append('\n').Append(Named(outcome.Output).TrimEnd()).Append('\n');
    }

    private string Named(string text)
    {
        // The longest first: 10.0.0.2 is the beginning of 10.0.0.21.
        foreach ((string machine, string address) in stage.Addresses.OrderByDescending(entry => entry.Value.Length))
        {
            text = text.Replace(address, $"<{machine}>", StringComparison.Ordinal);
        }

        return text;
    }
}
