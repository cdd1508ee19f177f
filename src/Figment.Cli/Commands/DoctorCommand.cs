using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands;

internal sealed class DoctorCommand : FigmentCommand
{
    private readonly OutputOptions _output = new();

    public DoctorCommand(CliContext context)
        : base(context, CommandGroup.Node, "doctor", "Check what this node can do and say how to mend what it cannot. The exit code is 1 if something is amiss.", new Example("figment doctor", "all checks"))
    {
        _output.AddTo(this);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var doctor = await client.GetDoctorAsync(cancellationToken).ConfigureAwait(false);
            if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, doctor, CliJson.Default.DoctorView);
            }
            else
            {
                Write(parsed, doctor);
            }

            return doctor.Checks.Any(check => check.Result == CheckResult.Failed) ? ExitCodes.Failed : ExitCodes.Ok;
        },
        cancellationToken);

    private void Write(ParseResult parsed, DoctorView doctor)
    {
        var table = new ColumnWriter("RESULT", "CHECK", "FOUND", "WHAT TO DO");
        foreach (var check in doctor.Checks)
        {
            var (word, colour) = check.Result switch
            {
                CheckResult.Ok => ("ok", Palette.Green),
                CheckResult.Warning => ("warning", Palette.Yellow),
                _ => ("failed", Palette.Red),
            };
            table.Add(word, check.Name, check.Found, check.Hint);
            table.Colour(0, colour);
        }

        table.Write(Context.Out, Palette.ForOutput(Context, parsed));
    }
}
