using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands;

internal sealed class ImagesCommand : FigmentCommand
{
    private const int ShortIdLength = 12;

    private readonly OutputOptions _output = new(quiet: "ids");
    private readonly Option<bool> _noTruncation = new("--no-trunc") { Description = "Whole ids" };

    public ImagesCommand(CliContext context)
        : base(context, CommandGroup.Images, "images", "List the images on this node.", new("figment images", "all"), new("figment images -q --no-trunc", "their ids"))
    {
        _output.AddTo(this);
        Add(_noTruncation);
        Does(ExecuteAsync);
    }

    /// <summary>A table of images, as <c>pull</c> and <c>load</c> show it too.</summary>
    public static void Write(CliContext context, IReadOnlyList<ImageView> images, Palette palette, bool wholeIds)
    {
        var table = new ColumnWriter("REFERENCE", "ID", "SIZE", "CREATED", "PLATFORM");
        foreach (var image in images)
        {
            foreach (string? reference in image.References.DefaultIfEmpty())
            {
                table.Add(reference, Id(image, wholeIds), Units.Bytes(image.SizeBytes), image.Created is { } created ? Units.Age(context.Time.GetUtcNow() - created) : null, image.Platform);
            }
        }

        table.Write(context.Out, palette);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var images = await client.GetImagesAsync(cancellationToken).ConfigureAwait(false);
            if (_output.IsQuiet(parsed))
            {
                foreach (var image in images)
                {
                    await Context.Out.WriteLineAsync(Id(image, parsed.GetValue(_noTruncation))).ConfigureAwait(false);
                }
            }
            else if (_output.IsJson(parsed))
            {
                CliJson.Write(Context.Out, images, CliJson.Default.IReadOnlyListImageView);
            }
            else
            {
                Write(Context, images, Palette.ForOutput(Context, parsed), parsed.GetValue(_noTruncation));
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private static string Id(ImageView image, bool whole)
    {
        if (whole)
        {
            return image.Id;
        }

        string digits = image.Id[(image.Id.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return digits.Length > ShortIdLength ? digits[..ShortIdLength] : digits;
    }
}
