using System.Security.Cryptography;
using System.Text;
using Figment.Api.Contract;
using Figment.Model.Specs;
using Figment.Node.Errors;

namespace Figment.Node.Lifecycle.Steps;

/// <summary>Reads the contents of configs and secrets. No effect.</summary>
internal sealed class ReadFiles : LifecycleStep<UpContext>
{
    /// <summary>Docker's bound for a secret is 500 KB, for a config 1 MB; nothing here needs a smaller one.</summary>
    private const long ContentBytesMax = 4 * 1024 * 1024;

    /// <summary>128 bits tell two contents apart.</summary>
    private const int DigestDigits = 32;

    public override async Task DoAsync(UpContext context, CancellationToken cancellation)
    {
        await ReadAsync(context, "config", context.Spec.Configs, cancellation).ConfigureAwait(false);
        await ReadAsync(context, "secret", context.Spec.Secrets, cancellation).ConfigureAwait(false);
    }

    private static async Task ReadAsync(UpContext context, string kind, IReadOnlyList<FileSpec> files, CancellationToken cancellation)
    {
        foreach (var file in files)
        {
            byte[]? content = file.Content is { } text ? Encoding.UTF8.GetBytes(text) : null;
            if (content is null && file.File is { } path)
            {
                content = await ReadAsync(kind, file.Name, path, cancellation).ConfigureAwait(false);
            }

            if (content is not null)
            {
                context.FileContents[(kind, file.Name)] = content;
                context.FileDigests[(kind, file.Name)] = Convert.ToHexStringLower(HMACSHA256.HashData(context.Parts.DigestKey, content))[..DigestDigits];
            }
        }
    }

    private static async Task<byte[]> ReadAsync(string kind, string name, string path, CancellationToken cancellation)
    {
        try
        {
            long length = new FileInfo(path).Length;
            if (length > ContentBytesMax)
            {
                throw new NodeException(ErrorCode.Failed, $"{kind} {name}: {path} has {length} bytes, at most {ContentBytesMax} are taken", "bind the file under volumes: instead");
            }

            return await File.ReadAllBytesAsync(path, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new NodeException(ErrorCode.Failed, $"{kind} {name} cannot be read: {exception.Message}", "the path is on the node, and figmentd must be able to read it", exception);
        }
    }
}
