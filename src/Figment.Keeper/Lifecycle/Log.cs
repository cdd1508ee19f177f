using System.Globalization;
using Figment.Keeper.Fabric;

namespace Figment.Keeper.Lifecycle;

/// <summary>Lines with a time on standard error; the daemon sends them to <c>keeper.log</c>. Any thread.</summary>
internal sealed class Log(TextWriter writer, TimeProvider time) : IFabricLog
{
    private readonly Lock _lock = new();

    public void Information(string message) => Write(message);

    public void Warning(string message) => Write($"warning: {message}");

    public void Write(string text)
    {
        string at = time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        lock (_lock)
        {
            writer.WriteLine($"{at} {text}");
            writer.Flush();
        }
    }
}
