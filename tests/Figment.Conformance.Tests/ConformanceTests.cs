using Figment.Conformance.Tests.Playing;
using Figment.Conformance.Tests.Stages;

namespace Figment.Conformance.Tests;

/// <summary>The same programs, the same clients, the same transcript; a derived class says where they run.</summary>
public abstract class ConformanceTests
{
    [Fact]
    public Task Redis_sentinels_promote_the_replica_by_the_address_they_see() => PlayAsync(Scenarios.Sentinel);

    [Fact]
    public Task A_PostgreSQL_standby_streams_from_its_primary() => PlayAsync(Scenarios.PostgreSql);

    [Fact]
    public Task Three_ZooKeeper_members_elect_a_leader_and_share_a_node() => PlayAsync(Scenarios.ZooKeeper);

    [Fact]
    public Task Three_etcd_members_share_a_key() => PlayAsync(Scenarios.Etcd);

    [Fact]
    public Task RabbitMQ_finds_itself_by_its_short_name_and_keeps_messages() => PlayAsync(Scenarios.RabbitMq);

    [Fact]
    public Task Three_NATS_servers_relay_and_tell_their_addresses() => PlayAsync(Scenarios.Nats);

    [Fact]
    public Task Nginx_passes_to_gunicorn() => PlayAsync(Scenarios.Gunicorn);

    [Fact]
    public Task Nginx_passes_to_uwsgi() => PlayAsync(Scenarios.Uwsgi);

    [Fact]
    public Task Haproxy_takes_turns_between_two_backends() => PlayAsync(Scenarios.HaProxy);

    [Fact]
    public Task Memcached_answers_over_TCP_and_UDP() => PlayAsync(Scenarios.Memcached);

    [Fact]
    public Task A_static_busybox_serves_on_a_told_and_on_an_untold_port() => PlayAsync(Scenarios.BusyBox);

    [Fact]
    public Task A_Node_server_answers_its_first_connection() => PlayAsync(Scenarios.Node);

    [Fact]
    public Task A_dotnet_server_answers_its_first_connection() => PlayAsync(Scenarios.DotNet);

    [Fact]
    public async Task A_JVM_server_answers_its_first_connection()
    {
        DirectoryInfo classes = Directory.CreateTempSubdirectory("figment-classes-");
        try
        {
            await PlayAsync(await Scenarios.JavaAsync(classes.FullName, TestContext.Current.CancellationToken));
        }
        finally
        {
            classes.Delete(recursive: true);
        }
    }

    [Fact]
    public Task The_guestbook_example_stores_what_is_posted_to_its_published_port() => PlayAsync(Scenarios.Guestbook);

    private protected abstract IStage Open(IReadOnlyList<string> files, IReadOnlyDictionary<string, string> environment);

    private Task PlayAsync(Scenario scenario) => scenario.PlayAsync(Open, TestContext.Current.CancellationToken);
}
