using Figment.Box.Control.Text;
using Figment.Box.Diagnostics;
using Figment.Linux.Files;
using Figment.Linux.Memory;
using Figment.Linux.Sockets;
using Figment.Model.Control;

namespace Figment.Box.Supervision;

/// <summary>The process <c>figment-box</c>: reads what to launch from the socket that is its standard input, and runs it.</summary>
internal static class BoxProcess
{
    /// <summary>What a start allocates, and the first trapped calls.</summary>
    private const int StartBytes = 704 * 1024;

    /// <returns>0 after the program ended or when there is none to start, 1 if it could not be started, 2 if this process was started wrongly.</returns>
    public static int Run(TimeProvider time)
    {
        PresentMemory.Allocations(StartBytes);
        var log = new BoxLog(time);
        var channel = new LineChannel(TakeStandardInput(), ControlJson.LineBytesMax);
        BoxMessage? first;
        IReadOnlyList<Descriptor> descriptors;
        try
        {
            first = channel.Receive(out descriptors) is { } line ? BoxText.Read(line) : null;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            log.Warn($"standard input is not a keeper's socket: {exception.Message}; figment-box is started by figment-keeper only");
            return 2;
        }

        if (first is null)
        {
            // It was kept ready, and its keeper has ended.
            return 0;
        }

        if (first is not BoxMessage.Launch launch || descriptors is not [var network, var generation, var parcel])
        {
            log.Warn("the first line is not a launch with its descriptors; figment-box is started by figment-keeper only");
            return 2;
        }

        log.MoveTo(Path.Combine(launch.RuntimeDirectory, "box.log"));
        using var supervisor = new MachineSupervisor(launch, network, generation, Parcel.Open(parcel), log, time);
        return supervisor.Run(channel);
    }

    /// <summary>Moves the socket away from the standard numbers and fills these, so that no descriptor of a program is ever one of them.</summary>
    private static Descriptor TakeStandardInput()
    {
        using var input = new Descriptor(0);
        var socket = FileCalls.Duplicate(input);
        input.Dispose();
        while (true)
        {
            var filler = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
            if (filler.Number > 2)
            {
                filler.Dispose();
                return socket;
            }

            filler.Release();
        }
    }
}
