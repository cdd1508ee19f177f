namespace Figment.Cli.Help;

/// <summary>Headings of the root help, in their order.</summary>
internal enum CommandGroup
{
    Applications,
    Machines,
    Insight,
    Images,
    Snapshots,
    Node,
}
