using Figment.Api.Contract;
using Figment.Cli.Hosting;
using Figment.Linux.Consoles;
using Spectre.Console;

namespace Figment.Cli.Output;

/// <summary>The table of <c>top</c> on a terminal, drawn anew with each sample. Keys are read on a thread of their own, for read(2) on a terminal cannot be cancelled.</summary>
internal sealed class TopScreen(CliContext context, Interruption interruption)
{
    private const int KeysMax = 64;

    private volatile TopSort _sort = TopSort.Cpu;

    /// <returns>When the user leaves: with q, or with Ctrl-C, which is no failure here.</returns>
    public async Task<int> ShowAsync(Func<CancellationToken, Task<TopView>> sample, TimeSpan interval, TopSort sort, CancellationToken cancellationToken)
    {
        _sort = sort;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var keys = context.Console.InputIsTerminal ? RawMode.EnterKeys(0) : null;
        using var pressed = new SemaphoreSlim(0);
        if (keys is not null)
        {
            interruption.BeforeEnd(keys.Dispose);
            new Thread(() => ReadKeys(leaving, pressed)) { IsBackground = true, Name = "keys" }.Start();
        }

        try
        {
            await DrawAsync(sample, interval, pressed, leaving.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            // Left.
        }

        return ExitCodes.Ok;
    }

    private Task DrawAsync(Func<CancellationToken, Task<TopView>> sample, TimeSpan interval, SemaphoreSlim pressed, CancellationToken leaving)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(context.Out), Ansi = AnsiSupport.Yes, ColorSystem = ColorSystemSupport.NoColors, Interactive = InteractionSupport.Yes });
        return console.Live(new Text("...")).AutoClear(false).StartAsync(async display =>
        {
            var before = await sample(leaving).ConfigureAwait(false);
            var after = before;
            long taken = context.Time.GetTimestamp();
            while (true)
            {
                // A key only sorts what is there: rates over less than an interval would measure the measuring.
                var rest = interval - context.Time.GetElapsedTime(taken);
                if (rest <= TimeSpan.Zero || !await pressed.WaitAsync(rest, leaving).ConfigureAwait(false))
                {
                    (before, after) = (after, await sample(leaving).ConfigureAwait(false));
                    taken = context.Time.GetTimestamp();
                }

                var text = new StringWriter { NewLine = "\n" };
                TopTable.Write(text, TopReport.Between(before, after, _sort), Palette.None);
                display.UpdateTarget(new Text(text.ToString().TrimEnd('\n')));
                display.Refresh();
            }
        });
    }

    private void ReadKeys(CancellationTokenSource leaving, SemaphoreSlim pressed)
    {
        byte[] buffer = new byte[KeysMax];
        try
        {
            int count;
            while ((count = context.RawInput.Read(buffer)) > 0)
            {
                foreach (byte key in buffer.AsSpan(0, count))
                {
                    switch ((char)key)
                    {
                        case 'q' or 'Q':
                            leaving.Cancel();
                            return;
                        case 'c' or 'C':
                            _sort = TopSort.Cpu;
                            break;
                        case 'm' or 'M':
                            _sort = TopSort.Memory;
                            break;
                        case 'n' or 'N':
                            _sort = TopSort.Name;
                            break;
                        case 's' or 'S':
                            _sort = TopSort.State;
                            break;
                        default:
                            continue;
                    }

                    pressed.Release();
                }
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // The terminal is gone, or the table is.
        }
    }
}
