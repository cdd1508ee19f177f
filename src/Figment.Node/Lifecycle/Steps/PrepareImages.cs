using Figment.Api.Contract;
using Figment.Model.Specs;
using Figment.Node.Errors;
using Figment.Node.Images;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Has every image at hand: pulled or built as the service's policy says. What was fetched stays if the <c>up</c> fails.</summary>
internal sealed class PrepareImages : LifecycleStep<UpContext>
{
    public override async Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        var fresh = new Dictionary<(string, string?), ImageFacts>();
        foreach (var service in context.Spec.Services.Where(service => service.Figment.Root == RootKind.Image))
        {
            string reference = service.Image ?? (service.Build is null ? throw Missing(service) : $"figment/{context.Spec.Name}-{service.Name}:latest");
            if (!fresh.TryGetValue((reference, service.Platform), out var image))
            {
                image = await GetAsync(context, service, reference, cancellation).ConfigureAwait(false);
                fresh[(reference, service.Platform)] = image;
            }

            context.Images[service.Name] = image;
        }
    }

    private static async Task<ImageFacts> GetAsync(UpContext context, ServiceSpec service, string reference, CancellationToken cancellation)
    {
        var parts = context.Parts;
        bool build = service.Build is not null && (service.PullPolicy == PullPolicy.Build || service.Image is null || service.PullPolicy != PullPolicy.Always);
        if (service.PullPolicy is not (PullPolicy.Always or PullPolicy.Build) && parts.Images.Find(reference, service.Platform) is { } here)
        {
            return here;
        }

        if (service.PullPolicy == PullPolicy.Never)
        {
            throw new NodeException(ErrorCode.Failed, $"service {service.Name}: image {reference} is not on this node, and pull_policy is never", $"figment pull {reference}");
        }

        if (build)
        {
            context.Operation.Report($"image {reference}", "building");
            var built = await parts.Builder.BuildAsync(service.Build!, reference, context.Operation, cancellation).ConfigureAwait(false);
            context.Operation.Report($"image {reference}", "built");
            return built;
        }

        context.Operation.Report($"image {reference}", "pulling");
        var pulled = await parts.Images.PullAsync(new PullRequest { Reference = reference, Platform = service.Platform }, context.Operation, cancellation).ConfigureAwait(false);
        context.Operation.Report($"image {reference}", "pulled");
        return pulled;
    }

    private static NodeException Missing(ServiceSpec service) =>
        new(ErrorCode.Failed, $"service {service.Name} has neither image: nor build:", "name an image, or write x-figment: root: host to run a program of the node");
}
