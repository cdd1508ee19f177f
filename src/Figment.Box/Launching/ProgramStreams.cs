using Figment.Linux.Files;
using Figment.Linux.Internet;
using Figment.Linux.Terminals;

namespace Figment.Box.Launching;

/// <summary>A program's standard streams: its ends and ours. Never files, so that a snapshot of the program needs none.</summary>
internal sealed class ProgramStreams : IDisposable
{
    private ProgramStreams(Descriptor input, Descriptor output, Descriptor error)
    {
        Input = input;
        Output = output;
        Error = error;
    }

    /// <summary>The program's ends.</summary>
    public Descriptor Input { get; }

    public Descriptor Output { get; }

    public Descriptor Error { get; }

    /// <summary>Where its input is written; null if it has none. Non-blocking.</summary>
    public Descriptor? InputWriter { get; private init; }

    /// <summary>Where its output is read. Non-blocking.</summary>
    public required Descriptor OutputReader { get; init; }

    /// <summary>Null on a terminal, where both are one.</summary>
    public Descriptor? ErrorReader { get; private init; }

    public Terminal? Terminal { get; private init; }

    public static ProgramStreams Pipes(bool withInput)
    {
        var (outputReader, output) = FileCalls.Pipe();
        var (errorReader, error) = FileCalls.Pipe();
        (Descriptor? input, Descriptor? inputWriter) = withInput ? FileCalls.Pipe() : (FileCalls.Open("/dev/null", FileCalls.O_RDONLY), null);
        foreach (var own in new[] { outputReader, errorReader, inputWriter }.OfType<Descriptor>())
        {
            InternetSocket.SetNonBlocking(own, true);
        }

        return new ProgramStreams(input, output, error) { InputWriter = inputWriter, OutputReader = outputReader, ErrorReader = errorReader };
    }

    public static ProgramStreams On(Terminal terminal)
    {
        InternetSocket.SetNonBlocking(terminal.Master, true);
        return new ProgramStreams(terminal.Slave, terminal.Slave, terminal.Slave) { InputWriter = terminal.Master, OutputReader = terminal.Master, Terminal = terminal };
    }

    /// <summary>Once the program has them: the end of its output is seen only when nobody else holds these.</summary>
    public void CloseProgramEnds()
    {
        Input.Dispose();
        Output.Dispose();
        Error.Dispose();
    }

    public void Dispose()
    {
        CloseProgramEnds();
        InputWriter?.Dispose();
        OutputReader.Dispose();
        ErrorReader?.Dispose();
        Terminal?.Dispose();
    }
}
