using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands.Snapshots;

internal sealed class VerifySnapshotCommand : FigmentCommand
{
    private readonly Argument<string[]> _snapshots;
    private readonly OutputOptions _output = new(quiet: "the ids of damaged ones");

    public VerifySnapshotCommand(CliContext context)
        : base(
            context,
            CommandGroup.Snapshots,
            "verify",
            "Read and check every page of snapshots. The exit code is 1 if one is damaged.",
            new("figment snapshot verify", "all"),
            new("figment snapshot verify shop/web-1:before-upgrade", "one"))
    {
        Add(_snapshots = SnapshotArguments.ManyOrAll(context));
        _output.AddTo(this);
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var verified = new List<SnapshotView>();
            foreach (string? wanted in (parsed.GetValue(_snapshots) ?? []).DefaultIfEmpty<string?>(null))
            {
                await foreach (var snapshot in client.VerifySnapshotsAsync(wanted, cancellationToken).ConfigureAwait(false))
                {
                    verified.Add(snapshot);
                    Write(parsed, snapshot);
                }
            }

            if (_output.IsJson(parsed) && !_output.IsQuiet(parsed))
            {
                CliJson.Write(Context.Out, verified, CliJson.Default.IReadOnlyListSnapshotView);
            }

            return verified.Any(snapshot => snapshot.Complaint is not null) ? ExitCodes.Failed : ExitCodes.Ok;
        },
        cancellationToken);

    /// <summary>Each when it is done: all together may take minutes.</summary>
    private void Write(ParseResult parsed, SnapshotView snapshot)
    {
        bool isDamaged = snapshot.Complaint is not null;
        if (_output.IsQuiet(parsed))
        {
            if (isDamaged)
            {
                Context.Out.WriteLine(snapshot.Id);
            }
        }
        else if (!_output.IsJson(parsed))
        {
            var palette = Palette.ForOutput(Context, parsed);
            string word = palette.Paint(isDamaged ? "damaged" : "ok", isDamaged ? Palette.Red : Palette.Green) + (isDamaged ? "" : "     ");
            string name = snapshot.Name is null ? "" : $":{snapshot.Name}";
            Context.Out.WriteLine($"{SnapshotText.Id(snapshot, whole: false)}  {word}  {SnapshotText.Machine(snapshot) ?? "-"}{name}");
            if (isDamaged)
            {
                Context.Error.WriteLine($"warning: {snapshot.Complaint}");
            }
        }
    }
}
