namespace Figment.Typestate.Tests;

/// <summary>What is right passes.</summary>
public sealed class SoundTests
{
    [Fact]
    public Task The_operations_of_a_file_system() => Expect.CaseAsync(
        """
        static void Create(Dentry<Clean, Free> slot, Inode<Clean, Free> free, ReadOnlySpan<byte> name)
        {
            var (entry, inode) = Fence(slot.SetName(name).Flush(), free.Initialize(1).Flush());
            var (committed, taken) = entry.Commit(inode);
            Done(committed.Flush().Fence(), taken);
        }

        static void Unlink(Volume v, Dentry<Clean, Start> entry)
        {
            var inode = v.Target(entry);
            var gone = entry.ClearIno().Flush().Fence();
            var less = inode.DecLink(gone).Flush();
            Done(gone.Dealloc().Flush().Fence(), less.Fence().Dealloc().Flush().Fence());
        }
        """);

    [Fact]
    public Task Branches_and_loops_that_consume_on_each_path() => Expect.CaseAsync(
        """
        static void F(Volume v, bool big)
        {
            var i = v.FreeInode();
            if (big) { Keep(i.Initialize(1).Flush().Fence()); } else { i.Release(); }
            for (int n = 0; n < 3; n++) { var t = v.FreeInode(); t.Release(); }
            while (big) { var t = v.FreeInode(); if (t.Ino == 3) { t.Release(); break; } t.Release(); }
        }

        [Trusted, Infallible] static void Keep(Inode<Clean, Init> i) { }
        """);

    [Fact]
    public Task A_variable_may_be_used_again_for_another_value() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> a, Inode<Clean, Free> b) { var i = a; i.Release(); i = b; i.Release(); }
        static void G(Volume v, int n) { var i = v.FreeInode(); while (n-- > 0) { i.Release(); i = v.FreeInode(); } i.Release(); }
        """);

    [Fact]
    public Task Operands_that_branch_do_not_confuse_it() => Expect.CaseAsync(
        """
        [Trusted, Infallible] static Inode<Dirty, Init> Make(Inode<Clean, Free> i, in Dentry<Clean, Start> d, uint mode) => new Inode<Dirty, Init>(1);
        [Trusted, Infallible] static void Keep(Inode<Dirty, Init> i) { }
        static void F(Inode<Clean, Free> i, in Dentry<Clean, Start> d, bool c) => Keep(Make(i, d, c ? 1u : 2u));
        static void G(Inode<Clean, Free> i, bool c) => Keep(i.Initialize(c ? 1u : 2u));
        static void H(Inode<Clean, Free> i, string? s) => Keep(i.Initialize((uint)(s?.Length ?? 0)));
        """);

    [Fact]
    public Task Generic_code_over_linear_values() => Expect.CaseAsync(
        """
        static T Same<[Linear] T>(T x) where T : allows ref struct => x;
        static void F(Volume v) => Same(v.FreeInode()).Release();
        interface IEnd { void End(); }
        [Linear, Infallible] struct Token : IEnd { public void End() { } }
        [Trusted, Infallible] static Token Take() => new Token();
        static void EndIt<[Linear] T>(T x) where T : IEnd => x.End();
        static void G() => EndIt(Take());
        """);

    [Fact]
    public Task An_extension_block_is_a_method_like_any() => Expect.SourceAsync(
        """
        [Trusted, Infallible]
        static class More
        {
            extension(Dentry<Clean, Free> d) { public Dentry<Dirty, Named> Call() => d.SetName("q"u8); }
            extension(Dentry<Clean, Named> d) { public void Drop() { } }
        }

        static class Case
        {
            static void F(Volume v) => v.FreeDentry().Call().Flush().Fence().Drop();
            static void G(Volume v) { var d = v.FreeDentry(); var e = d.Call(); {|LIN001:d|}.Release(); e.Flush().Fence().Drop(); }
        }
        """);

    [Fact]
    public Task Code_without_linear_values_is_left_alone() => Expect.CaseAsync(
        """
        static async Task<int> F(Func<int, Task> f) { try { await f(1); return 1; } finally { Console.WriteLine(); } }
        static IEnumerable<int> G() { yield return 1; }
        """);
}
