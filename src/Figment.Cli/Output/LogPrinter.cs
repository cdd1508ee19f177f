using Figment.Api.Contract;

namespace Figment.Cli.Output;

/// <summary>Writes lines of logs, each behind the coloured name of its machine.</summary>
internal sealed class LogPrinter
{
    private readonly TextWriter _output;
    private readonly Palette _palette;
    private readonly IReadOnlyList<MachineView> _machines;
    private readonly string[] _names;

    public LogPrinter(TextWriter output, Palette palette, IReadOnlyList<MachineView> machines)
    {
        _output = output;
        _palette = palette;
        _machines = machines;
        bool several = machines.Select(machine => machine.Application).Distinct().Count() > 1;
        string[] names = [.. machines.Select(machine => several ? $"{machine.Application}/{machine.Machine}" : machine.Machine)];
        int width = names.Select(name => name.Length).DefaultIfEmpty(0).Max();
        _names = [.. names.Select((name, index) => palette.Paint($"{name.PadRight(width)} |", Palette.Prefix(index)))];
    }

    public bool Timestamps { get; init; }

    public bool Prefixes { get; init; } = true;

    public bool Json { get; init; }

    public void Write(int machine, LogLine line)
    {
        if (Json)
        {
            var view = _machines[machine];
            CliJsonLines.Write(_output, new LogRow { Application = view.Application, Machine = view.Machine, At = line.At, Stream = line.Stream, Line = line.Line, Partial = line.Partial });
            return;
        }

        string prefix = Prefixes ? _names[machine] + " " : "";
        string time = Timestamps ? Units.Timestamp(line.At) + " " : "";

        // A note of the box's is no output of the program: it is told apart from it.
        string text = line.Stream == "figment" ? _palette.Paint($"[figment] {line.Line}", Palette.Dim) : line.Line;
        _output.WriteLine(prefix + time + text);
    }
}
