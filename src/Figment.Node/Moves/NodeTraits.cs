using System.Runtime.InteropServices;
using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Moves;

/// <summary>What a program may have found out about the node that it runs on, and counts on.</summary>
internal sealed record NodeTraits
{
    /// <summary>Of what nodes say to each other while a machine moves, and of the stream that it is; changed with either.</summary>
    public const int FormatNow = 1;

    public required string Architecture { get; init; }

    /// <summary>0: of a node from before there was one.</summary>
    public int Format { get; init; }

    /// <summary>As the kernel names them.</summary>
    public IReadOnlyList<string> ProcessorFlags { get; init; } = [];

    public static NodeTraits Read() => new()
    {
        Architecture = RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant(),
        Format = FormatNow,
        ProcessorFlags = Figment.Migration.Snapshots.ProcessorFlags.Read(),
    };

    /// <exception cref="NodeException">A program of that node may fail here, or what it sends may not be understood.</exception>
    public void Require(NodeTraits of, string node)
    {
        if (Format != of.Format)
        {
            throw new NodeException(ErrorCode.Conflict, $"node {node} takes machines in format {Format}, and is offered one in format {of.Format}", "both nodes should have the same version of Figment");
        }

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
