using Figment.Migration.Snapshots;
using Figment.Migration.Store;

namespace Figment.Migration.Tests.Store;

public sealed class SnapshotInfoTests : IDisposable
{
    private readonly StoreTest _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("a", true)]
    [InlineData("Before_upgrade-2.0", true)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890ab", true)]
    [InlineData("0123456789012345678901234567890123456789012345678901234567890abc", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData("-q", false)]
    [InlineData("..", false)]
    [InlineData("a/b", false)]
    [InlineData("a:b", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("ünd", false)]
    public void Names_are_letters_digits_and_a_few_signs(string? name, bool isOne) => Assert.Equal(isOne, SnapshotInfo.IsName(name));

    [Fact]
    public async Task A_name_is_kept_and_one_that_is_none_refused()
    {
        var store = _test.Open();
        var named = StoreTest.Info with { Name = "calm" };

        await store.PublishAsync(_test.Source(), named);

        Assert.Equal(named, Assert.Single(store.List()).Info);
        foreach (var wrong in (SnapshotInfo[])[named with { Name = "../x" }, named with { Machine = "" }, named with { Application = "a/b" }, named with { Revision = new string('r', 1000) }])
        {
            var refused = await Assert.ThrowsAsync<SnapshotException>(() => store.PublishAsync(_test.Source(), wrong));
            Assert.Contains("was not put into the store", refused.Message, StringComparison.Ordinal);
        }

        Assert.Single(store.List());
    }

    [Fact]
    public async Task A_list_tells_sizes_as_an_inspection_does()
    {
        var store = _test.Open();
        string first = await store.PublishAsync(_test.Source(), StoreTest.Info);
        string second = await store.PublishAsync(_test.Source(changed: 10), StoreTest.Info);

        Assert.Equal(
            [.. ((string[])[first, second]).Select(store.Inspect).Select(sizes => ((long?)sizes.Logical, (long?)sizes.Stored))],
            store.List().Select(one => (one.Logical, one.Stored)));
    }
}
