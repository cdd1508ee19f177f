using System.Globalization;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;

namespace Figment.Box.Diagnostics;

/// <summary>What the box has to say itself, for whoever looks after the node: a line each on standard error, which the keeper leads to <c>box.log</c>. Any thread.</summary>
internal sealed class BoxLog(TimeProvider time)
{
    private const int StandardError = 2;

    private readonly Lock _writing = new();

    public void Warn(string text)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():O} warning: {text}\n");
        lock (_writing)
        {
            var errors = new Descriptor(StandardError);
            try
            {
                FileCalls.Write(errors, Encoding.UTF8.GetBytes(line));
            }
            catch (LinuxException)
            {
                // Nobody reads it or the disk is full: there is no third place to say so, and the program must not suffer.
                return;
            }
            finally
            {
                errors.Release();
            }
        }
    }
}
