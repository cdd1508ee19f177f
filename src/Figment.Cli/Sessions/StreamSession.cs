using System.Runtime.InteropServices;
using Figment.Api.Client;
using Figment.Cli.Hosting;
using Figment.Linux.Consoles;

namespace Figment.Cli.Sessions;

/// <summary>Joins the standard streams with a program's, over frames, until it ends. Input is read on a thread of its own, for read(2) on a terminal cannot be cancelled.</summary>
internal sealed class StreamSession(CliContext context, Interruption interruption)
{
    private const int InputBytes = 32 * 1024;

    /// <summary>SIGWINCH by number (signal(7)), which the runtime takes on every platform.</summary>
    private const PosixSignal WindowChanged = (PosixSignal)28;

    /// <returns>The program's exit code; <see cref="ExitCodes.Ok"/> after the user left.</returns>
    public async Task<int> RunAsync(FrameStream frames, SessionOptions options, CancellationToken cancellationToken)
    {
        using var left = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, left.Token);
        using var raw = options.Tty && options.Stdin && context.Console.InputIsTerminal ? RawMode.Enter(0) : null;
        if (raw is not null)
        {
            interruption.BeforeEnd(raw.Dispose);
        }

        using var resized = options.Tty ? await FollowSizeAsync(frames, stop.Token).ConfigureAwait(false) : null;
        if (options.ForwardSignals)
        {
            interruption.Divert(signal => TrySend(() => frames.WriteSignalAsync(signal, CancellationToken.None)));
        }

        if (options.Stdin)
        {
            new Thread(() => PumpInput(frames, options.CanDetach ? new DetachKeys() : null, left)) { IsBackground = true, Name = "stdin" }.Start();
        }

        try
        {
            return await PumpOutputAsync(frames, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }
        finally
        {
            interruption.Divert(null);
        }
    }

    private async Task<int> PumpOutputAsync(FrameStream frames, CancellationToken cancellationToken)
    {
        try
        {
            while (await frames.ReadAsync(cancellationToken).ConfigureAwait(false) is { } frame)
            {
                switch (frame.Kind)
                {
                    case FrameKind.Stdout:
                        await context.RawOutput.WriteAsync(frame.Payload, cancellationToken).ConfigureAwait(false);
                        break;
                    case FrameKind.Stderr:
                        await context.RawError.WriteAsync(frame.Payload, cancellationToken).ConfigureAwait(false);
                        break;
                    case FrameKind.Exit:
                        return frame.Payload.Span[0];
                    default:
                        throw new InvalidDataException($"the daemon sent a {frame.Kind} frame, which only clients send");
                }
            }
        }
        catch (IOException exception) when (exception is not Figment.Linux.Errors.LinuxException)
        {
            throw new CliException($"the connection to the program broke: {exception.Message}", "figment ps", ExitCodes.RunFailed);
        }

        throw new CliException("the connection to the program ended without its exit code", "figment ps", ExitCodes.RunFailed);
    }

    private void PumpInput(FrameStream frames, DetachKeys? detach, CancellationTokenSource left)
    {
        byte[] buffer = new byte[InputBytes];
        int count;
        do
        {
            count = Read(buffer);
            bool leave = false;
            byte[] keys = detach is null ? buffer[..count] : detach.Filter(buffer.AsSpan(0, count), out leave);
            if (leave)
            {
                left.Cancel();
                return;
            }

            if (count > 0 && keys.Length == 0)
            {
                // Half of the detach keys: an empty frame would mean the end of input.
                continue;
            }

            if (!TrySend(() => frames.WriteAsync(FrameKind.Stdin, keys, CancellationToken.None)))
            {
                return;
            }
        }
        while (count > 0);
    }

    /// <summary>A terminal that is gone (EIO) is the end of input.</summary>
    private int Read(byte[] buffer)
    {
        try
        {
            return context.RawInput.Read(buffer);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static async Task<PosixSignalRegistration?> FollowSizeAsync(FrameStream frames, CancellationToken cancellationToken)
    {
        if ((ConsoleTerminal.Size(1) ?? ConsoleTerminal.Size(0)) is not { } size)
        {
            return null;
        }

        await frames.WriteSizeAsync(size.Columns, size.Rows, cancellationToken).ConfigureAwait(false);
        return PosixSignalRegistration.Create(WindowChanged, _ =>
        {
            if ((ConsoleTerminal.Size(1) ?? ConsoleTerminal.Size(0)) is { } now)
            {
                TrySend(() => frames.WriteSizeAsync(now.Columns, now.Rows, CancellationToken.None));
            }
        });
    }

    /// <summary>False when the connection is over, which the reading side tells the user.</summary>
    private static bool TrySend(Func<ValueTask> send)
    {
        try
        {
            send().AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            return false;
        }
    }
}
