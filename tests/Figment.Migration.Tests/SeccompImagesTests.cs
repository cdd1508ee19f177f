using Figment.Migration.Images;
using Google.Protobuf;

namespace Figment.Migration.Tests;

public sealed class SeccompImagesTests : IDisposable
{
    private const uint CommonMagic = 0x54564319;
    private const uint Allow = 0x7fff0000;
    private const uint Deny = 0x00050001;
    private const uint Notify = 0x7fc00000;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-seccomp-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What a machine has: the box's traps, above them its deny list, above that one of the program's own, which a thread of it does not have.</summary>
    [Fact]
    public void Notifiers_go_and_the_others_stay_in_their_order()
    {
        Filters(Filter(null, Allow, Notify), Filter(0, Deny, Allow), Filter(1, Deny));
        Core(1, 2);
        Core(2, 1);

        Assert.Equal(1, SeccompImages.RemoveNotifiers(_folder));

        var kept = Read().Filters;
        Assert.Equal(2, kept.Count);
        Assert.False(kept[0].HasPrevious);
        Assert.Equal(0u, kept[1].Previous);
        Assert.Equal((1u, 0u), (CoreOf(1).Thread.SeccompFilter, CoreOf(2).Thread.SeccompFilter));
        Assert.Equal(SeccompMode.Filter, CoreOf(1).Thread.SeccompMode);
        Assert.Equal("python3", CoreOf(1).Thread.Command);
    }

    [Fact]
    public void One_in_the_middle_of_the_chain_goes_too()
    {
        Filters(Filter(null, Deny), Filter(0, Notify), Filter(1, Deny), Filter(1, Allow));
        Core(1, 3);

        Assert.Equal(1, SeccompImages.RemoveNotifiers(_folder));

        Assert.Equal([0u, 0u], Read().Filters.Skip(1).Select(filter => filter.Previous));
        Assert.Equal(2u, CoreOf(1).Thread.SeccompFilter);
    }

    [Fact]
    public void If_it_was_the_only_one_none_is_left()
    {
        Filters(Filter(null, Notify, Allow));
        Core(1, 0);

        Assert.Equal(1, SeccompImages.RemoveNotifiers(_folder));

        Assert.False(File.Exists(Path.Combine(_folder, "seccomp.img")));
        Assert.Equal((false, false), (CoreOf(1).Thread.HasSeccompFilter, CoreOf(1).Thread.HasSeccompMode));
    }

    [Fact]
    public void Without_a_notifier_nothing_changes()
    {
        Filters(Filter(null, Deny, Allow));
        Core(1, 0);
        var before = Directory.GetFiles(_folder).ToDictionary(file => file, File.ReadAllBytes);

        Assert.Equal(0, SeccompImages.RemoveNotifiers(_folder));

        Assert.All(before, file => Assert.Equal(file.Value, File.ReadAllBytes(file.Key)));
    }

    [Fact]
    public void A_chain_with_a_circle_and_a_filter_that_is_not_there_are_refused_and_nothing_is_changed()
    {
        Filters(Filter(1, Notify), Filter(0, Deny));
        Assert.Contains("filter 0 follows filter 1", Assert.Throws<ImageException>(() => SeccompImages.RemoveNotifiers(_folder)).Message, StringComparison.Ordinal);

        Filters(Filter(null, Notify), Filter(0, Deny));
        Core(1, 0);
        Core(2, 7);
        Assert.Contains("a thread has filter 7 of 2", Assert.Throws<ImageException>(() => SeccompImages.RemoveNotifiers(_folder)).Message, StringComparison.Ordinal);
        Assert.Equal(0u, CoreOf(1).Thread.SeccompFilter);
    }

    /// <summary>A program of BPF_RET instructions.</summary>
    private static SeccompFilter Filter(uint? previous, params uint[] returns)
    {
        var filter = new SeccompFilter { Program = ByteString.CopyFrom([.. returns.SelectMany(value => (byte[])[0x06, 0, 0, 0, .. BitConverter.GetBytes(value)])]) };
        if (previous is { } place)
        {
            filter.Previous = place;
        }

        return filter;
    }

    private void Filters(params SeccompFilter[] filters) =>
        File.WriteAllBytes(Path.Combine(_folder, "seccomp.img"), ImageFileTests.Image(CommonMagic, (uint)ImageKind.Seccomp, new SeccompFilters { Filters = { filters } }.ToByteArray()));

    private void Core(int pid, uint filter) =>
        File.WriteAllBytes(
            Path.Combine(_folder, $"core-{pid}.img"),
            ImageFileTests.Image(CommonMagic, (uint)ImageKind.Core, new CoreState { Thread = new Images.ThreadState { SeccompFilter = filter, SeccompMode = SeccompMode.Filter, Command = "python3" } }.ToByteArray()));

    private SeccompFilters Read() => ImageFile.Load(Path.Combine(_folder, "seccomp.img"), ImageKind.Seccomp).Read(0, SeccompFilters.Parser);

    private CoreState CoreOf(int pid) => ImageFile.Load(Path.Combine(_folder, $"core-{pid}.img"), ImageKind.Core).Read(0, CoreState.Parser);
}
