using Figment.Api.Contract;
using Figment.Model.Specs;
using Figment.Node.Errors;
using Figment.Node.Packages;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Installs the Debian packages that programs of the node's own root name (<c>x-figment.packages</c>). They stay: other things may use them by then.</summary>
internal sealed class PreparePackages : LifecycleStep<UpContext>
{
    public override async Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        string[] wanted = [.. context.Spec.Services.Where(service => service.Figment.Root == RootKind.Host).SelectMany(service => service.Figment.Packages).Distinct()];
        try
        {
            var missing = await context.Parts.Packages.FindMissingAsync(wanted, cancellation).ConfigureAwait(false);
            if (missing.Count == 0)
            {
                return;
            }

            string subject = $"packages {string.Join(' ', missing)}";
            context.Operation.Report(subject, "installing");
            await context.Parts.Packages.InstallAsync(missing, cancellation).ConfigureAwait(false);
            context.Operation.Report(subject, "installed");
        }
        catch (PackageException failure)
        {
            throw new NodeException(ErrorCode.Failed, failure.Message, cause: failure);
        }
    }
}
