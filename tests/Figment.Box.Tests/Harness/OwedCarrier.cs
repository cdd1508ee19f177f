using Figment.Linux.Errors;
using Figment.Migration.Lazy;
using Figment.Model.Control;

namespace Figment.Box.Tests.Harness;

/// <summary>Carries memory that a machine is owed from the box that it left to the one that it came to, as their nodes' daemons do.</summary>
internal sealed class OwedCarrier : IDisposable
{
    private const byte Input = 0;
    private const int Output = 1;
    private const byte Error = 2;
    private const int Exit = 4;

    private readonly StreamClient _from;
    private readonly StreamClient _to;
    private readonly Thread _thread;
    private int _pages;

    /// <param name="from">The box that it left.</param>
    /// <param name="to">The box that it came to.</param>
    public OwedCarrier(TestBox from, TestBox to)
    {
        _from = StreamClient.Open(from, new StreamRequest.Owed());
        Assert.Null(_from.Reply.Error);
        _to = StreamClient.Open(to, new StreamRequest.Feed(), StreamRequest.Feed.SocketName);
        Assert.Null(_to.Reply.Error);
        _thread = new Thread(RunToEnd) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>How many it has carried.</summary>
    public int Pages => Volatile.Read(ref _pages);

    /// <summary>The box that it came to has said that nothing is missing.</summary>
    public bool IsOver { get; private set; }

    /// <summary>So many pages are carried, and no more.</summary>
    public int PagesMax { get; init; } = int.MaxValue;

    /// <summary>The box that it left is told that the other has all.</summary>
    public void Finish()
    {
        Wait.Until(() => IsOver, "nothing is missing");
        _from.Send(Input, []);
    }

    /// <summary>Whoever carries it dies.</summary>
    public void Dispose()
    {
        _to.Shut();
        _from.Shut();
        _thread.Join();
        _to.Dispose();
        _from.Dispose();
    }

    private void RunToEnd()
    {
        try
        {
            Run();
        }
        catch (LinuxException)
        {
            // One of the two has gone.
        }
    }

    private void Run()
    {
        while (Pages < PagesMax && _to.TryReadFrame() is var (kind, asked))
        {
            if (kind == Exit)
            {
                IsOver = true;
                return;
            }

            _from.Send(Input, asked);
            if (_from.TryReadFrame() is not (Output, var answer))
            {
                _to.Send(Error, "the box that has it is gone"u8);
                return;
            }

            Interlocked.Add(ref _pages, OwedText.ReadAsk(asked).Pages);
            _to.Send(Input, answer);
        }
    }
}
