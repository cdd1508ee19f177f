using Figment.Node.Identity;
using Microsoft.Extensions.Time.Testing;

namespace Figment.Node.Tests.Identity;

public sealed class JoinTokenTests : IDisposable
{
    private static readonly string Fingerprint = new('a', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-tokens-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 27, 8, 0, 0, TimeSpan.Zero));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_token_is_good_once_also_after_a_restart()
    {
        var first = new JoinTokens(_folder, _time).Give(Fingerprint, TimeSpan.FromHours(1));
        var second = new JoinTokens(_folder, _time).Give(Fingerprint, TimeSpan.FromHours(1));

        Assert.True(new JoinTokens(_folder, _time).Take(second.Id, second.Secret));
        Assert.False(new JoinTokens(_folder, _time).Take(second.Id, second.Secret));
        Assert.True(new JoinTokens(_folder, _time).Take(first.Id, first.Secret));
    }

    [Fact]
    public void A_token_runs_out()
    {
        var tokens = new JoinTokens(_folder, _time);
        var token = tokens.Give(Fingerprint, TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.False(tokens.Take(token.Id, token.Secret));
    }

    [Fact]
    public void Another_secret_is_no_use_and_uses_nothing_up()
    {
        var tokens = new JoinTokens(_folder, _time);
        var token = tokens.Give(Fingerprint, TimeSpan.FromHours(1));

        Assert.False(tokens.Take(token.Id, JoinToken.New(Fingerprint).Secret));
        Assert.False(tokens.Take("00000000", token.Secret));
        Assert.True(tokens.Take(token.Id, token.Secret));
    }

    [Fact]
    public void No_secret_is_on_storage()
    {
        var token = new JoinTokens(_folder, _time).Give(Fingerprint, TimeSpan.FromHours(1));

        string file = Assert.Single(Directory.GetFiles(_folder));
        Assert.DoesNotContain(token.Secret, File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void What_is_written_is_read()
    {
        var token = JoinToken.New(Fingerprint);

        Assert.Equal(token, JoinToken.Parse(token.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a.b.c")]
    [InlineData("0123456789abcdef0123456789abcdef")]
    [InlineData("01234567.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde")]
    [InlineData("01234567.0123456789abcdef0123456789abcdef.0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("01234567.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.")]
    public void What_is_no_token_is_none(string text) => Assert.Null(JoinToken.Parse(text));
}
