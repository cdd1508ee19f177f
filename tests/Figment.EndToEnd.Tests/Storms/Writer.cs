using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Figment.EndToEnd.Tests.Storms;

/// <summary>A client that writes values, each another one, to a redis over one connection that it keeps, and remembers what was acknowledged. It is in a machine's network, but no part of the machine.</summary>
internal sealed class Writer : IDisposable
{
    private const string Program = """
        import json, socket, sys, threading, time
        host = sys.argv[1]
        lock = threading.Lock()
        state = dict(list="none", acked=[], asked=None, reconnects=0, gap=0.0, problem=None, lost=None)
        link = None
        def connect():
            global link, answers
            link = socket.create_connection((host, 6379), timeout=100)
            # What it asked may have been acknowledged by the kernel of a machine that was killed then, without a word: its probes find that out. While a machine stands still none is answered either.
            link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, value in (socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 5), (socket.TCP_KEEPCNT, 30):
                link.setsockopt(socket.IPPROTO_TCP, option, value)
            answers = link.makefile("rb")
        class Loading(Exception):
            pass
        def ask(*words):
            while True:
                link.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in map(lambda w: str(w).encode(), words)))
                try:
                    return answer()
                except Loading:
                    # Started anew, it reads what is on storage.
                    time.sleep(0.05)
        def answer():
            line = answers.readline()
            if not line.endswith(b"\r\n"):
                raise ConnectionError("the connection ended")
            if line[:1] == b"-":
                raise Loading() if line.startswith(b"-LOADING") else RuntimeError(line.decode().strip())
            if line[:1] == b":":
                return int(line[1:])
            if line[:1] == b"$":
                return answers.read(int(line[1:]) + 2)[:-2].decode()
            if line[:1] == b"*":
                return [answer() for _ in range(int(line[1:]))]
            return line[1:-2].decode()
        def again():
            state["reconnects"] += 1
            end = time.monotonic() + 120
            while True:
                try:
                    link.close()
                    connect()
                    return
                except OSError as error:
                    if time.monotonic() > end:
                        raise
                    time.sleep(0.05)
        value = 0
        def write():
            global value
            value += 1
            state["asked"] = value
            begun = time.monotonic()
            try:
                length = ask("RPUSH", state["list"], value)
                if state["lost"] is None and length != len(state["acked"]) + 1:
                    state["problem"] = "value %d made the list %d long after %d" % (value, length, len(state["acked"]))
                state["acked"].append(value)
            except (ConnectionError, OSError, ValueError) as error:
                state["lost"] = (state["lost"] or []) + ["%d: %r" % (value, error)]
                again()
            state["gap"] = max(state["gap"], time.monotonic() - begun)
        def run():
            while True:
                with lock:
                    if state["list"] != "none" and state["problem"] is None:
                        try:
                            write()
                        except Exception as error:
                            state["problem"] = repr(error)
                        if state["problem"] is not None:
                            print("the writer stops: %s; %s" % (state["problem"], state["lost"]), file=sys.stderr, flush=True)
                time.sleep(0.002)
        connect()
        threading.Thread(target=run, daemon=True).start()
        print("begun", flush=True)
        for line in sys.stdin:
            word, name = line.split()
            with lock:
                if word == "list":
                    state.update(list=name, acked=[], lost=None, reconnects=0, gap=0.0)
                else:
                    said = dict(acked=len(state["acked"]), reconnects=state["reconnects"], gap=state["gap"], problem=state["problem"], lost=state["lost"])
                    if state["problem"] is None:
                        try:
                            try:
                                there = ask("LRANGE", name, 0, -1)
                            except (ConnectionError, OSError) as error:
                                state["lost"] = said["lost"] = (state["lost"] or []) + ["check: %r" % error]
                                said["reconnects"] += 1
                                again()
                                there = ask("LRANGE", name, 0, -1)
                            acked = state["acked"]
                            known = set(there)
                            missing = [v for v in acked if str(v) not in known]
                            if missing:
                                said["problem"] = "%d of %d acknowledged values are not there, the first is %d; %d are there" % (len(missing), len(acked), missing[0], len(there))
                            elif len(known) != len(there) or there != sorted(there, key=int):
                                said["problem"] = "values are there twice, or in another order"
                            elif state["lost"] is None and len(there) != len(acked):
                                said["problem"] = "%d are there of %d" % (len(there), len(acked))
                            ask("DEL", name)
                        except Exception as error:
                            said["problem"] = "it cannot be read: %r" % error
                    state["list"] = "none"
                    print(json.dumps(said), flush=True)
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(200);

    private readonly Process _process;
    private string _list = "";

    /// <param name="pid">Of a process in the network.</param>
    /// <param name="address">Of redis.</param>
    public Writer(int pid, string address)
    {
        _process = Process.Start(new ProcessStartInfo("nsenter", [$"--net=/proc/{pid}/ns/net", "python3", "-c", Program, address])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Assert.Equal("begun", _process.StandardOutput.ReadLine());
    }

    /// <summary>Writes from now on.</summary>
    public void Begin(int step)
    {
        _list = string.Create(CultureInfo.InvariantCulture, $"w{step}");
        _process.StandardInput.WriteLine("list " + _list);
    }

    /// <summary>Stops, and reads what is there.</summary>
    public async Task<Written> EndAsync()
    {
        await _process.StandardInput.WriteLineAsync("check " + _list);
        string line = await _process.StandardOutput.ReadLineAsync().WaitAsync(Patience) ?? throw new InvalidOperationException("the writer has ended");
        var said = JsonDocument.Parse(line).RootElement;
        return new Written(
            said.GetProperty("acked").GetInt32(),
            said.GetProperty("reconnects").GetInt32(),
            TimeSpan.FromSeconds(said.GetProperty("gap").GetDouble()),
            said.GetProperty("problem").GetString(),
            said.GetProperty("lost").ToString());
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }
}
