using System.CommandLine;
using Figment.Api.Contract;
using Figment.Cli.Hosting;
using Figment.Cli.Output;

namespace Figment.Cli.Commands;

/// <summary>What <c>pull</c> and <c>load</c> say in the end.</summary>
internal static class ImageResult
{
    public static void Write(CliContext context, ParseResult parsed, OutputOptions output, IReadOnlyList<ImageView> images)
    {
        if (output.IsQuiet(parsed))
        {
            foreach (var image in images)
            {
                context.Out.WriteLine(image.Id);
            }
        }
        else if (output.IsJson(parsed))
        {
            CliJson.Write(context.Out, images, CliJson.Default.IReadOnlyListImageView);
        }
        else
        {
            ImagesCommand.Write(context, images, Palette.ForOutput(context, parsed), wholeIds: false);
        }
    }
}
