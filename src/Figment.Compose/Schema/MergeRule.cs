namespace Figment.Compose.Schema;

/// <summary>How a later file's value goes with an earlier one's (Compose Specification, "merge"), and the form that readers get.</summary>
internal enum MergeRule
{
    /// <summary>Mappings merge, lists append, scalars replace.</summary>
    Ordinary,

    /// <summary>The later value stands alone.</summary>
    Replace,

    /// <summary><c>NAME=value</c> list or mapping; becomes a mapping.</summary>
    KeyValue,

    /// <summary>List of names or mapping by name; becomes a mapping.</summary>
    Names,

    /// <summary>One value or a list; becomes a list without repetitions.</summary>
    Union,

    /// <summary>Host lines; become a list of <c>name=address</c>.</summary>
    Hosts,

    /// <summary>Lists whose items are the same port if address, ports and protocol agree.</summary>
    Ports,

    /// <summary>Lists whose items are the same mount if their target agrees.</summary>
    Mounts,

    /// <summary>Lists of configs or secrets, the same if their target agrees.</summary>
    Files,

    /// <summary>A context folder or a mapping; becomes a mapping.</summary>
    Build,

    /// <summary>Options merge only if both name the same driver.</summary>
    Driver,
}
