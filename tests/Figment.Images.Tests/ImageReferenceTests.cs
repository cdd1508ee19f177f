namespace Figment.Images.Tests;

public sealed class ImageReferenceTests
{
    private const string Digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData("redis", "docker.io/library/redis:latest", "redis:latest")]
    [InlineData("redis:7-alpine", "docker.io/library/redis:7-alpine", "redis:7-alpine")]
    [InlineData("bitnami/redis", "docker.io/bitnami/redis:latest", "bitnami/redis:latest")]
    [InlineData("index.docker.io/redis", "docker.io/library/redis:latest", "redis:latest")]
    [InlineData("docker.io/library/redis", "docker.io/library/redis:latest", "redis:latest")]
    [InlineData("localhost/x", "localhost/x:latest", "localhost/x:latest")]
    [InlineData("localhost:5000/x", "localhost:5000/x:latest", "localhost:5000/x:latest")]
    [InlineData("localhost:5000/x@" + Digest, "localhost:5000/x@" + Digest, "localhost:5000/x@" + Digest)]
    [InlineData("[::1]:5000/x:1", "[::1]:5000/x:1", "[::1]:5000/x:1")]
    [InlineData("ghcr.io/a/b/c_d/e-f:V1.2@" + Digest, "ghcr.io/a/b/c_d/e-f:V1.2@" + Digest, "ghcr.io/a/b/c_d/e-f:V1.2@" + Digest)]
    [InlineData("a__b/c.d---e", "docker.io/a__b/c.d---e:latest", "a__b/c.d---e:latest")]
    public void A_name_is_read_as_docker_reads_it(string text, string full, string brief)
    {
        Assert.True(ImageReference.TryParse(text, out var reference, out string? error), error);
        Assert.Equal((full, brief), (reference.ToString(), reference.ShortName));
        Assert.True(ImageReference.TryParse(full, out var again, out _));
        Assert.Equal(reference, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":tag")]
    [InlineData("Redis")]
    [InlineData("redis:")]
    [InlineData("redis:-x")]
    [InlineData("redis@sha256:short")]
    [InlineData("redis@md5:0123456789abcdef0123456789abcdef")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("../x")]
    [InlineData("/x")]
    [InlineData("x/")]
    [InlineData("a..b/c")]
    [InlineData("exa mple.com/x")]
    [InlineData("example.com:port/x")]
    [InlineData("user@example.com/x")]
    [InlineData("example.com/x\n")]
    public void What_is_no_name_is_refused_with_a_reason(string text)
    {
        Assert.False(ImageReference.TryParse(text, out _, out string? error));
        Assert.NotEmpty(error);
    }
}
