using System.Text;

namespace Figment.Images.Layers;

/// <summary>The errors of reading one layer; all name the layer, and the entry where there is one.</summary>
internal sealed class LayerFaults(string subject)
{
    private const int ShownBytesMax = 200;

    public string Subject => subject;

    public ImageException Corrupt(string why, Exception? inner = null) =>
        new(ImageErrorKind.Corrupt, subject, why, "Build or export the image again", inner);

    public ImageException Hostile(ReadOnlySpan<byte> entry, string why) =>
        new(ImageErrorKind.Hostile, subject, $"entry \"{Show(entry)}\" {why}", "Do not use this image unless you know why it holds that; build it without");

    public ImageException TooLarge(string why) =>
        new(ImageErrorKind.TooLarge, subject, why, "Use a smaller image");

    /// <summary>A name for messages: printable, and not longer than a line.</summary>
    public static string Show(ReadOnlySpan<byte> name)
    {
        bool cut = name.Length > ShownBytesMax;
        var text = new StringBuilder();
        foreach (char letter in Encoding.UTF8.GetString(cut ? name[..ShownBytesMax] : name))
        {
            text.Append(char.IsControl(letter) || letter == '"' ? '?' : letter);
        }

        return cut ? text.Append("...").ToString() : text.ToString();
    }
}
