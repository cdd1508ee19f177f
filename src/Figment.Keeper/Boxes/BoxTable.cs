using Figment.Keeper.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;
using Figment.Linux.UnixSockets;
using Figment.Model.Control;

namespace Figment.Keeper.Boxes;

/// <summary>
/// All boxes of an application. It tells what a box says, that one ended without a last word (while its control groups are still there), and that one is gone.
/// A thread per box listens to it and posts what it says to the loop; everything else is on the loop's thread.
/// </summary>
internal sealed class BoxTable(EventLoop loop, Log log, MachineGroups groups, Action<Box, BoxMessage, IReadOnlyList<Descriptor>> said, Action<Box> lost, Action<Box> gone) : IDisposable
{
    /// <summary>A box reads at once; one that does not for so long hangs, and must not hang the application with it.</summary>
    private static readonly TimeSpan SendMax = TimeSpan.FromSeconds(2);

    /// <summary>Process and channel end together, within milliseconds; whichever is alone for so long is not waited for.</summary>
    private const long EndTogetherMs = 2_000;

    /// <summary>Who traces a process that was killed, and listens, has heard of its end by then.</summary>
    private const long TracedMs = 500;

    /// <summary>The listening threads only wait and parse lines.</summary>
    private const int StackBytes = 256 * 1024;

    private const int SIGKILL = 9;

    private readonly Dictionary<long, Box> _boxes = [];

    public bool Any => _boxes.Count > 0;

    public Box? Find(long? id) => id is { } number ? _boxes.GetValueOrDefault(number) : null;

    public Box Add(long id, string machine, StartedBox started)
    {
        UnixSocket.LimitSend(started.Channel, SendMax);
        return Add(id, machine, new LineChannel(started.Channel, ControlJson.LineBytesMax), started);
    }

    public Box Add(long id, string machine, LineChannel channel, StartedBox started)
    {
        var box = new Box(id, machine, channel, started.Process, started.IsChild);
        _boxes.Add(id, box);
        if (box.Process is { } process)
        {
            box.Token = loop.Watch(process.Descriptor, () => Ended(box));
        }

        new Thread(() => Listen(box), StackBytes) { IsBackground = true, Name = $"box {machine}" }.Start();
        return box;
    }

    /// <summary>False if the box cannot be told; then it is killed, and goes as such.</summary>
    public bool Send(Box box, BoxMessage message, params ReadOnlySpan<int> descriptors)
    {
        try
        {
            box.Send(message, descriptors);
            return true;
        }
        catch (LinuxException exception)
        {
            // EPIPE: it is ending by itself, which is about to be noticed.
            if (exception.Error != Errno.EPIPE)
            {
                log.Write($"{box.Machine}: its box does not take {message.GetType().Name} ({exception.Message}) and is killed");
            }

            Kill(box);
            return false;
        }
    }

    public void Kill(Box box)
    {
        if (box.IsGone)
        {
            return;
        }

        box.Process?.Signal(SIGKILL);
        if (box.Process is null)
        {
            UnixSocket.ShutDown(box.Channel.Socket);
        }
    }

    /// <summary>Hears no more; the boxes go on.</summary>
    public void Dispose()
    {
        foreach (var box in _boxes.Values)
        {
            UnixSocket.ShutDown(box.Channel.Socket);
        }
    }

    private void Listen(Box box)
    {
        try
        {
            while (box.Channel.Receive(ControlJson.Default.BoxMessage, out var descriptors) is { } message)
            {
                loop.Post(() => Heard(box, message, descriptors));
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or LinuxException)
        {
            log.Write($"{box.Machine}: its box says what nobody understands ({exception.Message}) and is killed");
            loop.Post(() => Kill(box));
        }

        loop.Post(() => Closed(box));
    }

    private void Heard(Box box, BoxMessage message, IReadOnlyList<Descriptor> descriptors)
    {
        switch (message)
        {
            case BoxMessage.MemoryMissing missing when descriptors is [var faults]:
                Drop(box, missing.Number);
                box.Faults.Add(missing.Number, faults);
                break;
            case BoxMessage.MemoryComplete complete:
                Drop(box, complete.Number);
                break;
            default:
                box.HasSaidLast |= message is BoxMessage.Exited or BoxMessage.StartFailed or BoxMessage.Checkpointed { GoesOn: false } or BoxMessage.Departed;
                said(box, message, descriptors);
                break;
        }
    }

    private static void Drop(Box box, long faults)
    {
        if (box.Faults.Remove(faults, out var dropped))
        {
            dropped.Dispose();
        }
    }

    private void Closed(Box box)
    {
        box.HasClosed = true;
        if (box.Process is null)
        {
            box.HasEnded = true;
        }
        else if (!box.HasEnded)
        {
            loop.Schedule(loop.NowMs + EndTogetherMs, () => Kill(box));
        }

        Finish(box);
    }

    private void Ended(Box box)
    {
        loop.Unwatch(box.Process!.Descriptor, box.Token!.Value);
        box.HasEnded = true;
        if (box.IsChild)
        {
            box.Process.TryReap();
        }

        // A program that kept the box's end of the pair would hold the channel open.
        loop.Schedule(loop.NowMs + EndTogetherMs, () =>
        {
            if (!box.HasClosed)
            {
                UnixSocket.ShutDown(box.Channel.Socket);
            }
        });
        Finish(box);
    }

    private void Finish(Box box)
    {
        if (box is not { HasClosed: true, HasEnded: true, IsGone: false, Outliving: 0 })
        {
            return;
        }

        if (!box.HasSaidLast)
        {
            EndSession(box);
            EndOutliving(box);
            if (box.Outliving > 0)
            {
                return;
            }

            lost(box);
            groups.Remove(box.Machine);
        }

        foreach (long faults in box.Faults.Keys.ToList())
        {
            Drop(box, faults);
        }

        box.IsGone = true;
        _boxes.Remove(box.Id);
        box.Channel.Dispose();
        box.Process?.Dispose();
        gone(box);
    }

    /// <summary>The machine is gone, and its ports are free, when the last of its processes has ended.</summary>
    private void EndOutliving(Box box)
    {
        var outliving = groups.Kill(box.Machine).ToDictionary(process => process.Pid);
        if (outliving.Count > 0)
        {
            EndTracers(box, outliving.Keys);
        }

        foreach (var process in outliving.Values.ToList())
        {
            box.Outliving++;
            ulong token = 0;
            token = loop.Watch(process.Descriptor, () =>
            {
                loop.Unwatch(process.Descriptor, token);
                outliving.Remove(process.Pid);
                process.Dispose();
                box.Outliving--;
                Finish(box);
            });
        }
    }

    /// <summary>A CRIU that ends with its box leaves the children by which it tries what the kernel can.</summary>
    private void EndSession(Box box)
    {
        foreach (int pid in box.Process is { } process ? Session.Kill(process.Pid) : [])
        {
            log.Write($"{box.Machine}: process {pid} of its box, which was killed, is killed");
        }
    }

    /// <summary>Who traces the machine's processes, a debugger or a CRIU of its own, may wait for one thread while the others wait for it.</summary>
    private void EndTracers(Box box, IReadOnlyCollection<int> outliving) => loop.Schedule(loop.NowMs + TracedMs, () =>
    {
        if (outliving.Count > 0)
        {
            foreach (int tracer in outliving.SelectMany(Tracers.Kill))
            {
                log.Write($"{box.Machine}: process {tracer}, which traced it and did not let it end, is killed");
            }

            EndTracers(box, outliving);
        }
    });
}
