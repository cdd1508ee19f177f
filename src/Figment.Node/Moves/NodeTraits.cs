using System.Runtime.InteropServices;
using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Moves;

/// <summary>What a program may have found out about the node that it runs on, and counts on.</summary>
internal sealed record NodeTraits
{
    public required string Architecture { get; init; }

    /// <summary>As the kernel names them.</summary>
    public IReadOnlyList<string> ProcessorFlags { get; init; } = [];

    public static NodeTraits Read() => new()
    {
        Architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
        ProcessorFlags = Figment.Migration.Snapshots.ProcessorFlags.Read(),
    };

    /// <exception cref="NodeException">A program of that node may fail here.</exception>
    public void Require(NodeTraits of, string node)
    {
        if (Architecture != of.Architecture)
        {
            throw new NodeException(ErrorCode.Conflict, $"its programs are for {of.Architecture}, and node {node} is {Architecture}");
        }

        string[] missing = [.. of.ProcessorFlags.Except(ProcessorFlags, StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        if (missing.Length > 0)
        {
            throw new NodeException(ErrorCode.Conflict, $"the processor of node {node} lacks what a program may have found and use: {string.Join(' ', missing)}", "nodes whose processors are alike, or virtual machines with the same processor model");
        }
    }
}
