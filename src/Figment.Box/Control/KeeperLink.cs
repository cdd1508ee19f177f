using Figment.Box.Control.Text;
using Figment.Box.Diagnostics;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Sockets;
using Figment.Model.Control;

namespace Figment.Box.Control;

/// <summary>The conversation with the keeper, or with the one that came after it. Messages sent while there is none are lost: a new keeper is told by a report, and the last word waits for one. Any thread may send.</summary>
internal sealed class KeeperLink(BoxLog log)
{
    /// <summary>Pulsed when a keeper comes.</summary>
    private readonly object _lock = new();
    private LineChannel? _channel;

    /// <summary>Called with each message, on the receiving thread of its keeper.</summary>
    public required Action<BoxMessage, IReadOnlyList<Descriptor>> Received { get; init; }

    /// <summary>A keeper came or went.</summary>
    public required Action<bool> Changed { get; init; }

    public void Send(BoxMessage message) => Send(message, []);

    /// <param name="message">Said.</param>
    /// <param name="descriptors">Sent with it; they stay the caller's.</param>
    public void Send(BoxMessage message, ReadOnlySpan<int> descriptors)
    {
        lock (_lock)
        {
            try
            {
                _channel?.Send(BoxText.Write(message).Span, descriptors);
            }
            catch (LinuxException exception) when (exception.Error is Errno.EPIPE or Errno.ECONNRESET)
            {
                // Its receiving thread sees the end too and forgets it.
                log.Warn($"the keeper is gone, not told: {message.GetType().Name}");
            }
        }
    }

    /// <summary>This one is the keeper from now on, the former is not.</summary>
    /// <param name="channel">Owned from now on.</param>
    /// <param name="first">Sent before anything else.</param>
    public void Adopt(LineChannel channel, BoxMessage? first)
    {
        lock (_lock)
        {
            if (first is not null)
            {
                channel.Send(BoxText.Write(first).Span);
            }

            _channel = channel;
            Monitor.PulseAll(_lock);
        }

        var thread = new Thread(() => Receive(channel)) { IsBackground = true, Name = "keeper" };
        thread.Start();
        Changed(true);
    }

    /// <summary>For what the next keeper could not know otherwise: waits until there is one.</summary>
    public void Await(TimeSpan patience)
    {
        lock (_lock)
        {
            if (_channel is null && !Monitor.Wait(_lock, patience))
            {
                log.Warn("no keeper has come to be told how the machine ended");
            }
        }
    }

    /// <summary>What a keeper that was replaced still says no longer counts.</summary>
    private bool IsCurrent(LineChannel channel)
    {
        lock (_lock)
        {
            return _channel == channel;
        }
    }

    private void Receive(LineChannel channel)
    {
        try
        {
            while (channel.Receive(out var descriptors) is { } line && IsCurrent(channel))
            {
                Received(BoxText.Read(line), descriptors);
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or LinuxException)
        {
            log.Warn($"the keeper's line is of no use any more: {exception.Message}");
        }

        bool lost;
        lock (_lock)
        {
            lost = _channel == channel;
            if (lost)
            {
                _channel = null;
            }
        }

        channel.Dispose();
        if (lost)
        {
            Changed(false);
        }
    }
}
