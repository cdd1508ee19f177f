namespace Figment.Typestate.Tests;

/// <summary>LIN001: a value is used once.</summary>
public sealed class UseAfterMoveTests
{
    [Fact]
    public Task What_was_consumed_is_not_used_again() => Expect.CaseAsync(
        """
        static void F(Volume v) { var i = v.FreeInode(); i.Release(); {|LIN001:i|}.Release(); }
        """);

    [Fact]
    public Task Nor_is_a_state_that_it_has_left() => Expect.CaseAsync(
        """
        static void F(Volume v, Dentry<Clean, Named> d)
        {
            var i = Free();
            var a = i.Initialize(1).Flush().Fence();
            var b = {|LIN001:i|}.Initialize(2).Flush().Fence();
            var (e, k) = d.Commit(a);
            Done(e.Flush().Fence(), k);
            Keep(b);
        }

        [Trusted, Infallible] static Inode<Clean, Free> Free() => new Inode<Clean, Free>(1);
        [Trusted, Infallible] static void Keep(Inode<Clean, Init> i) { }
        """);

    [Fact]
    public Task A_copy_moves_the_value() => Expect.CaseAsync(
        """
        static void F(Volume v) { var i = v.FreeInode(); var j = i; {|LIN001:i|}.Release(); j.Release(); }
        """);

    [Fact]
    public Task A_loop_consumes_once_for_each_round() => Expect.CaseAsync(
        """
        static void F(Volume v) { var {|LIN002:i = v.FreeInode()|}; for (int n = 0; n < 2; n++) { {|LIN001:i|}.Release(); } }
        """);

    [Fact]
    public Task A_handler_cannot_consume_what_the_try_block_did() => Expect.CaseAsync(
        """
        static void F(Volume v) { var i = v.FreeInode(); try { i.Release(); Volume.Check(); } catch (IOException) { {|LIN001:i|}.Release(); } }
        """);

    [Fact]
    public Task A_finally_block_cannot_look_at_it() => Expect.CaseAsync(
        """
        static void F(Volume v) { var i = v.FreeInode(); try { i.Release(); } finally { Tell({|LIN001:i|}.Ino); } }
        [Infallible] static void Tell(ulong ino) { }
        """);

    [Fact]
    public Task It_is_not_lent_and_given_away_in_one_call() => Expect.CaseAsync(
        """
        static void F(Volume v) { var i = v.FreeInode(); Two({|LIN001:i|}, i); }
        [Trusted, Infallible] static void Two(in Inode<Clean, Free> a, Inode<Clean, Free> b) { }
        """);

    [Fact]
    public Task Nor_given_away_twice() => Expect.CaseAsync(
        """
        static void F(Volume v) { var i = v.FreeInode(); Two(i, {|LIN001:i|}); }
        [Trusted, Infallible] static void Two(Inode<Clean, Free> a, Inode<Clean, Free> b) { }
        """);

    [Fact]
    public Task A_goto_is_a_loop_too() => Expect.CaseAsync(
        """
        static void F(Volume v, int n) { var i = v.FreeInode(); again: {|LIN001:i|}.Release(); if (n-- > 0) goto again; }
        """);

    [Fact]
    public Task Filters_are_looked_into() => Expect.CaseAsync(
        """
        static void F(Volume v) { var i = v.FreeInode(); i.Release(); try { Volume.Check(); } catch (IOException) when ({|LIN001:i|}.Ino == 3) { } }
        """);

    [Fact]
    public Task One_handle_for_one_lock_is_all_there_is() => Expect.CaseAsync(
        """
        static void F(Lock l) { var a = l.Open(); var b = {|LIN001:l|}.Open(); a.Close().Release(); b.Close().Release(); }

        [Linear, Infallible] readonly ref struct Lock { public Handle Open() => new Handle(); public void Release() { } }
        [Linear, Infallible] readonly ref struct Handle { public Lock Close() => new Lock(); }
        """);
}
