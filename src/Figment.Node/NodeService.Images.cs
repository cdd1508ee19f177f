using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node;

public sealed partial class NodeService
{
    public IReadOnlyList<ImageView> Images() => [.. _parts.Images.List().Select(image => image.ToView())];

    public void Untag(string reference)
    {
        if (!_parts.Images.Untag(reference))
        {
            throw new NodeException(ErrorCode.NotFound, $"there is no image {reference} on this node", "figment images shows those that are here");
        }
    }

    public async Task<ProgressLine> PullAsync(PullRequest request, IProgress<ProgressLine> progress, CancellationToken cancellation)
    {
        var image = await _parts.Images.PullAsync(request, progress, cancellation).ConfigureAwait(false);
        return new ProgressLine { Done = true, Images = [image.ToView()] };
    }

    public async Task<ProgressLine> LoadAsync(LoadRequest request, IProgress<ProgressLine> progress, CancellationToken cancellation)
    {
        if (!Path.IsPathFullyQualified(request.Path))
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"\"{request.Path}\" is not an absolute path on the node");
        }

        var loaded = await _parts.Images.LoadAsync(request, progress, cancellation).ConfigureAwait(false);
        return new ProgressLine { Done = true, Images = [.. loaded.Select(image => image.ToView())] };
    }

    /// <summary>Removes images without a name. Layers that a launch file names stay.</summary>
    public PruneView Prune()
    {
        var inUse = _parts.Journal.Applications()
            .Select(record => _launches.Find(record.Name))
            .OfType<Model.Launch.ApplicationLaunch>()
            .SelectMany(launch => launch.Machines)
            .SelectMany(machine => machine.Root.LowerDirectories)
            .ToHashSet();
        return _parts.Images.CollectGarbage(inUse);
    }
}
