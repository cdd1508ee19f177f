using Figment.Api.Contract;

namespace Figment.Node.Images;

/// <summary>What a node needs of an image store. Safe from any thread.</summary>
public interface IImages
{
    /// <summary>The image under that name, if it is here.</summary>
    ImageFacts? Find(string reference, string? platform);

    /// <summary>Fetches an image from its registry.</summary>
    /// <exception cref="Errors.NodeException">The name is wrong, or the image cannot be had.</exception>
    Task<ImageFacts> PullAsync(PullRequest request, IProgress<ProgressLine> progress, CancellationToken cancellation);

    /// <summary>Takes in an OCI layout or archive, or a <c>docker save</c> archive, from an absolute path on the node.</summary>
    Task<IReadOnlyList<ImageFacts>> LoadAsync(LoadRequest request, IProgress<ProgressLine> progress, CancellationToken cancellation);

    IReadOnlyList<ImageFacts> List();

    /// <summary>Takes a name away; false if there is none such.</summary>
    bool Untag(string reference);

    /// <summary>Removes images and layers without a name, except those in use.</summary>
    /// <param name="layersInUse">Layer folders that launch files name.</param>
    PruneView CollectGarbage(IReadOnlySet<string> layersInUse);
}
