using System.Net;
using Figment.Keeper.Gateways;
using Microsoft.Extensions.Time.Testing;

namespace Figment.Keeper.Tests.Gateways;

public sealed class OriginsTests
{
    private static readonly IPEndPoint Seen = new(IPAddress.Parse("10.211.0.1"), 40_000);

    private readonly FakeTimeProvider _time = new();
    private readonly Origins _origins;

    public OriginsTests() => _origins = new Origins(_time);

    [Fact]
    public void A_client_that_has_left_is_remembered_for_a_moment()
    {
        _origins.Leave(_origins.Add(Seen, Client(1)));

        _time.Advance(Origins.Memory);
        Assert.Equal(Client(1), _origins.Find(Seen));
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(_origins.Find(Seen));
    }

    [Fact]
    public void One_that_is_there_is_not_forgotten()
    {
        _origins.Add(Seen, Client(1));
        _time.Advance(TimeSpan.FromDays(1));

        Assert.Equal(Client(1), _origins.Find(Seen));
    }

    [Fact]
    public void Who_takes_the_address_of_one_that_left_outlives_its_being_forgotten()
    {
        var first = _origins.Add(Seen, Client(1));
        _origins.Leave(first);
        _origins.Add(Seen, Client(2));
        Assert.Equal(Client(2), _origins.Find(Seen));
        _time.Advance(Origins.Memory * 2);
        _origins.Leave(_origins.Add(new IPEndPoint(Seen.Address, 1), Client(3)));

        Assert.Equal(Client(2), _origins.Find(Seen));
    }

    [Fact]
    public void Of_many_that_have_left_the_last_are_remembered()
    {
        var seen = Enumerable.Range(1, Origins.LeftMax + 1).Select(port => new IPEndPoint(Seen.Address, port)).ToList();
        foreach (var address in seen)
        {
            _origins.Leave(_origins.Add(address, Client(address.Port)));
        }

        Assert.Null(_origins.Find(seen[0]));
        Assert.All(seen.Skip(1), address => Assert.Equal(Client(address.Port), _origins.Find(address)));
    }

    private static IPEndPoint Client(int port) => new(IPAddress.Loopback, port);
}
