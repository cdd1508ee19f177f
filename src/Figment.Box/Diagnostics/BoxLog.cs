using System.Globalization;
using System.Text;
using Figment.Linux.Errors;
using Figment.Linux.Files;

namespace Figment.Box.Diagnostics;

/// <summary>What the box has to say itself, for whoever looks after the node: a line each on standard error, the keeper's until it is moved. Any thread.</summary>
internal sealed class BoxLog(TimeProvider time)
{
    private const int StandardOutput = 1;
    private const int StandardError = 2;
    private const int Mode = 0b110_000_000;

    private readonly Lock _writing = new();

    /// <summary>From now on standard output and error, also of the runtime if it fails, are that file.</summary>
    public void MoveTo(string path)
    {
        try
        {
            using var file = FileCalls.Open(path, FileCalls.O_WRONLY | FileCalls.O_CREAT | FileCalls.O_APPEND, Mode);
            FileCalls.Replace(StandardOutput, file);
            FileCalls.Replace(StandardError, file);
        }
        catch (LinuxException exception)
        {
            Warn($"what this box has to say stays in its keeper's log: {exception.Message}");
        }
    }

    public void Warn(string text) => Write($"warning: {text}");

    /// <summary>Nothing is wrong.</summary>
    public void Note(string text) => Write(text);

    private void Write(string text)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{time.GetUtcNow():O} {text}\n");
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
