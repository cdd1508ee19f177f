using System.Diagnostics;

namespace Figment.Tests;

/// <summary>What a tree is like, told by Python and not by what is tested: a line for each file, with the attributes, and which names are one file.</summary>
internal static class TreeListing
{
    /// <summary>What a copy of an upper folder need not have.</summary>
    public static readonly string[] OfTheNode = ["trusted.overlay.origin", "trusted.overlay.impure", "trusted.overlay.uuid"];

    private const string Program = """
        import hashlib, os, stat, sys
        without = sys.argv[1].split()
        places = []
        for folder, folders, files in os.walk(b'.'):
            places += [folder] + [os.path.join(folder, name) for name in files + [one for one in folders if os.path.islink(os.path.join(folder, one))]]
        first = {}
        for place in sorted(places):
            s = os.lstat(place)
            name = os.fsdecode(place[2:])
            kind = {stat.S_IFREG: 'f', stat.S_IFDIR: 'd', stat.S_IFLNK: 'l', stat.S_IFIFO: 'p', stat.S_IFCHR: 'c', stat.S_IFBLK: 'b', stat.S_IFSOCK: 's'}[stat.S_IFMT(s.st_mode)]
            line = '%s %s %o %d:%d %d.%09d0' % (name, kind, stat.S_IMODE(s.st_mode), s.st_uid, s.st_gid, s.st_mtime_ns // 10**9, s.st_mtime_ns % 10**9)
            if kind == 'l':
                line += ' ' + os.fsdecode(os.readlink(place))
            if kind == 'c':
                line += ' %d:%d' % (os.major(s.st_rdev), os.minor(s.st_rdev))
            if kind == 'f':
                with open(place, 'rb') as file:
                    line += ' %d %s' % (s.st_size, hashlib.sha256(file.read()).hexdigest())
            if kind not in 'dc' and first.setdefault((s.st_dev, s.st_ino), name) != name:
                line += ' = ' + first[s.st_dev, s.st_ino]
            try:
                attributes = sorted(os.listxattr(place, follow_symlinks=False))
            except OSError:
                attributes = []
            for attribute in attributes:
                if attribute not in without:
                    line += ' %s=%s' % (attribute, os.getxattr(place, attribute, follow_symlinks=False).hex())
            sys.stdout.buffer.write(os.fsencode(line + '\n'))
        """;

    public static string Of(string folder, params string[] without) => Python(folder, Program, string.Join(' ', without));

    /// <summary>Runs a program there, and fails if it fails.</summary>
    public static string Python(string folder, string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", $"import os; os.chdir('{folder}')\n{program}", .. arguments]) { RedirectStandardOutput = true })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"python3 in {folder} ended with {process.ExitCode}");
        return output;
    }
}
