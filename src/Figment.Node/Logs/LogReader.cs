using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Figment.Api.Contract;

namespace Figment.Node.Logs;

/// <summary>Reads a machine's <c>log.jsonl</c> and its rotated predecessors (<c>.1</c> is the newest of these).</summary>
public sealed class LogReader(TimeProvider time)
{
    /// <summary>How often a followed log is looked at. inotify would need an instance for each reader, of which a user has 128.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    /// <summary>Rotated files looked for; a service may ask for fewer.</summary>
    private const int RotatedMax = 100;

    /// <summary>Boxes split lines well below this; a longer one is no log line.</summary>
    private const int LineCharactersMax = 1 << 20;

    /// <param name="folder">The machine's state folder.</param>
    /// <param name="query">What of it.</param>
    /// <param name="cancellation">Ends a follower.</param>
    public async IAsyncEnumerable<LogLine> ReadAsync(string folder, LogQuery query, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string path = Path.Combine(folder, "log.jsonl");
        var current = Open(path);
        try
        {
            foreach (var line in Past(path, current, query))
            {
                yield return line;
            }

            while (query.Follow && (query.Until is null || time.GetUtcNow() < query.Until))
            {
                await Task.Delay(Look, time, cancellation).ConfigureAwait(false);
                foreach (var line in current?.ReadNew() ?? [])
                {
                    if (Wanted(line, query))
                    {
                        yield return line;
                    }
                }

                if (current is null || current.IsRotated)
                {
                    var next = Open(path);
                    if (next is null)
                    {
                        continue;
                    }

                    // What was written between the last look and the rotation stands at the end of the old file.
                    foreach (var line in current?.ReadNew() ?? [])
                    {
                        if (Wanted(line, query))
                        {
                            yield return line;
                        }
                    }

                    current?.Dispose();
                    current = next;
                }
            }
        }
        finally
        {
            current?.Dispose();
        }
    }

    private static IEnumerable<LogLine> Past(string path, LogFile? current, LogQuery query)
    {
        var lines = Rotated(path).Concat(current?.ReadNew() ?? []).Where(line => Wanted(line, query));
        return query.Tail is { } count ? lines.TakeLast(count) : lines;
    }

    private static IEnumerable<LogLine> Rotated(string path)
    {
        int oldest = 0;
        while (oldest < RotatedMax && File.Exists(Numbered(path, oldest + 1)))
        {
            oldest++;
        }

        for (int number = oldest; number >= 1; number--)
        {
            using var file = Open(Numbered(path, number));
            foreach (var line in file?.ReadNew() ?? [])
            {
                yield return line;
            }
        }
    }

    private static string Numbered(string path, int number) => path + "." + number.ToString(CultureInfo.InvariantCulture);

    private static bool Wanted(LogLine line, LogQuery query) => (query.Since is null || line.At >= query.Since) && (query.Until is null || line.At <= query.Until);

    private static LogFile? Open(string path)
    {
        try
        {
            return new LogFile(path);
        }
        catch (IOException exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>One open log; a line without its end is kept for the next look.</summary>
    private sealed class LogFile : IDisposable
    {
        private readonly string _path;
        private readonly FileStream _file;
        private readonly List<byte> _partial = [];
        private readonly byte[] _buffer = new byte[64 * 1024];

        public LogFile(string path)
        {
            _path = Path.GetFullPath(path);
            _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }

        /// <summary>The open file goes by another name now.</summary>
        public bool IsRotated => File.ResolveLinkTarget($"/proc/self/fd/{_file.SafeFileHandle.DangerousGetHandle()}", returnFinalTarget: false)?.FullName != _path;

        public IEnumerable<LogLine> ReadNew()
        {
            int count;
            while ((count = _file.Read(_buffer)) > 0)
            {
                int start = 0;
                int newline;
                while ((newline = Array.IndexOf(_buffer, (byte)'\n', start, count - start)) >= 0)
                {
                    _partial.AddRange(_buffer.AsSpan(start, newline - start));
                    start = newline + 1;
                    if (Take() is { } line)
                    {
                        yield return line;
                    }
                }

                _partial.AddRange(_buffer.AsSpan(start, count - start));
                if (_partial.Count > LineCharactersMax)
                {
                    _partial.Clear();
                }
            }
        }

        public void Dispose() => _file.Dispose();

        /// <summary>A box that was killed leaves half a line: it is passed over, the rest is good.</summary>
        private LogLine? Take()
        {
            byte[] json = [.. _partial];
            _partial.Clear();
            try
            {
                return json.Length == 0 ? null : JsonSerializer.Deserialize(json, ApiJson.Default.LogLine);
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }
}
