using System.Runtime.InteropServices;

namespace Figment.Images;

/// <summary>For what a program was built, in the words of GOOS and GOARCH that image indexes use.</summary>
public sealed record ImagePlatform(string Os, string Architecture, string? Variant = null)
{
    /// <summary>What this process runs on.</summary>
    public static ImagePlatform Host { get; } = new("linux", RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    });

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    /// <summary>Parses <c>linux/arm64</c> or <c>linux/arm/v7</c>; null if it is not that.</summary>
    public static ImagePlatform? TryParse(string text) => text.Split('/') switch
    {
        [{ Length: > 0 } os, { Length: > 0 } architecture] => new ImagePlatform(os, architecture),
        [{ Length: > 0 } os, { Length: > 0 } architecture, { Length: > 0 } variant] => new ImagePlatform(os, architecture, variant),
        _ => null,
    };

    /// <summary>True if a program for <paramref name="offered"/> is one for this. What either does not say fits.</summary>
    internal bool Accepts(ImagePlatform offered) =>
        offered.Os == Os && offered.Architecture == Architecture && (Variant is null || offered.Variant is null || Variant == offered.Variant);
}
