using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Images;

/// <summary>For a node that runs only programs of its own root (<c>x-figment: root: host</c>): it has no images and gets none.</summary>
public sealed class NoImages : IImages
{
    public ImageFacts? Find(string reference, string? platform) => null;

    public Task<ImageFacts> PullAsync(PullRequest request, IProgress<ProgressLine> progress, CancellationToken cancellation) => throw Refusal($"image {request.Reference} cannot be pulled");

    public Task<IReadOnlyList<ImageFacts>> LoadAsync(LoadRequest request, IProgress<ProgressLine> progress, CancellationToken cancellation) => throw Refusal($"{request.Path} cannot be loaded");

    public IReadOnlyList<ImageFacts> List() => [];

    public bool Untag(string reference) => false;

    public PruneView CollectGarbage(IReadOnlySet<string> layersInUse) => new() { Images = 0, Layers = 0, FreedBytes = 0 };

    private static NodeException Refusal(string what) => new(ErrorCode.Failed, $"{what}: this node keeps no images", "write x-figment: root: host to run a program of the node");
}
