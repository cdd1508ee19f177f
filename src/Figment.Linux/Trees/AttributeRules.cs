using static Figment.Linux.Trees.AttributeTreatment;
using static Figment.Linux.Trees.TreeEntryKind;

namespace Figment.Linux.Trees;

/// <summary>
/// Which extended attributes go along when a tree is copied to where it may lie beneath an overlay of another node. As data, the first rule counts, with the reason beside each.
/// The names of overlayfs: Documentation/filesystems/overlayfs.rst and fs/overlayfs/overlayfs.h.
/// </summary>
public static class AttributeRules
{
    private static readonly AttributeRule[] s_rules =
    [
        // What lower folders have in this place is hidden. "x" stands in lower folders alone.
        new("trusted.overlay.opaque", Kept, Folder) { Values = ["y"] },

        // chattr(1) +a and +i: the upper file itself does not have them.
        new("trusted.overlay.protattr", Kept, TreeEntryKind.File, Folder) { Values = ["a", "i", "ai"] },

        // Handles of files of the node's own file systems, and what goes with them: in a copy they name nothing, or something else. Without them a file has another inode number.
        new("trusted.overlay.origin", LeftOut),
        new("trusted.overlay.impure", LeftOut),

        // Written with an index (index=on), which lies in the work folder and is not copied. Without it lower files that were one file become several when they are written to.
        new("trusted.overlay.upper", LeftOut),
        new("trusted.overlay.nlink", LeftOut),

        // The overlay's own number: a copy is another one.
        new("trusted.overlay.uuid", LeftOut),

        // "redirect" and "metacopy" show what another lower path has. MountCalls.Overlay forbids both, so that a machine has none; nor does it have any that is not known here.
        new("trusted.overlay.*", Refused),

        // Those of programs. "user.overlay.*" says nothing to an overlay without the option userxattr.
        new("user.*", Kept, TreeEntryKind.File, Folder),
        new("security.capability", Kept, TreeEntryKind.File),
        new("system.posix_acl_access", Kept, TreeEntryKind.File, Folder, Fifo) { Beginning = AclVersion },
        new("system.posix_acl_default", Kept, Folder) { Beginning = AclVersion },
    ];

    /// <summary>POSIX_ACL_XATTR_VERSION: to another one the kernel says EOPNOTSUPP, as where there are no ACLs.</summary>
    private static byte[] AclVersion => [2, 0, 0, 0];

    /// <summary>What has no rule is left out: labels of security modules and what other file systems show belong to the node.</summary>
    public static AttributeTreatment Of(TreeEntryKind kind, ReadOnlySpan<byte> name)
    {
        var rule = RuleFor(name);
        return rule is null ? LeftOut : rule.Treatment == Kept && !rule.IsOn(kind) ? Refused : rule.Treatment;
    }

    /// <summary>Of an attribute that is kept.</summary>
    public static bool IsValue(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => RuleFor(name)?.Allows(value) == true;

    private static AttributeRule? RuleFor(ReadOnlySpan<byte> name)
    {
        foreach (var rule in s_rules)
        {
            if (rule.IsFor(name))
            {
                return rule;
            }
        }

        return null;
    }
}
