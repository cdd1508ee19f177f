using System.CommandLine;
using System.Globalization;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Simulation;
using Figment.Simulation.Traces;

namespace Figment.Cli.Commands;

internal sealed class GenerateTraceCommand : FigmentCommand
{
    private readonly Option<string> _shape = new("--shape") { Description = "bursty: few requests, and bursts in which the rate rises a hundredfold within five seconds", HelpName = "SHAPE", DefaultValueFactory = _ => "bursty" };
    private readonly Option<int?> _seed = NumberOption.Whole("--seed", [], "The same seed makes the same trace (1)", 0, int.MaxValue);
    private readonly Option<string?> _length = Time("--length", "How long it is (1h)");
    private readonly Option<double?> _rate = Number("--rate", "Requests a second between bursts (10)");
    private readonly Option<double?> _factor = Number("--factor", "How far the first burst rises (100)");
    private readonly Option<string?> _rise = Time("--rise", "How long that takes (5s)");
    private readonly Option<string?> _hold = Time("--hold", "How long it stays at the top (20s)");
    private readonly Option<string?> _fall = Time("--fall", "How long it falls (60s)");
    private readonly Option<double?> _bursts = Number("--bursts-per-hour", "How many there are (12)");
    private readonly Option<double?> _night = Number("--night", "The rate between bursts at midnight, as a share of that at noon (1: no day and night)");
    private readonly Option<string?> _duration = Time("--duration", "Median of the requests' durations (80ms)");
    private readonly Option<string?> _service = new("--service") { Description = "Whom they ask (web)", HelpName = "NAME" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Where to write it; by default to stdout", HelpName = "FILE" };

    public GenerateTraceCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "generate",
            "Make a trace of requests from a seed.",
            new("figment plan trace generate --seed 1 > bursty.csv", "the trace of docs/simulation.md"),
            new("figment plan trace generate --length 24h --rate 1 --night 0.2 --output day.csv", "a day with a night"))
    {
        _shape.AcceptOnlyFromAmong("bursty");
        Option[] options = [_shape, _seed, _length, _rate, _factor, _rise, _hold, _fall, _bursts, _night, _duration, _service, _output];
        foreach (var option in options)
        {
            Add(option);
        }

        Does((parsed, _) => Task.FromResult(Execute(parsed)));
    }

    private static Option<string?> Time(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "TIME" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: var text }, ..] && !TimeArgument.TryParseDuration(text, out _))
            {
                result.AddError($"{name} '{text}' is no time: give 250ms, 10s or 1h30m");
            }
        });
        return option;
    }

    private static Option<double?> Number(string name, string description)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "N" };
        option.CustomParser = result =>
        {
            if (result.Tokens is [{ Value: var text }] && double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number <= 1_000_000)
            {
                return number;
            }

            result.AddError($"{name} takes a number from 0 to 1000000, not '{string.Join(' ', result.Tokens.Select(token => token.Value))}'");
            return null;
        };
        return option;
    }

    private int Execute(ParseResult parsed)
    {
        var spec = new BurstySpec();
        long Us(Option<string?> option, long otherwise) => parsed.GetValue(option) is { } text && TimeArgument.TryParseDuration(text, out var time) ? (long)time.TotalMicroseconds : otherwise;
        spec = spec with
        {
            Seed = (ulong)(parsed.GetValue(_seed) ?? (int)spec.Seed),
            LengthUs = Us(_length, spec.LengthUs),
            BaseRate = parsed.GetValue(_rate) ?? spec.BaseRate,
            Factor = parsed.GetValue(_factor) ?? spec.Factor,
            RiseUs = Us(_rise, spec.RiseUs),
            HoldUs = Us(_hold, spec.HoldUs),
            FallUs = Us(_fall, spec.FallUs),
            BurstsPerHour = parsed.GetValue(_bursts) ?? spec.BurstsPerHour,
            NightShare = parsed.GetValue(_night) ?? spec.NightShare,
            MedianDurationUs = Us(_duration, spec.MedianDurationUs),
            Service = parsed.GetValue(_service) ?? spec.Service,
        };
        try
        {
            Write(parsed.GetValue(_output), spec, BurstyTrace.Make(spec));
            return ExitCodes.Ok;
        }
        catch (PolicyException exception)
        {
            throw new CliException(exception.Message, "figment plan trace generate --help", ExitCodes.Usage);
        }
    }

    private void Write(string? file, BurstySpec spec, IReadOnlyList<TraceRequest> requests)
    {
        string comment = string.Create(
            CultureInfo.InvariantCulture,
            $"bursty, seed {spec.Seed}: {spec.LengthUs / 1e6:0.###} s, {spec.BaseRate} requests a second, {spec.BurstsPerHour} bursts an hour up to {spec.Factor} times as many within {spec.RiseUs / 1e6:0.###} s");
        try
        {
            using var opened = file is null ? null : new StreamWriter(Path.GetFullPath(file, Context.WorkingDirectory));
            if (opened is not null)
            {
                TraceWriter.WriteCsv(opened, requests, comment);
                return;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"cannot write the trace {file}: {exception.Message}", "figment plan trace generate > FILE");
        }

        // In one piece: a call for each cell would take longer than all else.
        using var text = new StringWriter();
        TraceWriter.WriteCsv(text, requests, comment);
        Context.Out.Write(text.ToString());
    }
}
