using Figment.Node.Packages;

namespace Figment.Node.Tests.Packages;

public sealed class DebianPackagesTests : IDisposable
{
    private readonly DebianPackages _packages = new();

    public void Dispose() => _packages.Dispose();

    [Fact]
    public async Task Installed_packages_are_told_from_missing_ones() =>
        Assert.Equal(
            ["no-such-package-at-all"],
            await _packages.FindMissingAsync(["bash", "no-such-package-at-all", "coreutils"], TestContext.Current.CancellationToken));

    [Theory]
    [InlineData("--purge")]
    [InlineData("bash; rm -rf /")]
    [InlineData("Bash")]
    [InlineData("")]
    public async Task What_is_no_package_name_never_reaches_apt(string name)
    {
        var refusal = await Assert.ThrowsAsync<PackageException>(() => _packages.FindMissingAsync([name], TestContext.Current.CancellationToken));
        Assert.Contains($"'{name}'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_package_that_does_not_exist_is_said_with_the_command_to_try()
    {
        bool policyBefore = File.Exists("/usr/sbin/policy-rc.d");
        var refusal = await Assert.ThrowsAsync<PackageException>(() => _packages.InstallAsync(["no-such-package-at-all"], TestContext.Current.CancellationToken));
        Assert.Contains("apt-get install no-such-package-at-all", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(policyBefore, File.Exists("/usr/sbin/policy-rc.d"));
    }
}
