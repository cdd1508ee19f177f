using System.Net;
using System.Text;
using Figment.Box.Interposition;
using Figment.Box.Launching;
using Figment.Box.Output;
using Figment.Linux.Internet;

namespace Figment.Box.Tests;

/// <summary>The decisions, without a kernel.</summary>
public sealed class RuleTests
{
    [Theory]
    [InlineData(false, false, "0.0.0.0", false, "TakePlaceholder")]
    [InlineData(false, false, "0.0.0.0", true, "Relay")]
    [InlineData(false, false, "10.0.0.2", false, "Relay")]
    [InlineData(false, false, "127.0.0.1", false, "CloseForLoopback")]
    [InlineData(false, false, "127.9.9.9", true, "CloseForLoopback")]
    [InlineData(true, false, "::", true, "TakePlaceholder")]
    [InlineData(true, false, "::", false, "Relay")]
    [InlineData(true, true, "::", false, "Native")]
    [InlineData(true, true, "::", true, "Relay")]
    [InlineData(true, false, "::1", false, "Native")]
    [InlineData(true, false, "::1", true, "CloseForLoopback")]
    [InlineData(true, false, "::ffff:127.0.0.1", false, "CloseForLoopback")]
    [InlineData(true, false, "::ffff:10.0.0.2", false, "Relay")]
    [InlineData(true, false, "fd00::2", false, "Native")]
    [InlineData(true, false, "fd00::2", true, "Relay")]
    public void A_bind_is_decided_by_the_kinds_of_both_sockets(bool version6, bool version6Only, string address, bool dualPlaceholder, string choice) =>
        Assert.Equal(choice, BindRules.Choose(version6, version6Only, InternetEndpoint.From(IPAddress.Parse(address), 80), dualPlaceholder).ToString());

    [Theory]
    [InlineData("10.1.0.0/16", "10.1.255.255", true)]
    [InlineData("10.1.0.0/16", "10.2.0.0", false)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("10.1.0.3/32", "10.1.0.3", true)]
    [InlineData("fd00:1::/64", "fd00:1::9", true)]
    [InlineData("fd00:1::/64", "fd00:2::9", false)]
    [InlineData("0.0.0.0/0", "fd00:2::9", false)]
    public void A_range_contains_its_addresses(string range, string address, bool contains) =>
        Assert.Equal(contains, AddressRange.Parse(range).Contains(InternetEndpoint.From(IPAddress.Parse(address), 1)));

    [Theory]
    [InlineData("10.1.2.3", 80)]
    [InlineData("fd00::1:2", 65_535)]
    [InlineData("::ffff:10.1.2.3", 1)]
    public void An_endpoint_is_read_back_as_it_was_written(string address, int port)
    {
        var endpoint = InternetEndpoint.From(IPAddress.Parse(address), port);
        Span<byte> bytes = stackalloc byte[InternetEndpoint.BytesMax];

        Assert.True(InternetEndpoint.TryParse(bytes[..endpoint.Write(bytes)], out var read));
        Assert.Equal(endpoint, read);
        Assert.Equal(IPAddress.Parse(address), read.ToAddress());
    }

    [Theory]
    [InlineData("a\nbb\r\n\nend", "a|bb||end")]
    [InlineData("\n", "")]
    public void Output_is_cut_into_lines_wherever_its_chunks_end(string output, string lines)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(output);
        for (int cut = 0; cut <= bytes.Length; cut++)
        {
            List<LogRecord> records = [];
            var splitter = new LineSplitter("stdout", records.Add, TimeProvider.System);
            splitter.Add(bytes.AsSpan(0, cut));
            splitter.Add(bytes.AsSpan(cut));
            splitter.End();

            Assert.Equal(lines, string.Join('|', records.Select(record => record.Line)));
        }
    }

    [Theory]
    [InlineData("x")]
    [InlineData("ä")]
    [InlineData("€")]
    [InlineData("😀")]
    public void A_long_line_is_written_in_pieces_between_characters(string character)
    {
        string text = "." + string.Concat(Enumerable.Repeat(character, 20_000));
        List<LogRecord> records = [];
        var splitter = new LineSplitter("stdout", records.Add, TimeProvider.System);

        splitter.Add(Encoding.UTF8.GetBytes(text + "\n"));

        Assert.Equal(text, string.Concat(records.Select(record => record.Line)));
        Assert.All(records, record => Assert.True(Encoding.UTF8.GetByteCount(record.Line) <= LineSplitter.LineBytesMax));
        Assert.Equal(records.Count - 1, records.Count(record => record.Partial));
        Assert.False(records[^1].Partial);
    }

    [Theory]
    [InlineData(null, 0, 0, "4", "/root")]
    [InlineData("www", 33, 33, "4,50", "/var/www")]
    [InlineData("33", 33, 33, "4,50", "/var/www")]
    [InlineData("www:50", 33, 50, "4", "/var/www")]
    [InlineData("www:media", 33, 50, "4", "/var/www")]
    [InlineData("1234", 1234, 0, "4", "/")]
    [InlineData("1234:99", 1234, 99, "4", "/")]
    public void A_user_is_resolved_as_docker_does(string? user, int uid, int gid, string groups, string home)
    {
        var resolved = MachineUser.Resolve(user, ["adm"], ["root:x:0:0::/root:/bin/sh", "www:x:33:33::/var/www:"], ["root:x:0:", "adm:x:4:", "www:x:33:", "media:x:50:alice,www"]);

        Assert.Equal(((uint)uid, (uint)gid, groups, home), (resolved.Uid, resolved.Gid, string.Join(',', resolved.Groups), resolved.Home));
    }

    [Fact]
    public void Mounts_below_what_is_hidden_are_left_out() =>
        Assert.Equal(
            ["/usr", "/mnt/a b"],
            HostRoot.MountPoints(
                [
                    "22 27 0:21 / /proc rw - proc proc rw", "27 1 254:0 / / rw - ext4 /dev/vda rw", "28 27 0:25 / /usr rw - ext4 x rw", "29 27 0:25 / /run/lock rw - tmpfs x rw",
                    "30 27 0:25 / /mnt/a\\040b rw - ext4 x rw", "31 27 0:25 / /usr rw - ext4 y rw",
                ],
                ["/proc", "/run"]));
}
