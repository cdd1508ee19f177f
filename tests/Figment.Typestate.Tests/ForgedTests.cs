namespace Figment.Typestate.Tests;

/// <summary>LIN005, LIN006 and LIN010: no value is made by hand, and none hides from the check.</summary>
public sealed class ForgedTests
{
    [Fact]
    public Task Default_is_no_value() => Expect.CaseAsync(
        """
        static void F() { Inode<Clean, Free> i = {|LIN005:default|}; i.Release(); }
        static void G() { var i = {|LIN005:default(Inode<Clean, Free>)|}; i.Release(); }
        """);

    [Fact]
    public Task New_is_no_value() => Expect.CaseAsync(
        """
        static void F() { var i = {|LIN005:new Inode<Clean, Free>()|}; i.Release(); }
        static void G() { var i = {|LIN005:new Inode<Clean, Free>(3)|}; i.Release(); }
        """);

    [Fact]
    public Task Nor_is_a_default_argument() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i = default) { i.Release(); }
        static void G() { {|LIN005:F()|}; }
        """);

    [Fact]
    public Task A_generic_method_can_make_none() => Expect.CaseAsync(
        """
        static T Make<[Linear] T>() where T : allows ref struct => {|LIN005:default|}!;
        """);

    [Fact]
    public Task A_generic_method_that_is_not_checked_gets_none() => Expect.CaseAsync(
        """
        [Infallible] static void Drop<T>(T x) where T : allows ref struct { }
        static void F(Volume v) { {|LIN006:Drop(v.FreeInode())|}; }
        """);

    [Fact]
    public Task What_is_borrowed_is_not_consumed() => Expect.CaseAsync(
        """
        static void F(in Inode<Clean, Free> i) { {|LIN006:i|}.Release(); }
        static void G([Borrow] Inode<Clean, Free> i) { {|LIN006:i|}.Release(); }
        """);

    [Fact]
    public Task Nothing_is_handed_out_by_reference() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i) { G(ref {|LIN006:i|}); i.Release(); }
        [Trusted, Infallible] static void G(ref Inode<Clean, Free> i) { }
        static void H(ref Inode<Clean, Free> {|LIN006:i|}) { }
        """);

    [Fact]
    public Task A_reference_is_another_name() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> i) { ref var r = ref {|LIN006:i|}; i.Release(); }
        """);

    [Fact]
    public Task A_pointer_is_not_followed() => Expect.CaseAsync(
        """
        static unsafe void F(Inode<Clean, Free> i) { Inode<Clean, Free>* p = {|LIN006:&i|}; i.Release(); }
        """);

    [Fact]
    public Task Lists_lambdas_and_await_are_the_compilers() => Expect.CaseAsync(
        """
        static void F(Inode<Clean, Free> {|LIN002:i|}) { Action a = () => {|CS9108:{|LIN006:i|}|}.Release(); }
        """);

    [Fact]
    public Task A_linear_value_on_the_heap_is_stored() => Expect.CaseAsync(
        """
        [Linear] public struct Token { public void Use() { } }
        sealed class Holder { Token {|LIN010:_token|}; }
        sealed class Property { public Token {|LIN010:Token|} { get; set; } }
        sealed class Hiding { List<Token> {|LIN006:_tokens|} = {|LIN006:new()|}; Token[] {|LIN006:_array|} = {|LIN006:{}|}; }
        """);

    [Fact]
    public Task Nor_is_it_boxed_or_put_into_an_array() => Expect.CaseAsync(
        """
        [Linear] public struct Token { [Infallible] public void Use() { } }
        static object F(Token t) => {|LIN006:t|};
        static Token? G(Token t) => {|LIN006:t|};
        static void H(Token t) { object[] a = { {|LIN006:t|} }; }
        """);

    [Fact]
    public Task A_tuple_is_linear_when_a_part_is() => Expect.CaseAsync(
        """
        [Linear] public struct Token { [Infallible] public void Use() { } }
        static (Token, int) F(Token t) => (t, 1);
        static void G(Token t) { var (u, n) = F(t); u.Use(); }
        static void H(Token t) { {|LIN004:F(t);|} }
        """);

    [Fact]
    public Task Methods_of_object_know_nothing_of_it() => Expect.CaseAsync(
        """
        [Linear] public struct Token { [Infallible] public void Use() { } }
        static string? F(Token t) { var s = {|LIN006:t|}.ToString(); t.Use(); return s; }
        """);

    [Fact]
    public Task Nor_do_strings_and_primary_constructors() => Expect.CaseAsync(
        """
        [Linear] public struct Token { [Infallible] public void Use() { } }
        static string F(Token t) => $"{{|LIN006:t|}}";
        sealed class C(Token {|LIN006:t|}) { public void M() { t.Use(); } }
        static bool G(Token t) { bool b = t is Token; t.Use(); return b; }
        static string H(Token t) { t.Use(); return nameof(t); }
        static bool I(Token {|LIN002:t|}) => t is {|LIN006:var u|};
        """);

    [Fact]
    public Task No_pragma_turns_it_off() => Expect.CaseAsync(
        """
        #pragma warning disable LIN002
        static void F(Inode<Clean, Free> {|LIN002:i|}) { }
        """);
}
