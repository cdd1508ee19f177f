namespace Figment.Typestate.Tests;

/// <summary>LIN011 and LIN012: a proof about one object is not used for another, and a stand-in keeps the contract.</summary>
public sealed class BrandTests
{
    [Fact]
    public Task The_proof_is_of_the_entry_that_named_the_inode() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Start> d, Volume v)
        {
            var i = v.Target(d);
            var gone = d.ClearIno().Flush().Fence();
            var dec = i.DecLink(gone).Flush().Fence();
            Done(gone.Dealloc().Flush().Fence(), dec.Dealloc().Flush().Fence());
        }
        """);

    [Fact]
    public Task Another_entry_proves_nothing() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Start> d, Dentry<Clean, Start> other, Volume v)
        {
            var i = v.Target(d);
            var j = v.Target(other);
            var gone = d.ClearIno().Flush().Fence();
            var there = other.ClearIno().Flush().Fence();
            Done(i.DecLink({|LIN011:there|}).Flush().Fence());
            Done(gone.Dealloc().Flush().Fence(), j.DecLink(there).Flush().Fence().Dealloc().Flush().Fence());
            Keep(there);
        }

        [Trusted, Infallible] static void Keep(Dentry<Clean, ClearIno> d) { }
        """);

    [Fact]
    public Task An_inode_from_elsewhere_has_no_entry() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Start> d, Volume v)
        {
            var i = v.OpenInode(7);
            var gone = d.ClearIno().Flush().Fence();
            Done(i.DecLink({|LIN011:gone|}).Flush().Fence());
            Keep(gone);
        }

        [Trusted, Infallible] static void Keep(Dentry<Clean, ClearIno> d) { }
        """);

    [Fact]
    public Task What_two_paths_brought_is_not_known() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Start> d, Dentry<Clean, Start> e, Volume v, bool c)
        {
            Inode<Clean, Start> i;
            if (c) { i = v.Target(d); } else { i = v.Target(e); }
            var gone = d.ClearIno().Flush().Fence();
            Keep(e.ClearIno().Flush().Fence());
            Done(i.DecLink({|LIN011:gone|}).Flush().Fence());
            Keep(gone);
        }

        [Trusted, Infallible] static void Keep(Dentry<Clean, ClearIno> d) { }
        """);

    [Fact]
    public Task A_loop_makes_another_object_each_time() => Expect.CaseAsync(
        """
        static void F(Source s)
        {
            var i = s.Inode(s.Next(out var first));
            Keep(first);
            while (s.More)
            {
                var d = s.Next();
                var gone = d.ClearIno().Flush().Fence();
                Done(i.DecLink({|LIN011:gone|}).Flush().Fence());
                Keep(gone);
                var e = s.Next();
                i = s.Target(e);
                Keep(e.ClearIno().Flush().Fence());
            }

            i.Release();
        }

        [Trusted, Infallible] static void Keep(Dentry<Clean, ClearIno> d) { }
        [Trusted, Infallible] static void Keep(Dentry<Clean, Start> d) { }
        [Trusted, Infallible]
        sealed class Source
        {
            public bool More => true;
            public int Next(out Dentry<Clean, Start> d) { d = Next(); return 1; }
            public Dentry<Clean, Start> Next() => new Dentry<Clean, Start>(1);
            public Inode<Clean, Start> Inode(int ino) => new Inode<Clean, Start>(1);
            [return: SameBrand("d")] public Inode<Clean, Start> Target(scoped in Dentry<Clean, Start> d) => new Inode<Clean, Start>(1);
        }
        """);

    [Fact]
    public Task A_method_of_ours_can_demand_it_and_pass_it_on() => Expect.CaseAsync(
        """
        [Infallible] static Inode<Clean, DecLink> Drop(Inode<Clean, Start> i, [SameBrand("i")] in Dentry<Clean, ClearIno> gone) => i.DecLink(gone).Flush().Fence();

        static void F(Dentry<Clean, Start> d, Dentry<Clean, Start> other, Volume v)
        {
            var i = v.Target(d);
            var gone = d.ClearIno().Flush().Fence();
            var there = other.ClearIno().Flush().Fence();
            Done(Drop(i, {|LIN011:there|}));
            Keep(gone);
            Keep(there);
        }

        static void G(Inode<Clean, Start> i, in Dentry<Clean, ClearIno> gone) => Done(i.DecLink({|LIN011:gone|}).Flush().Fence());
        [Trusted, Infallible] static void Keep(Dentry<Clean, ClearIno> d) { }
        """);

    [Fact]
    public Task What_is_said_of_a_result_must_be_so() => Expect.CaseAsync(
        """
        [return: SameBrand("d")] static Inode<Clean, Start> F(scoped in Dentry<Clean, Start> d, Volume v) => v.Target(d);
        [return: SameBrand("d")] static Inode<Clean, Start> G(scoped in Dentry<Clean, Start> d, Volume v) => {|LIN011:v.OpenInode(3)|};
        static void H(scoped in Dentry<Clean, Start> d, Volume v, [SameBrand("d")] out Inode<Clean, Start> i) => i = v.Target(d);
        static void I(scoped in Dentry<Clean, Start> d, Volume v, [SameBrand("d")] out Inode<Clean, Start> {|LIN011:i|}) => i = v.OpenInode(3);
        """);

    [Fact]
    public Task A_pair_keeps_the_brands_of_its_parts() => Expect.CaseAsync(
        """
        [Trusted, Infallible] static Both<Dentry<Clean, ClearIno>, Inode<Clean, Start>> Pass(Dentry<Clean, ClearIno> d, Inode<Clean, Start> i) => new(d, i);

        static void F(Dentry<Clean, Start> d, Volume v)
        {
            var i = v.Target(d);
            var (gone, j) = Pass(d.ClearIno().Flush().Fence(), i);
            Done(gone.Dealloc().Flush().Fence(), j.DecLink({|LIN001:gone|}).Flush().Fence().Dealloc().Flush().Fence());
        }

        static void G(Dentry<Clean, Start> d, Volume v)
        {
            var i = v.Target(d);
            var (gone, j) = Pass(d.ClearIno().Flush().Fence(), i);
            Done(j.DecLink(gone).Flush().Fence());
            Keep(gone);
        }

        [Trusted, Infallible] static void Keep(Dentry<Clean, ClearIno> d) { }
        """);

    [Fact]
    public Task A_delegate_says_who_owns_it_afterwards() => Expect.CaseAsync(
        """
        delegate void Take(Inode<Clean, Free> i);
        static void Look([Borrow] Inode<Clean, Free> i) { }
        static Take F() => {|LIN012:Look|};
        static void Free(Inode<Clean, Free> i) => i.Release();
        static Take G() => Free;
        """);

    [Fact]
    public Task An_implementation_keeps_the_contract() => Expect.CaseAsync(
        """
        interface IStore { [Infallible] void Put(int n); void Take(Inode<Clean, Free> i); }
        sealed class Store : IStore { public void {|LIN012:Put|}(int n) { } public void {|LIN012:Take|}([Borrow] Inode<Clean, Free> i) { } }
        abstract class Base { [Infallible] public abstract void Put(int n); }
        sealed class Derived : Base { public override void {|LIN012:Put|}(int n) { } }
        sealed class Right : Base { [Infallible] public override void Put(int n) { } }
        """);
}
