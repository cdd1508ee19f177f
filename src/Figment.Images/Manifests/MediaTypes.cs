namespace Figment.Images.Manifests;

/// <summary>Media types of OCI and Docker, as data: what each is to us.</summary>
internal static class MediaTypes
{
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
    public const string DockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
    private const string Schema1Prefix = "application/vnd.docker.distribution.manifest.v1+";

    /// <summary>What a registry is told that we read, best first.</summary>
    public static readonly string[] Accepted = [OciIndex, OciManifest, DockerList, DockerManifest];

    private static readonly HashSet<string> Configs =
    [
        "application/vnd.oci.image.config.v1+json",
        "application/vnd.docker.container.image.v1+json",
    ];

    private static readonly HashSet<string> Layers =
    [
        "application/vnd.oci.image.layer.v1.tar",
        "application/vnd.oci.image.layer.v1.tar+gzip",
        "application/vnd.oci.image.layer.v1.tar+zstd",
        "application/vnd.oci.image.layer.nondistributable.v1.tar",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
        "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
        "application/vnd.docker.image.rootfs.diff.tar",
        "application/vnd.docker.image.rootfs.diff.tar.gzip",
        "application/vnd.docker.image.rootfs.diff.tar.zstd",
        "application/vnd.docker.image.rootfs.foreign.diff.tar",
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    ];

    public static bool IsIndex(string? type) => type is OciIndex or DockerList;

    public static bool IsManifest(string? type) => type is OciManifest or DockerManifest;

    public static bool IsSchema1(string? type) => type?.StartsWith(Schema1Prefix, StringComparison.Ordinal) == true;

    public static bool IsConfig(string? type) => type is not null && Configs.Contains(type);

    public static bool IsLayer(string? type) => type is not null && Layers.Contains(type);
}
