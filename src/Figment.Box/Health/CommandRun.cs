using System.Text;
using Figment.Box.Launching;
using Figment.Linux.Children;
using Figment.Linux.Files;
using Figment.Linux.Polling;
using Figment.Linux.Streams;

namespace Figment.Box.Health;

/// <summary>Runs a command in the machine to its end, or kills it at its time-out. The calling thread waits.</summary>
internal static class CommandRun
{
    /// <summary>As much as Docker keeps of a check's output.</summary>
    private const int OutputBytesMax = 4096;
    private const int SIGKILL = 9;
    private const ulong ProcessToken = 0;

    public static CommandResult Run(MachineExec exec, ExecPlan plan, TimeSpan timeout, TimeProvider time)
    {
        try
        {
            var (process, streams) = exec.Start(plan);
            using (process)
            using (streams)
            using (var epoll = new Epoll())
            {
                Descriptor[] outputs = [streams.OutputReader, streams.ErrorReader!];
                epoll.Add(process.Descriptor, PollEvents.Readable, ProcessToken);
                epoll.Add(outputs[0], PollEvents.Readable, 1);
                epoll.Add(outputs[1], PollEvents.Readable, 2);
                var output = new MemoryStream();
                bool ended = Wait(epoll, outputs, output, timeout, time);
                if (!ended)
                {
                    ProcessGroup.Signal(process.Pid, SIGKILL);
                }

                var exit = process.Wait();
                Array.ForEach(outputs, stream => Read(stream, output));
                string text = Encoding.UTF8.GetString(output.GetBuffer(), 0, (int)output.Length);
                return ended ? new CommandResult(exit.Code, text) : new CommandResult(null, $"did not end within {timeout.TotalSeconds} s: {text}");
            }
        }
        catch (LaunchFailedException exception)
        {
            return new CommandResult(null, exception.Message);
        }
    }

    private static bool Wait(Epoll epoll, Descriptor[] outputs, MemoryStream output, TimeSpan timeout, TimeProvider time)
    {
        List<(ulong Token, PollEvents Events)> ready = [];
        long start = time.GetTimestamp();
        while (timeout - time.GetElapsedTime(start) is { Ticks: > 0 } left)
        {
            epoll.Wait((int)Math.Min(int.MaxValue, Math.Ceiling(left.TotalMilliseconds)), ready);
            foreach (var (token, _) in ready)
            {
                if (token == ProcessToken)
                {
                    return true;
                }

                var stream = outputs[token - 1];
                if (!Read(stream, output))
                {
                    epoll.Remove(stream);
                }
            }
        }

        return false;
    }

    /// <summary>False at the end of the stream.</summary>
    private static bool Read(Descriptor stream, MemoryStream output)
    {
        Span<byte> chunk = stackalloc byte[OutputBytesMax];
        while (NonBlocking.TryRead(stream, chunk) is var count && count >= 0)
        {
            if (count == 0)
            {
                return false;
            }

            output.Write(chunk[..(int)Math.Min(count, OutputBytesMax - output.Length)]);
        }

        return true;
    }
}
