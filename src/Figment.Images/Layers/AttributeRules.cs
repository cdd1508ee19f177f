namespace Figment.Images.Layers;

/// <summary>Which extended attributes of a layer are set. As data, with the reason beside each.</summary>
internal static class AttributeRules
{
    /// <summary>Documentation/filesystems/overlayfs.rst, "whiteouts and opaque directories".</summary>
    public static ReadOnlySpan<byte> OverlayOpaque => "trusted.overlay.opaque"u8;

    /// <summary>
    /// True: set it. False: leave it out (labels of security modules belong to the node they were read on). Refused are <c>trusted.*</c> and <c>user.overlay.*</c>: with
    /// them a layer could tell overlayfs to show other folders.
    /// </summary>
    public static bool IsKept(ReadOnlySpan<byte> name, LayerPath path, LayerFaults faults)
    {
        if (name.StartsWith("trusted."u8) || name.StartsWith("user.overlay."u8))
        {
            throw faults.Hostile(path.Whole, $"has the attribute {LayerFaults.Show(name)}, by which it could steer overlayfs");
        }

        return name.StartsWith("user."u8)
            || name.SequenceEqual("security.capability"u8)
            || name.SequenceEqual("system.posix_acl_access"u8)
            || name.SequenceEqual("system.posix_acl_default"u8);
    }
}
