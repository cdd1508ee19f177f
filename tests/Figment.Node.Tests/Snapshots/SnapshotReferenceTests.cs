using Figment.Api.Contract;
using Figment.Migration.Store;
using Figment.Node.Errors;
using Figment.Node.Snapshots;

namespace Figment.Node.Tests.Snapshots;

public sealed class SnapshotReferenceTests
{
    private const string First = "019c00000001700080000000000000aa";
    private const string Second = "019c00000002700080000000000000bb";
    private const string Third = "019c00010003700080000000000000cc";
    private const string Imported = "019c00010004700080000000000000dd";
    private const string Beef = "beef0000000170008000000000000000";
    private const string Damaged = "019c00020005700080000000000000ee";

    private static readonly IReadOnlyList<StoredSnapshot> All =
    [
        Of(First, "shop/web-1", 1, "calm"),
        Of(Second, "shop/web-1", 3, "calm"),
        Of(Third, "shop/web-1", 5),
        Of(Imported, "shop/web-1", 2, "old"),
        Of(Beef, "shop/db-1", 4, "busy"),
        new StoredSnapshot { Id = Damaged, Complaint = "it is damaged" },
    ];

    [Theory]
    [InlineData(First, First)]
    [InlineData("019c00000001", First)]
    [InlineData("019c00000002700", Second)]
    [InlineData("beef", Beef)]
    [InlineData("019c0002", Damaged)]
    [InlineData("busy", Beef)]
    [InlineData("old", Imported)]
    [InlineData("calm", Second)]
    [InlineData("shop/web-1", Third)]
    [InlineData("shop/web-1:calm", Second)]
    [InlineData("shop/web-1:old", Imported)]
    [InlineData("shop/db-1", Beef)]
    public void A_snapshot_is_found_in_all_ways(string reference, string id) => Assert.Equal(id, SnapshotReference.Find(reference, All).Id);

    [Theory]
    [InlineData("019c0000", "\"019c0000\" may be any of " + First + " (shop/web-1:calm), " + Second + " (shop/web-1:calm)")]
    [InlineData("019c0001", "\"019c0001\" may be any of " + Third + " (shop/web-1), " + Imported + " (shop/web-1:old)")]
    [InlineData("019c", Damaged + " (damaged)")]
    public void What_may_be_several_is_not_chosen(string reference, string says)
    {
        var refused = Assert.Throws<NodeException>(() => SnapshotReference.Find(reference, All));

        Assert.Equal(ErrorCode.InvalidRequest, refused.Code);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
        Assert.Contains("figment snapshot ls", refused.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_of_two_machines_or_one_that_could_be_an_id_means_neither()
    {
        string other = Beef.Replace('f', 'd');
        IReadOnlyList<StoredSnapshot> more = [.. All, Of(other, "shop/db-2", 9, "calm")];

        Assert.Contains($"{Second} (shop/web-1:calm), {other} (shop/db-2:calm)", Assert.Throws<NodeException>(() => SnapshotReference.Find("calm", more)).Message, StringComparison.Ordinal);
        Assert.Equal(other, SnapshotReference.Find("shop/db-2:calm", more).Id);
        Assert.Contains("may be any of", Assert.Throws<NodeException>(() => SnapshotReference.Find("beef", [.. All, Of(other, "shop/db-2", 9, "beef")])).Message, StringComparison.Ordinal);
        Assert.Equal(Beef, SnapshotReference.Find("beef", [.. All.SkipLast(2), Of(Beef, "shop/db-1", 4, "beef")]).Id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("bee")]
    [InlineData("BEEF")]
    [InlineData("019c00000001700080000000000000ff")]
    [InlineData("nothing")]
    [InlineData("web-1")]
    [InlineData("shop/web")]
    [InlineData("shop/web-1:")]
    [InlineData("shop/web-1:busy")]
    [InlineData("/")]
    [InlineData("shop/web-1:calm:calm")]
    [InlineData("../../etc/passwd")]
    public void What_is_not_there_is_not_found(string reference)
    {
        var refused = Assert.Throws<NodeException>(() => SnapshotReference.Find(reference, All));

        Assert.Equal(ErrorCode.NotFound, refused.Code);
        Assert.StartsWith($"there is no snapshot \"{reference}\" on this node", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_one_is_told_with_what_is_near()
    {
        Assert.EndsWith(
            $"; there is {Third} (shop/web-1), {Second} (shop/web-1:calm), {Imported} (shop/web-1:old), {First} (shop/web-1:calm)",
            Assert.Throws<NodeException>(() => SnapshotReference.Find("shop/web-1:new", All)).Message,
            StringComparison.Ordinal);
        Assert.EndsWith(" and 1 more", Assert.Throws<NodeException>(() => SnapshotReference.Find("nothing", All)).Message, StringComparison.Ordinal);
        Assert.EndsWith("on this node", Assert.Throws<NodeException>(() => SnapshotReference.Find("nothing", [])).Message, StringComparison.Ordinal);
        Assert.EndsWith("...\" on this node", Assert.Throws<NodeException>(() => SnapshotReference.Find(new string('x', 10_000), [])).Message, StringComparison.Ordinal);
    }

    private static StoredSnapshot Of(string id, string machine, int day, string? name = null) => new()
    {
        Id = id,
        Info = new SnapshotInfo { Application = machine.Split('/')[0], Machine = machine.Split('/')[1], Revision = "r1", TakenAt = DateTimeOffset.UnixEpoch.AddDays(day), Name = name },
    };
}
