using Figment.Images.Tests.Support;

namespace Figment.Images.Tests;

/// <summary>Debian's docker-registry with token authentication, and with a password file.</summary>
public sealed class RegistryAuthTests : IDisposable
{
    private readonly StoreTest _test = new(inMemory: true);
    private readonly string _layout;

    public RegistryAuthTests() => _layout = TestImage.Of(new LayerTar().File("a", "1").Build(), new LayerTar().File("b", "2").Build()).WriteLayout(_test.Folder.Make("layout"), "1");

    public void Dispose() => _test.Dispose();

    [Fact]
    public async Task A_registry_with_tokens_is_pulled_from_with_the_right_credentials_only()
    {
        using var tokens = new TokenServer();
        using var registry = await DebianRegistry.StartAsync((_, folder) => tokens.Configure(folder));
        registry.Push(_layout, "1", "private/app:1", $"--dest-creds={TokenServer.User}:{TokenServer.Password}");
        registry.Push(_layout, "1", "public/app:1", $"--dest-creds={TokenServer.User}:{TokenServer.Password}");

        int before = tokens.TokensIssued;
        var image = await PullAsync(registry, "private/app:1", new RegistryCredentials(TokenServer.User, TokenServer.Password));
        Assert.Equal(2, image.LayerDirectories.Count);
        Assert.Equal(1, tokens.TokensIssued - before);
        await PullAsync(registry, "public/app:1", null);

        var without = await Assert.ThrowsAsync<ImageException>(() => PullAsync(registry, "private/app:1", null));
        var wrong = await Assert.ThrowsAsync<ImageException>(() => PullAsync(registry, "private/app:1", new RegistryCredentials(TokenServer.User, "wrong")));
        Assert.Equal((ImageErrorKind.Unauthorized, ImageErrorKind.Unauthorized), (without.Kind, wrong.Kind));
        Assert.DoesNotContain("wrong", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_registry_with_passwords_is_pulled_from_with_the_right_one_only()
    {
        // bcrypt of "secret" for user bob, made by htpasswd(1) -B.
        using var registry = await DebianRegistry.StartAsync((_, folder) =>
        {
            string file = Path.Combine(folder, "htpasswd");
            File.WriteAllText(file, Tool.Run("python3", "-c", "import crypt; print('bob:' + crypt.crypt('secret', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16)).replace('$2b$', '$2y$'))"));
            return $"""
                auth:
                  htpasswd:
                    realm: test
                    path: {file}
                """;
        });
        registry.Push(_layout, "1", "app:1", "--dest-creds=bob:secret");

        await PullAsync(registry, "app:1", new RegistryCredentials("bob", "secret"));
        var without = await Assert.ThrowsAsync<ImageException>(() => PullAsync(registry, "app:1", null));
        var wrong = await Assert.ThrowsAsync<ImageException>(() => PullAsync(registry, "app:1", new RegistryCredentials("bob", "other")));
        Assert.Equal((ImageErrorKind.Unauthorized, ImageErrorKind.Unauthorized), (without.Kind, wrong.Kind));
        Assert.Contains("wants a user and password", without.Message, StringComparison.Ordinal);
    }

    private Task<StoredImage> PullAsync(DebianRegistry registry, string name, RegistryCredentials? credentials) =>
        _test.Store.PullAsync(registry.Reference(name), new PullOptions { Credentials = credentials }, TestContext.Current.CancellationToken);
}
