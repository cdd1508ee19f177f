namespace Figment.Images.Tests;

public sealed class DockerCredentialsTests
{
    [Fact]
    public void Credentials_are_found_by_registry()
    {
        var credentials = DockerCredentials.Parse("""
            {
              "auths": {
                "https://index.docker.io/v1/": { "auth": "YWxpY2U6cGE6c3M=" },
                "localhost:5000": { "username": "bob", "password": "x" },
                "https://old.example.com/v1/": { "auth": "YjpjAAA=" },
                "token.example.com": { "auth": "MDAwOg==", "identitytoken": "refresh" },
                "helped.example.com": {}
              },
              "credsStore": "secretservice",
              "credHelpers": { "ecr.example.com": "ecr-login" },
              "psFormat": "ignored"
            }
            """u8);

        Assert.Equal(new RegistryCredentials("alice", "pa:ss"), credentials.Find("docker.io"));
        Assert.Equal(new RegistryCredentials("bob", "x"), credentials.Find("localhost:5000"));
        Assert.Equal(new RegistryCredentials("b", "c"), credentials.Find("old.example.com"));
        Assert.Equal("refresh", credentials.Find("token.example.com")!.IdentityToken);
        Assert.Null(credentials.Find("helped.example.com"));
        Assert.Null(credentials.Find("other.example.com"));
        Assert.Equal(["ecr.example.com", "helped.example.com"], credentials.KeptByHelpers.Order());
        Assert.DoesNotContain("pa:ss", credentials.Find("docker.io")!.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("""{"auths":{"x":{"auth":"%%%"}}}""")]
    [InlineData("""{"auths":{"x":{"auth":"YQ=="}}}""")]
    public void What_is_no_such_file_is_refused(string text) =>
        Assert.Equal(ImageErrorKind.Corrupt, Assert.Throws<ImageException>(() => DockerCredentials.Parse(System.Text.Encoding.UTF8.GetBytes(text))).Kind);
}
