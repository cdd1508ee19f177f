using System.Diagnostics;

namespace Figment.Bench.Sides;

/// <summary>A client that stays: asks when it is told to, and tells how long the answer took, in microseconds.</summary>
internal sealed class Asker : IDisposable
{
    private readonly Process _process;

    public Asker(IReadOnlyList<string> command) =>
        _process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardInput = true, RedirectStandardOutput = true })!;

    /// <param name="how"><c>old</c>: on the connection that was opened; <c>new</c>: on one of its own.</param>
    /// <param name="cancellation">Ends the wait.</param>
    public async Task<double> AskAsync(string how, CancellationToken cancellation) => BenchFolder.ParseTime(await TellAsync(how, cancellation));

    /// <summary>The connection for what is asked on an old one.</summary>
    public async Task OpenAsync(CancellationToken cancellation) => await TellAsync("open", cancellation);

    /// <summary>A line to it.</summary>
    /// <returns>Its answer.</returns>
    public async Task<string> TellAsync(string line, CancellationToken cancellation)
    {
        await _process.StandardInput.WriteLineAsync(line.AsMemory(), cancellation);
        await _process.StandardInput.FlushAsync(cancellation);
        return await _process.StandardOutput.ReadLineAsync(cancellation) ?? throw new IOException("the client has ended");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
