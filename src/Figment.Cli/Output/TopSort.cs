namespace Figment.Cli.Output;

/// <summary>What rows of <c>top</c> are ordered by.</summary>
internal enum TopSort
{
    Cpu,
    Memory,
    Name,
    State,
}
