using CsCheck;
using Figment.Node.Addresses;

namespace Figment.Node.Tests.Addresses;

public sealed class AddressPoolTests
{
    private static readonly Ipv4Range Pool = Ipv4Range.Parse("10.210.0.0/16");

    private static readonly Gen<Ipv4Range> Taken =
        Gen.Select(Gen.UInt[Pool.First - 70_000, Pool.Last + 70_000], Gen.Int[12, 32], (address, prefix) => Ipv4Range.Around(address, prefix));

    [Fact]
    public void What_is_chosen_lies_in_the_pool_and_overlaps_nothing_taken() =>
        Taken.List[0, 40].Select(Gen.Int[17, 30]).Sample((taken, prefix) =>
        {
            if (AddressPool.First(Pool, prefix, taken) is { } chosen)
            {
                Assert.Equal(prefix, chosen.Prefix);
                Assert.True(Pool.Contains(chosen.First) && Pool.Contains(chosen.Last));
                Assert.DoesNotContain(taken, chosen.Overlaps);
            }
        });

    [Fact]
    public void The_first_free_one_is_chosen_and_none_only_when_all_are_taken() =>
        Taken.List[0, 40].Select(Gen.Int[18, 24]).Sample((taken, prefix) =>
        {
            Ipv4Range? expected = null;
            for (long first = Pool.First; first <= Pool.Last && expected is null; first += 1L << (32 - prefix))
            {
                var candidate = Ipv4Range.Around((uint)first, prefix);
                expected = taken.Any(candidate.Overlaps) ? null : candidate;
            }

            Assert.Equal(expected, AddressPool.First(Pool, prefix, taken));
        });

    [Fact]
    public void A_pool_can_be_used_up_to_its_last_network()
    {
        var taken = new List<Ipv4Range>();
        for (int count = 0; count < 256; count++)
        {
            taken.Add(AddressPool.First(Pool, 24, taken)!.Value);
        }

        Assert.Equal("10.210.255.0/24", taken[^1].ToString());
        Assert.Null(AddressPool.First(Pool, 24, taken));
        Assert.Null(AddressPool.First(Pool, 15, []));
    }

    [Theory]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0/8")]
    [InlineData("10.0.0.0")]
    [InlineData("10.0.0.0/-1")]
    [InlineData("fd00::/8")]
    [InlineData("10.0.0.256/8")]
    public void What_is_no_network_is_refused(string text) => Assert.False(Ipv4Range.TryParse(text, out _));

    [Fact]
    public void Routes_are_read_as_the_kernel_writes_them_and_those_of_own_applications_left_out()
    {
        string[] lines =
        [
            "Iface\tDestination",
            "eth0\t00000000\t0102010A\t0003\t0\t0\t0\t00000000\t0\t0\t0",
            "eth0\t0002010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
            "fg0a1b2c0\t0003010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0",
        ];

        Assert.Equal(["10.1.2.0/24"], NodeNetworks.Routes(lines, ["ffffff", "0a1b2c"]).Select(range => range.ToString()));

        // An uplink that is not of this node's applications is of another node on the same host.
        Assert.Equal(["10.1.2.0/24", "10.1.3.0/24"], NodeNetworks.Routes(lines, ["ffffff"]).Select(range => range.ToString()));
    }
}
