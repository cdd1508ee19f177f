using Figment.Linux.Errors;
using Figment.Linux.Files;
using Figment.Linux.Memory;
using Figment.Linux.Polling;
using Figment.Linux.Sockets;
using Figment.Linux.Unix;
using Figment.Migration.Criu;
using Figment.Migration.Images;

namespace Figment.Migration.Lazy;

/// <summary>
/// Gives the processes of a restore their memory when they touch it, and meanwhile all the rest, on a thread of its own, until nothing is missing. What it cannot give is not made up: see the callback.
/// While this object is there none of them gets zeros for a page that is missing; so it is disposed when they have ended. Any thread.
/// </summary>
public sealed class LazyPages : IDisposable
{
    /// <summary>CRIU's name for it, in the folder of the images.</summary>
    private const string SocketName = "lazy-pages.socket";

    private const ulong ListenerToken = 0;
    private const ulong WakeToken = 1;
    private const ulong RestoreToken = 2;

    private readonly LazyMemory _memory;
    private readonly Action<string> _fail;
    private readonly IFaultHolder? _holder;
    private readonly TimeProvider _time;
    private readonly UnixListener _listener;
    private readonly Epoll _epoll = new();
    private readonly EventDescriptor _wake = new();
    private readonly CancellationTokenSource _broken = new();
    private readonly TaskCompletionSource<LazyReport> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;

    // The thread's.
    private readonly LazyProtocol _protocol = new();
    private readonly List<Descriptor> _received = [];
    private readonly List<(ulong Token, PollEvents Events)> _ready = [];
    private readonly Dictionary<ulong, LazyProcess> _processes = [];
    private readonly byte[] _buffer = new byte[LazyLimits.FillBytes];
    private Descriptor? _restore;
    private ulong _tokens = RestoreToken;
    private long _touched;
    private bool _isFinished;
    private bool _isFilling;
    private long _cameAt;

    /// <summary>When the rest began to come; 0: it may not yet.</summary>
    private long _fillsSince;

    private volatile bool _isHeldBack;
    private volatile bool _isStopped;
    private volatile string? _failure;

    private LazyPages(string images, LazyMemory memory, Action<string> fail, IFaultHolder? holder, TimeProvider time)
    {
        (_memory, _fail, _holder, _time) = (memory, fail, holder, time);
        _listener = new UnixListener(Path.Combine(images, SocketName));
        _epoll.Add(_listener.Descriptor, PollEvents.Readable, ListenerToken);
        _epoll.Add(_wake.Descriptor, PollEvents.Readable, WakeToken);
        _memory.Owed?.Begin(_wake.Set);
        _thread = new Thread(Run) { IsBackground = true, Name = "lazy pages" };
    }

    /// <summary>Done when nothing is missing; cancelled when there is a failure, or this is disposed before.</summary>
    public Task<LazyReport> Done => _done.Task;

    /// <summary>Why a page could not be given; null: none was missing so far.</summary>
    public string? Failure => _failure;

    /// <summary>The failure is that memory which was to come is nowhere any more.</summary>
    public bool IsLost { get; private set; }

    /// <summary>By which comes what is still where the machine came from; null: all is here.</summary>
    public OwedPages? Owed => _memory.Owed;

    /// <summary>Cancelled when there is a failure.</summary>
    internal CancellationToken Broken => _broken.Token;

