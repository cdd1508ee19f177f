using Figment.Keeper.Lifecycle;
using Figment.Linux.Errors;
using Figment.Linux.Processes;
using Figment.Linux.Sockets;
using Figment.Linux.UnixSockets;
using Figment.Model;
using Figment.Model.Control;

namespace Figment.Keeper.Boxes;

/// <summary>Finds the boxes that an earlier keeper left running: each listens on <c>box.sock</c> in its machine's runtime folder.</summary>
internal static class BoxAdoption
{
    /// <summary>A box answers from memory.</summary>
    private static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(2);

    /// <summary>A box that answered, with the channel it answered on.</summary>
    internal sealed record Found(BoxMessage.Report Report, LineChannel Channel, StartedBox Started);

    public static IReadOnlyList<Found> Find(string runtimeDirectory, long epoch, Log log)
    {
        string folder = Path.Combine(runtimeDirectory, "machines");
        if (!Directory.Exists(folder))
        {
            return [];
        }

        var found = new List<Found>();
        foreach (string machine in Directory.EnumerateDirectories(folder).Order(StringComparer.Ordinal).Select(path => Path.GetFileName(path)!))
        {
            string socket = Path.Combine(Places.MachineRuntime(runtimeDirectory, machine), "box.sock");
            if (File.Exists(socket) && Adopt(machine, socket, epoch, log) is { } box)
            {
                found.Add(box);
            }
        }

        return found;
    }

    private static Found? Adopt(string machine, string path, long epoch, Log log)
    {
        LineChannel? channel = null;
        try
        {
            var socket = UnixSocket.Connect(path);
            channel = new LineChannel(socket, ControlJson.LineBytesMax);
            UnixSocket.LimitSend(socket, AnswerMax);
            UnixSocket.LimitReceive(socket, AnswerMax);
            channel.Send(new BoxMessage.Hello { Epoch = epoch }, ControlJson.Default.BoxMessage);
            if (channel.Receive(ControlJson.Default.BoxMessage, out _) is not BoxMessage.Report report)
            {
                throw new InvalidDataException("it did not answer with a report");
            }

            UnixSocket.LimitReceive(socket, TimeSpan.Zero);
            var process = Pidfd.Open(report.BoxPid);
            log.Write($"{machine}: adopted box {report.BoxPid}");
            return new Found(report, channel, new StartedBox(socket, process, IsChild: false));
        }
        catch (Exception exception) when (exception is LinuxException or InvalidDataException)
        {
            // Its process is gone, or so broken that its machine counts as lost.
            log.Write($"{machine}: no box answers at {path}: {exception.Message}");
            channel?.Dispose();
            return null;
        }
    }
}
