using Figment.Linux.Memory;

namespace Figment.Linux.Tests.Memory;

public sealed class MappedAreaTests
{
    [Theory]
    [InlineData("55d0c0a4b000-55d0c0a6c000 rw-p 00000000 00:00 0                          [heap]", 0x55d0c0a4b000ul, 0x55d0c0a6c000ul, true, false, "[heap]")]
    [InlineData("7f2c84000000-7f2c84021000 ---p 00000000 00:00 0 ", 0x7f2c84000000ul, 0x7f2c84021000ul, false, false, "")]
    [InlineData("7f2c8a5f1000-7f2c8a5f2000 r--s 00001000 fe:01 1234                       /srv/a file (deleted)", 0x7f2c8a5f1000ul, 0x7f2c8a5f2000ul, true, true, "/srv/a file (deleted)")]
    public void Lines_are_understood(string line, ulong start, ulong end, bool isReadable, bool isShared, string name) =>
        Assert.Equal(new MappedArea(start, end, isReadable, isShared, name), MappedArea.Parse(line));

    [Fact]
    public void A_process_has_a_stack_and_one_that_is_gone_has_nothing()
    {
        Assert.Contains(MappedArea.Of(Environment.ProcessId), area => area is { Name: "[stack]", IsReadable: true, Length: > 0 });
        Assert.Empty(MappedArea.Of(4_000_000));
    }
}