    /// <summary>Listens from now on.</summary>
    /// <param name="images">As CRIU is to read them; see <see cref="LazyMemory.Mark"/>.</param>
    /// <param name="memory">Is this object's from now on.</param>
    /// <param name="fail">Called on its thread with the reason when a page cannot be given: the processes are to be ended, they would hang for ever. It disposes nothing.</param>
    /// <param name="holder">Outlives this process; null: who kills it has the processes read zeros until they have ended.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="LinuxException">It cannot listen there.</exception>
    public static LazyPages Listen(string images, LazyMemory memory, Action<string> fail, IFaultHolder? holder, TimeProvider time)
    {
        try
        {
            var pages = new LazyPages(images, memory, fail, holder, time);
            pages._thread.Start();
            return pages;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>All processes are there, though none goes on yet: the rest of their memory may come.</summary>
    public void Begin()
    {
        Interlocked.CompareExchange(ref _fillsSince, _time.GetTimestamp(), 0);
        _wake.Set();
    }

    /// <summary>For tests: only what is touched comes, until it is called again.</summary>
    internal void HoldBack(bool holds)
    {
        _isHeldBack = holds;
        _wake.Set();
    }

    public void Dispose()
    {
        _isStopped = true;
        _wake.Set();
        _thread.Join();
        _memory.Owed?.End();
        _done.TrySetCanceled();
        foreach (var process in _processes.Values)
        {
            Close(process);
        }

        _processes.Clear();
        if (_restore is null)
        {
            _listener.Dispose();
        }

        _restore?.Dispose();
        _epoll.Dispose();
        _wake.Dispose();
        _broken.Dispose();
        _memory.Dispose();
    }

    private void Run()
    {
        try
        {
            while (!_isStopped && !(_isFinished && _processes.Count == 0))
            {
                Serve();
            }
        }
        catch (Exception exception) when (exception is LinuxException or ImageException or IOException or CriuException)
        {
            IsLost = exception is MemoryLostException;
            _failure = $"memory that is missing cannot be given: {exception.Message}";
            _broken.Cancel();
            _fail(_failure);
            _done.TrySetCanceled();
            _memory.Owed?.End();
            return;
        }

        if (!_isStopped)
        {
            _memory.Owed?.End();
            _memory.Dispose();
            _done.TrySetResult(new LazyReport(_memory.Pages, _touched, _time.GetElapsedTime(_fillsSince), _memory.Touched));
        }
    }

    private void Serve()
    {
        bool mayFill = Volatile.Read(ref _fillsSince) != 0 && !_isHeldBack && _processes.Count > 0;
        bool isChanging = _processes.Values.Any(process => process.IsChanging);
        _epoll.Wait(isChanging ? LazyLimits.ChangeMs : mayFill && _isFilling ? 0 : _memory.Owed is null ? Timeout.Infinite : LazyLimits.OwedLookMs, _ready);
        long before = _touched;
        foreach (var (token, _) in _ready)
        {
            On(token);
        }

        _isFilling |= _ready.Count > 0;
        foreach (var process in isChanging ? _processes.Values.Where(process => process.IsChanging).ToList() : [])
        {
            Attend(process);
        }

        Receive();
        if (mayFill)
        {
            Fill(_touched > before ? LazyLimits.TouchedBytes : LazyLimits.FillBytes);
            Ask();
        }
    }

    private void Receive()
    {
        if (_memory.Receive())
        {
            _isFilling = true;
            _cameAt = _time.GetTimestamp();
            foreach (var process in _processes.Values.ToList())
            {
                process.Receive();
            }
        }
        else if (_cameAt == 0 || _memory.Owed is null or { Awaited: 0 })
        {
            _cameAt = _time.GetTimestamp();
        }
        else if (_time.GetElapsedTime(_cameAt) > LazyLimits.OwedPatience)
        {
            throw new IOException($"nothing of it has come from the node that has it for {LazyLimits.OwedPatience.TotalMinutes:0} minutes");
        }
    }

    /// <summary>What nobody waits for.</summary>
    private void Ask()
    {
        while (_memory.Owed is { Awaited: < LazyLimits.OwedPieces } owed && _processes.Values.Select(process => process.Ask()).FirstOrDefault(piece => piece is not null) is { } piece)
        {
            owed.Want(piece, isTouched: false);
        }
    }

    private void On(ulong token)
    {
        switch (token)
        {
            case ListenerToken:
                Accept();
                break;
            case WakeToken:
                _wake.Clear();
                break;
            case RestoreToken:
                Hear(_restore!);
                break;
            default:
                if (_processes.TryGetValue(token, out var process))
                {
                    Attend(process);
                }

                break;
        }
    }

    /// <summary>One restore, once: its folder may go afterwards.</summary>
    private void Accept()
    {
        _restore = _listener.Accept().Socket;
        _epoll.Remove(_listener.Descriptor);
        _listener.Dispose();
        _epoll.Add(_restore, PollEvents.Readable, RestoreToken);
    }

    private void Hear(Descriptor restore)
    {
        Span<byte> bytes = stackalloc byte[_protocol.Wanted];
        _received.Clear();
        int count = DescriptorSocket.Receive(restore, bytes, _received);
        if (count == 0)
        {
            // Of a restore that failed whoever asked for it knows more.
            _epoll.Remove(restore);
            return;
        }

        switch (_protocol.Add(bytes[..count], _received))
        {
            case LazyWord.Process word:
                Add(LazyProcess.Of(word.Number, new MissingPages(word.Faults), _memory, _buffer));
                break;
            case LazyWord.Finished:
                _isFinished = true;
                Begin();
                break;
        }
    }

    private void Add(LazyProcess process)
    {
        _holder?.Hold(process.Descriptor);
        _processes[++_tokens] = process;
        _epoll.Add(process.Descriptor, PollEvents.Readable, _tokens);
    }

    private void Attend(LazyProcess process)
    {
        long before = process.Touched;
        process.Attend(Add);
        _touched += process.Touched - before;
    }

    /// <summary>Some for each: one that has ended meanwhile is known by that, too.</summary>
    private void Fill(int bytes)
    {
        _isFilling = false;
        foreach (var (token, process) in _processes.ToList())
        {
            _isFilling |= process.Fill(bytes);
            if (process.IsComplete && _isFinished)
            {
                _processes.Remove(token);
                _epoll.Remove(process.Descriptor);
                Close(process);
            }
        }
    }

    private void Close(LazyProcess process)
    {
        _holder?.Drop(process.Descriptor);
        process.Dispose();
    }
}
