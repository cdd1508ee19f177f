using Figment.Linux.Mounts;

namespace Figment.Tests;

/// <summary>Lower folders, and an upper one with all that a program can do to them through an overlay as Figment mounts it.</summary>
internal sealed class OverlayChanges : IDisposable
{
    private const string LowerProgram = """
        import os
        for folder in ['kept', 'replaced', 'removed', 'deep/er', 'writable']:
            os.makedirs(folder)
        for name in ['kept/old', 'replaced/old', 'removed/old', 'deep/er/old', 'gone', 'owned', 'linked']:
            with open(name, 'w') as file:
                file.write('lower ' + name)
        """;

    private const string ChangeProgram = """
        import os, shutil
        def write(name, text='new'):
            with open(name, 'w') as file:
                file.write(text + ' ' + name)
        os.remove('gone')
        os.remove('deep/er/old')
        shutil.rmtree('removed')
        shutil.rmtree('replaced')
        os.mkdir('replaced', 0o750)
        write('replaced/new')
        os.chown('owned', 12, 34)
        write('linked', 'changed')
        os.link('linked', 'kept/second')
        write('one')
        os.link('one', 'deep/two')
        os.link('one', 'three')
        os.mkfifo('pipe')
        os.chmod('pipe', 0o640)
        os.link('pipe', 'kept/pipe')
        write('setuid')
        os.chown('setuid', 5, 6)
        os.chmod('setuid', 0o6755)
        write('capable')
        os.setxattr('capable', 'security.capability', bytes.fromhex('0100000200040000000000000000000000000000'))
        os.setxattr('capable', 'user.note', b'a note\0')
        acl = bytes.fromhex('02000000' '01000600ffffffff' '0200060007000000' '04000400ffffffff' '10000600ffffffff' '20000400ffffffff')
        for name in ['capable', 'pipe', 'writable']:
            os.setxattr(name, 'system.posix_acl_access', acl)
        os.setxattr('writable', 'system.posix_acl_default', acl)
        os.setxattr('kept', 'user.folder', b'')
        os.symlink('/etc/passwd', 'link')
        os.chown('link', 7, 8, follow_symlinks=False)
        with open('sparse', 'wb') as file:
            file.seek(8 << 20)
            file.write(b'in the middle')
            file.truncate(16 << 20)
        for number, name in enumerate(['link', 'pipe', 'one', 'owned', 'deep/er', 'kept', 'replaced', '.']):
            os.utime(name, ns=(5, 981173106_789012345 + number), follow_symlinks=False)
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-overlay-").FullName;

    public OverlayChanges()
    {
        foreach (string folder in (string[])[Lower, Upper])
        {
            Directory.CreateDirectory(folder);
        }

        TreeListing.Python(Lower, LowerProgram);
        Merged = InOverlay(Upper, folder =>
        {
            TreeListing.Python(folder, ChangeProgram);
            return TreeListing.Of(folder);
        });
    }

    public string Lower => Path.Combine(_folder, "lower");

    public string Upper => Path.Combine(_folder, "upper");

    /// <summary>What the overlay showed in the end.</summary>
    public string Merged { get; }

    /// <summary>What another upper folder shows over the same lower one.</summary>
    public string MergedWith(string upper) => InOverlay(upper, folder => TreeListing.Of(folder));

    /// <summary>The overlay is mounted nowhere, and gone with its descriptor.</summary>
    public T InOverlay<T>(string upper, Func<string, T> use)
    {
        string work = Path.Combine(_folder, "work-" + Guid.NewGuid());
        Directory.CreateDirectory(work);
        using var mount = MountCalls.Overlay([Lower], upper, work);
        return use($"/proc/{Environment.ProcessId}/fd/{mount.Number}");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
