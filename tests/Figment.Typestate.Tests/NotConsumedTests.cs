namespace Figment.Typestate.Tests;

/// <summary>LIN002 to LIN004: no value is dropped, overwritten or discarded.</summary>
public sealed class NotConsumedTests
{
    [Fact]
    public Task A_branch_drops_it() => Expect.CaseAsync(
        """
        static void F(Volume v, bool c) { var {|LIN002:i = v.FreeInode()|}; if (c) { i.Release(); } }
        """);

    [Fact]
    public Task An_early_return_drops_it() => Expect.CaseAsync(
        """
        static void F(Volume v, Dentry<Clean, Named> d, Inode<Clean, Free> i, bool full)
        {
            var {|LIN002:ino = i.Initialize(1).Flush().Fence()|};
            var {|LIN002:e = d|};
            if (full) { return; }
            var (d2, k) = e.Commit(ino);
            Done(d2.Flush().Fence(), k);
        }
        """);

    [Fact]
    public Task An_arm_of_a_switch_drops_it() => Expect.CaseAsync(
        """
        static int F(Volume v, int c) { var {|LIN002:i = v.FreeInode()|}; switch (c) { case 0: i.Release(); return 0; case 1: return 1; default: i.Release(); break; } return 2; }
        """);

    [Fact]
    public Task Leaving_a_loop_drops_it() => Expect.CaseAsync(
        """
        static void F(Volume v, int n) { while (true) { var {|LIN002:i = v.FreeInode()|}; if (n-- == 0) { break; } i.Release(); } }
        """);

    [Fact]
    public Task The_other_arm_of_a_conditional_is_dropped() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> {|LIN002:i|}, Inode<Clean, Free> {|LIN002:j|}, bool c) { var k = c ? i : j; k.Release(); }
        """);

    [Fact]
    public Task A_parameter_is_never_used() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> {|LIN002:i|}) { }
        """);

    [Fact]
    public Task Nor_in_a_local_function() => Expect.CaseAsync(
        """
        static void F(Volume v) { void L(Inode<Clean, Free> {|LIN002:x|}) { } L(v.FreeInode()); }
        """);

    [Fact]
    public Task Nor_in_a_lambda() => Expect.CaseAsync(
        """
        delegate void Take(Inode<Clean, Free> i);
        static Take F() => ({|LIN002:i|}) => { };
        """);

    [Fact]
    public Task A_generic_method_drops_it() => Expect.CaseAsync(
        """
        static void Drop<[Linear] T>(T {|LIN002:x|}) where T : allows ref struct { }
        static void F(Volume v) { Drop(v.FreeInode()); }
        """);

    [Fact]
    public Task A_value_that_is_only_looked_at_is_dropped() => Expect.CaseAsync(
        """
        static ulong F(Volume v) => {|LIN004:v.FreeInode()|}.Ino;
        static void G(Volume v) => Look({|LIN004:v.FreeInode()|});
        [Infallible] static void Look(in Inode<Clean, Free> i) { }
        """);

    [Fact]
    public Task Half_of_a_pair_is_dropped() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Named> d, Inode<Clean, Init> i) { var (e, {|LIN002:k|}) = d.Commit(i); Keep(e); }
        [Trusted, Infallible] static void Keep(Dentry<Dirty, Committed> i) { }
        """);

    [Fact]
    public Task A_local_function_returns_without_it() => Expect.CaseAsync(
        """
        static int F(Inode<Clean, Free> {|LIN002:i|}, int n) { if (n == 0) { goto end; } i.Release(); end: return n; }
        """);

    [Fact]
    public Task A_null_conditional_skips_the_call_that_consumes() => Expect.CaseAsync(
        """
        sealed class Sink { [Trusted, Infallible] public int Take(Inode<Clean, Free> i) => 1; }
        static void F(Inode<Clean, Free> {|LIN002:i|}, Sink? sink) { sink?.Take(i); }
        """);

    [Fact]
    public Task A_short_circuit_skips_it_too() => Expect.CaseAsync(
        """
        [Trusted, Infallible] static bool Take(Inode<Clean, Free> i) => true;
        static bool F(Inode<Clean, Free> {|LIN002:i|}, bool c) => c && Take(i);
        """);

    [Fact]
    public Task A_switch_expression_consumes_in_one_arm() => Expect.CaseAsync(
        """
        [Trusted, Infallible] static int Take(Inode<Clean, Free> i) => 1;
        static int F(Inode<Clean, Free> {|LIN002:i|}, int n) => n switch { 0 => Take(i), _ => 0 };
        """);

    [Fact]
    public Task It_is_overwritten() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> a, Inode<Clean, Free> b) { var i = a; {|LIN003:i|} = b; i.Release(); }
        """);

    [Fact]
    public Task A_loop_overwrites_it() => Expect.CaseAsync(
        """
        static void F(Source s) { var i = s.Next(); while (s.More) { {|LIN003:i|} = s.Next(); } i.Release(); }
        [Trusted, Infallible] sealed class Source { public bool More => true; public Inode<Clean, Free> Next() => new Inode<Clean, Free>(1); }
        """);

    [Fact]
    public Task A_result_is_discarded() => Expect.CaseAsync(
        """
        static void F(Volume v) { {|LIN004:v.FreeInode().Initialize(1).Flush();|} }
        static void G(Volume v) { {|LIN004:_|} = v.FreeInode(); }
        static void H(Dentry<Clean, Named> d, Inode<Clean, Init> i) { var ({|LIN004:_|}, k) = d.Commit(i); Keep(k); }
        [Trusted, Infallible] static void Keep(Inode<Clean, Committed> i) { }
        """);

    [Fact]
    public Task An_out_result_is_discarded() => Expect.CaseAsync(
        """
        static void F(Volume v, out Inode<Clean, Free> i) { i = v.FreeInode(); }
        static void G(Volume v) { F(v, out {|LIN004:_|}); }
        """);

    [Fact]
    public Task A_result_of_a_method_of_ours_is_discarded() => Expect.CaseAsync(
        """
        static Inode<Clean, Init> F(Inode<Clean, Free> i) => i.Initialize(1).Flush().Fence();
        static void G(Volume v) { {|LIN004:F(v.FreeInode());|} }
        """);
}
