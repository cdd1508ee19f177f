using System.Globalization;

namespace Figment.Box.Diagnostics;

/// <summary>What the box has to say itself, for whoever looks after the node: a line each on standard error, which the keeper leads to <c>box.log</c>. Any thread.</summary>
internal sealed class BoxLog(TextWriter writer, TimeProvider time)
{
    private readonly Lock _writing = new();

    public void Warn(string text)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():O} warning: {text}");
        lock (_writing)
        {
            try
            {
                writer.WriteLine(line);
            }
            catch (IOException)
            {
                // Nobody reads it or the disk is full: there is no third place to say so, and the program must not suffer.
                return;
            }
        }
    }
}
