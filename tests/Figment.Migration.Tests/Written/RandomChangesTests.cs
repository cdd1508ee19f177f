using Figment.Tests;

namespace Figment.Migration.Tests.Written;

/// <summary>Whatever is done to a tree between rounds: in the end both are the same. As root.</summary>
public sealed class RandomChangesTests(ITestOutputHelper output)
{
    private const int TreesOfARun = 12;

    /// <summary>Told by Python, so that nothing of ours is in it: argument 1 is the seed, 2 how many changes.</summary>
    private const string Program = """
        import ctypes, mmap, os, random, shutil, stat, sys
        random.seed(int(sys.argv[1]))
        libc = ctypes.CDLL(None, use_errno=True)
        acl = bytes.fromhex('02000000' '01000600ffffffff' '0200060007000000' '04000400ffffffff' '10000600ffffffff' '20000400ffffffff')
        def every():
            for folder, folders, files in os.walk('.'):
                yield folder
                for name in files + [one for one in folders if os.path.islink(os.path.join(folder, one))]:
                    yield os.path.join(folder, name)
        def kind(path):
            return stat.S_IFMT(os.lstat(path).st_mode)
        def some(*kinds):
            found = [path for path in sorted(every()) if kind(path) in kinds]
            return random.choice(found) if found else None
        def fresh():
            return os.path.join(some(stat.S_IFDIR), random.choice(['a', 'b', 'c', 'ü', 'a-b', 'upper']) + str(random.randrange(6)))
        def data():
            size = random.choice([0, 1, 100, 4096, 5000, 65536, 70000, 300000])
            return random.choice([os.urandom(size), bytes(size), bytes(size // 2) + os.urandom(size - size // 2)])
        def write(path):
            with open(path, 'wb') as file:
                file.write(data())
        def change():
            what = random.randrange(22)
            file = some(stat.S_IFREG)
            folder = some(stat.S_IFDIR)
            name = fresh()
            if what < 4 or file is None:
                if not os.path.lexists(name):
                    write(name)
            elif what == 4:
                os.mkdir(name) if not os.path.lexists(name) else None
            elif what == 5:
                with open(file, 'ab') as one:
                    one.write(data())
            elif what == 6:
                with open(file, 'r+b') as one:
                    one.seek(random.randrange(400000))
                    one.write(data())
            elif what == 7:
                os.truncate(file, random.choice([0, 10, 65536, 65537, 131072, 500000, os.stat(file).st_size // 2]))
            elif what == 8:
                fd = os.open(file, os.O_RDWR)
                libc.fallocate(fd, 3, ctypes.c_long(random.randrange(50) * 4096), ctypes.c_long(random.randrange(1, 100000)))
                os.close(fd)
            elif what == 9:
                os.rename(file, name) if not os.path.isdir(name) else None
            elif what == 10 and folder != '.' and not name.startswith(folder + '/') and not os.path.lexists(name):
                os.rename(folder, name)
            elif what == 11 and not os.path.lexists(name):
                os.link(file, name)
            elif what == 12:
                write(file + '~')
                os.rename(file + '~', file)
            elif what == 13:
                os.setxattr(file, 'user.note', os.urandom(random.randrange(1, 40)))
            elif what == 14:
                os.setxattr(random.choice([file, folder]), 'system.posix_acl_access', acl)
            elif what == 15:
                s = os.lstat(file)
                os.chmod(file, random.randrange(0o10000))
                os.utime(file, ns=(s.st_atime_ns, s.st_mtime_ns))
            elif what == 16:
                s = os.lstat(file)
                os.remove(file)
                with open(file, 'wb') as one:
                    one.write(os.urandom(s.st_size))
                os.utime(file, ns=(s.st_atime_ns, s.st_mtime_ns))
            elif what == 17:
                path = some(stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR)
                os.chown(path, random.randrange(9), random.randrange(9), follow_symlinks=False)
            elif what == 18 and not os.path.lexists(name):
                random.choice([lambda: os.mkfifo(name), lambda: os.symlink('../' * random.randrange(9) + 'etc/passwd', name), lambda: os.mknod(name, stat.S_IFCHR, 0)])()
            elif what == 19 and folder != '.':
                shutil.rmtree(folder) if random.randrange(3) == 0 else os.setxattr(folder, 'trusted.overlay.opaque', b'y')
            elif what == 20 and os.path.getsize(file) > 0:
                with open(file, 'r+b') as one, mmap.mmap(one.fileno(), 0) as memory:
                    memory[random.randrange(len(memory))] ^= 255
            elif what == 21:
                os.remove(some(stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR))
        for _ in range(int(sys.argv[2])):
            change()
        """;

    [Fact]
    public void After_the_last_difference_both_trees_are_the_same()
    {
        for (int seed = 1; seed <= TreesOfARun; seed++)
        {
            Attempt(new Random(seed), $"seed {seed}");
        }
    }

    [Fact]
    [Trait("fuzz", "written-changes")]
    public void Fuzz_written_changes() => new FuzzRun("written-changes", output).RunSteps(random => Attempt(random, "fuzz"));

    private static void Attempt(Random random, string what)
    {
        using var test = new WrittenTest();
        Change(60);
        for (int rounds = random.Next(4); rounds > 0; rounds--)
        {
            test.Copy.Round();
            Change(random.Next(40));
        }

        test.Copy.Last(test.Dump);
        string written = test.Receive();
        Assert.True(TreeListing.Of(test.Upper) == TreeListing.Of(Path.Combine(written, "upper")), what);
        test.AssertSame(written);

        void Change(int count) => TreeListing.Python(test.Upper, Program, $"{random.Next()}", $"{count}");
    }
}
