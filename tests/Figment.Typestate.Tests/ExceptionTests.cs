namespace Figment.Typestate.Tests;

/// <summary>LIN007 to LIN009: no value is lost to an exception, and what promises to raise none does not.</summary>
public sealed class ExceptionTests
{
    [Fact]
    public Task A_throw_loses_it() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i, bool full) { if (full) { throw {|LIN007:new IOException()|}; } i.Release(); }
        """);

    [Fact]
    public Task So_does_a_conditional_one() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i, string? s) { var t = s ?? throw {|LIN007:new IOException()|}; i.Release(); }
        """);

    [Fact]
    public Task A_call_that_may_throw_loses_it() => Expect.CaseAsync(
        """
        static void F(Volume v)
        {
            var ino = v.FreeInode().Initialize(1).Flush();
            var de = {|LIN008:v.FreeDentry()|}.SetName("x"u8).Flush();
            var (d1, i1) = Fence(de, ino);
            var (d, k) = d1.Commit(i1);
            Done(d.Flush().Fence(), k);
        }
        """);

    [Fact]
    public Task What_cannot_fail_may_be_called() => Expect.CaseAsync(
        """
        static ulong F(Inode<Clean, Free> i, ReadOnlySpan<byte> name) { int n = Math.Max(name.Length, 3) + name[0]; ulong ino = i.Ino; i.Release(); return ino + (ulong)n; }
        """);

    [Fact]
    public Task Loops_over_spans_strings_and_arrays_are_no_calls() => Expect.CaseAsync(
        """
        static int F(Inode<Clean, Free> i, ReadOnlySpan<byte> span, Span<int> more, int[] array)
        {
            int sum = 0;
            foreach (byte b in span) { sum += b; }
            foreach (int n in more) { sum += n; }
            foreach (char c in "abc") { sum += c; }
            foreach (int n in array) { sum += n; }
            i.Release();
            return sum;
        }

        static void G(Inode<Clean, Free> i, int[] array) { foreach (int n in array) { {|LIN008:Volume.Check()|}; } i.Release(); }
        sealed class Wrapped { public static implicit operator Wrapped(int n) => new Wrapped(); }
        static void H(Inode<Clean, Free> i, int[] array) { foreach ({|LIN008:Wrapped|} w in array) { } i.Release(); }
        """);

    [Fact]
    public Task Properties_constructors_operators_and_delegates_are_calls() => Expect.CaseAsync(
        """
        sealed class C { public int P => 1; public int Auto { get; set; } public static C operator +(C a, C b) => a; }
        static void F(Inode<Clean, Free> i, C c) { var n = {|LIN008:c.P|} + c.Auto; i.Release(); }
        static void G(Inode<Clean, Free> i, Action a) { {|LIN008:a()|}; i.Release(); }
        static void H(Inode<Clean, Free> i) { var s = {|LIN008:new List<int>(3)|}; i.Release(); }
        static void I(Inode<Clean, Free> i, C c) { c = {|LIN008:c + c|}; i.Release(); }
        static void J(Inode<Clean, Free> i, C c) { {|LIN008:c += c|}; i.Release(); }
        static int K(Inode<Clean, Free> i, int n) { n += 2; n++; i.Release(); return n; }
        """);

    [Fact]
    public Task An_operand_is_lost_when_a_later_one_throws() => Expect.CaseAsync(
        """
        [Trusted, Infallible] static void Two(Inode<Clean, Free> i, int n) { }
        static int Check() => 1;
        static void F(Inode<Clean, Free> i) => Two(i, {|LIN008:Check()|});
        static void G(Inode<Clean, Free> i) { try { Two(i, {|LIN008:Check()|}); } catch { {|LIN001:i|}.Release(); } }
        """);

    [Fact]
    public Task A_handler_that_takes_all_may_consume_it() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i) { try { Volume.Check(); } catch { i.Release(); return; } i.Release(); }
        static void G(Inode<Clean, Free> i) { try { Volume.Check(); } catch (Exception) { i.Release(); throw; } i.Release(); }
        static void H(Inode<Clean, Free> i) { try { Volume.Check(); } finally { i.Release(); } }
        """);

    [Fact]
    public Task A_handler_for_some_lets_others_pass() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i) { try { {|LIN008:Volume.Check()|}; } catch (IOException) { i.Release(); return; } i.Release(); }
        static void G(Inode<Clean, Free> i, bool c) { try { {|LIN008:Volume.Check()|}; } catch (Exception) when (c) { i.Release(); return; } i.Release(); }
        """);

    [Fact]
    public Task A_handler_that_forgets_it() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> {|LIN002:i|}) { try { Volume.Check(); i.Release(); } catch (Exception) { } }
        """);

    [Fact]
    public Task A_variable_of_the_try_block_is_gone_in_the_handler() => Expect.CaseAsync(
        """
        static void F(Volume v) { try { var i = v.FreeInode(); {|LIN008:Volume.Check()|}; i.Release(); } catch (Exception) { } }
        """);

    [Fact]
    public Task Rethrowing_loses_what_is_still_live() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i) { try { Volume.Check(); } catch (Exception) { {|LIN007:throw;|} } i.Release(); }
        """);

    [Fact]
    public Task A_finally_block_counts_on_every_path() => Expect.CaseAsync(
        """
        static int F(Inode<Clean, Free> i, bool c) { try { if (c) { return 1; } Volume.Check(); return 2; } finally { i.Release(); } }
        static void G(Inode<Clean, Free> i) { try { try { Volume.Check(); } finally { Volume.Check(); } } finally { i.Release(); } }
        static void H(Inode<Clean, Free> i) { try { } finally { i.Release(); } {|LIN001:i|}.Release(); }
        """);

    [Fact]
    public Task Using_is_a_finally_block() => Expect.CaseAsync(
        """
        [Linear, Infallible] ref struct Guard { public void Dispose() { } }
        [Trusted, Infallible] static Guard Take() => new Guard();
        static void F() { using var g = Take(); Volume.Check(); }
        static void G() { using (Take()) { Volume.Check(); } }
        static void H() { var g = Take(); {|LIN008:Volume.Check()|}; g.Dispose(); }
        """);

    [Fact]
    public Task Using_lets_a_disposable_go() => Expect.CaseAsync(
        """
        [Linear, Infallible] struct Guard : IDisposable { public void Dispose() { } }
        [Trusted, Infallible] static Guard Take() => new Guard();
        static void F() { using var g = Take(); Volume.Check(); }
        """);

    [Fact]
    public Task Await_may_throw_and_yield_may_never_return() => Expect.CaseAsync(
        """
        [Linear, Infallible] struct Token { public void Use() { } }
        [Trusted, Infallible] static Token Take() => new Token();
        static async Task F() { var t = Take(); {|LIN008:await Done()|}; t.Use(); }
        static IEnumerable<int> G() { var t = Take(); {|LIN008:yield return 1;|} t.Use(); }
        [Trusted, Infallible] static Task Done() { try { return Task.CompletedTask; } catch { return null!; } }
        """);

    [Fact]
    public Task What_never_returns_ends_the_path() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i, bool c) { if (c) { Environment.FailFast("broken"); } i.Release(); }
        """);

    [Fact]
    public Task An_infallible_member_does_not_throw() => Expect.CaseAsync(
        """
        [Infallible] static void F(bool c) { if (c) { throw {|LIN009:new IOException()|}; } }
        [Infallible] static void G() { {|LIN009:Volume.Check()|}; }
        [Infallible] static void H() { try { Volume.Check(); } catch { return; } }
        [Infallible] static int I { get { {|LIN009:Volume.Check()|}; return 1; } }
        [Trusted, Infallible] static void J() { {|LIN009:Volume.Check()|}; }
        """);

    [Fact]
    public Task What_is_assumed_infallible_may_be_called() => Expect.SourceAsync(
        """
        [assembly: AssumeInfallible(typeof(Outside))]
        static class Outside { public static void M() { } }
        static class Other { public static void M() { } }
        static class Case { static void F(Inode<Clean, Free> i) { Outside.M(); {|LIN008:Other.M()|}; i.Release(); } }
        """);

    [Fact]
    public Task A_switch_expression_is_assumed_to_fit() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i, int n) { var t = n switch { 0 => 1, 1 => 2, _ => 3 }; i.Release(); }
        """);
}
