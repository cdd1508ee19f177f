namespace Figment.Typestate.Tests;

/// <summary>What the compiler alone says of order, through the states in the types.</summary>
public sealed class OrderTests
{
    [Fact]
    public Task A_flush_is_forgotten() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Free> d) { var e = {|CS1929:d.SetName("a"u8)|}.Fence(); }
        """);

    [Fact]
    public Task A_fence_is_forgotten() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Named> d, Inode<Clean, Free> i) { var (e, k) = d.Commit({|CS1503:i.Initialize(1).Flush()|}); Done(e.Flush().Fence(), k); }
        """);

    [Fact]
    public Task An_entry_is_committed_before_its_inode() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Named> d, Inode<Clean, Free> i) { var (e, k) = d.Commit({|CS1503:i|}); Done(e.Flush().Fence(), k); }
        """);

    [Fact]
    public Task A_link_is_dropped_before_its_entry() => Expect.CaseAsync(
        """
        static void F(Dentry<Clean, Start> d, Volume v) { var i = v.Target(d); Done(i.DecLink({|CS1503:d|}).Flush().Fence()); }
        """);

    [Fact]
    public Task A_value_does_not_live_across_await() => Expect.CaseAsync(
        """
        static async Task F(Volume v) { var i = v.FreeInode(); {|LIN008:await {|LIN008:Task.Yield()|}|}; {|CS4007:i|}.Release(); }
        """);

    [Fact]
    public Task Nor_in_a_list() => Expect.CaseAsync(
        """
        static void G(Volume v) { var l = {|LIN006:new List<{|CS9244:Inode<Clean, Free>|}>()|}; }
        """);
}
