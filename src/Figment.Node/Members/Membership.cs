using System.Security.Cryptography.X509Certificates;
using Figment.Api.Contract;
using Figment.Node.Errors;
using Figment.Node.Identity;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Members;

/// <summary>
/// This node among others: begins a cluster, lets nodes in, joins, leaves, and knows who else is there. Nobody holds the list: each node tells the others what it knows
/// whenever they meet, and of a name the newest word counts. Any thread; what changes it goes one after the other.
/// </summary>
public sealed class Membership : IDisposable
{
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan HelloPatience = TimeSpan.FromSeconds(3);

    /// <summary>What is left of a certificate when it is time for another: a third of a year to reach whoever gives them.</summary>
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(120);

    private readonly string _folder;
    private readonly string _name;
    private readonly string _version;
    private readonly TimeProvider _time;
    private readonly JoinTokens _tokens;
    private readonly ILogger<Membership> _log;
    private readonly MemberFile _file;
    private readonly SemaphoreSlim _changing = new(1);
    private INodePort? _port;
    private volatile State? _state;

    /// <summary>Why the node is in no cluster although it was; machines do not need one.</summary>
    private volatile NodeException? _damage;

    private volatile bool _isServed;

    public Membership(NodeOptions options, string version, TimeProvider time, ILogger<Membership> log)
    {
        _folder = options.Places.Cluster;
        _name = options.NodeName;
        _version = version;
        _time = time;
        _tokens = new JoinTokens(_folder, time);
        _file = new MemberFile(_folder);
        _log = log;
        if (NodeIdentity.Exists(_folder))
        {
            try
            {
                _state = new State(NodeIdentity.Load(_folder), _file.Read());
            }
            catch (NodeException damage)
            {
                _damage = damage;
                log.LogError("this node knows no others: {Reason}", damage.Message);
            }
        }
    }

    private State Joined => _state ?? throw NotJoined();

    /// <summary>Answers others at this port, whenever the node belongs to a cluster. If it cannot now it is tried again with each round.</summary>
    public async Task ServeAsync(INodePort port)
    {
        _port = port;
        if (_state is not { } state || _isServed)
        {
            return;
        }

        try
        {
            await port.OpenAsync(Self(state).Address, state.Identity).ConfigureAwait(false);
            _isServed = true;
        }
        catch (NodeException failure)
        {
            _log.LogWarning("other nodes are not answered: {Reason}", failure.Message);
        }
    }

    /// <summary>The node that has this certificate; null: it is none of the cluster's, or no more.</summary>
    public string? NodeOf(X509Certificate2 certificate) => _state is { } state ? NodeOf(certificate, state) : null;

    /// <summary>Begins a cluster of which this node has the authority.</summary>
    /// <exception cref="NodeException">It belongs to one, its name is none, or nothing can listen at the address.</exception>
    public async Task<NodeView> InitAsync(MemberAddress? address, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        RequireAlone();
        address ??= OwnAddress.Find();
        OwnAddress.Probe(address);
        using var authority = ClusterAuthority.Exists(_folder) ? ClusterAuthority.Load(_folder) : ClusterAuthority.Create(_folder, _time.GetUtcNow());
        string certificate = authority.Sign(NodeIdentity.Request(_folder, _name), _name, _time.GetUtcNow());
        await EnterAsync(certificate, authority.CertificatePem, address, new MemberList(), hasAuthority: true).ConfigureAwait(false);
        return View(Self(Joined));
    }

    /// <summary>By which one further node may join within this time.</summary>
    public NodeTokenView GiveToken(TimeSpan lifetime)
    {
        var state = Joined;
        RequireAuthority(state);
        using var authority = ClusterAuthority.Load(_folder);
        var token = _tokens.Give(authority.Fingerprint, lifetime);
        return new NodeTokenView { Token = token.ToString(), Address = Self(state).Address.ToString(), Expires = _time.GetUtcNow() + lifetime };
    }

    /// <summary>Joins the cluster of the node at an address.</summary>
    /// <exception cref="NodeException">It belongs to one already, nobody is there, it is another cluster's, or the token is not good.</exception>
    public async Task<NodeView> JoinAsync(string target, string tokenText, MemberAddress? address, CancellationToken cancellationToken)
    {
        await AskToJoinAsync(target, tokenText, address, cancellationToken).ConfigureAwait(false);
        await MeetAllAsync(cancellationToken).ConfigureAwait(false);
        return View(Self(Joined));
    }

    /// <summary>All that belong to the cluster, each asked now.</summary>
    public async Task<IReadOnlyList<NodeView>> ListAsync(CancellationToken cancellationToken) =>
        _state is null && _damage is null ? [] : await MeetAllAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>A node belongs to the cluster no more; its certificate is refused from now on, by the others as soon as they hear.</summary>
    public async Task RemoveAsync(string name, CancellationToken cancellationToken)
    {
        using (await TurnAsync(cancellationToken).ConfigureAwait(false))
        {
            var state = Joined;
            if (name == _name)
            {
                throw new NodeException(ErrorCode.Conflict, "this node cannot remove itself", "figment node leave");
            }

            var member = state.List.Find(name) ?? throw new NodeException(ErrorCode.NotFound, $"the cluster has no node {name}", "figment node ls shows them");

            // Whoever let it in may have a clock that is ahead of this one.
            var (now, next) = (_time.GetUtcNow(), member.Since.AddSeconds(1));
            Learn(state, state.List.Without(name, now > next ? now : next));
        }

        await MeetAllAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Belongs to no cluster any more. The others are told, as far as they can be reached.</summary>
    /// <param name="force">Also if others need this node's authority.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task LeaveAsync(bool force, CancellationToken cancellationToken)
    {
        using (await TurnAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_damage is not null && force)
            {
                Directory.Delete(_folder, recursive: true);
                _damage = null;
                return;
            }

            var state = Joined;
            if (Self(state).HasAuthority && state.List.Members.Count > 1 && !force)
            {
                throw new NodeException(
                    ErrorCode.Conflict,
                    "this node has the cluster's authority: without it no further node can join, and certificates run out within a year",
                    "let the others leave first (figment node leave, there), or: figment node leave --force");
            }

            state.List = state.List.Without(_name, _time.GetUtcNow());
        }

        await MeetAllAsync(cancellationToken).ConfigureAwait(false);
        using (await TurnAsync(cancellationToken).ConfigureAwait(false))
        {
            _state = null;
            Directory.Delete(_folder, recursive: true);
        }

        // Whoever is being answered may wait for the turn.
        _isServed = false;
        await (_port?.CloseAsync() ?? Task.CompletedTask).ConfigureAwait(false);
    }

    /// <summary>Tells everybody what this node knows, hears what they know, and has its certificate renewed in time. To be called now and then.</summary>
    public async Task RoundAsync(CancellationToken cancellationToken)
    {
        if (_state is not { } state)
        {
            return;
        }

        if (_port is { } port)
        {
            await ServeAsync(port).ConfigureAwait(false);
        }

        await MeetAllAsync(cancellationToken).ConfigureAwait(false);
        if (state.Identity.Certificate.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime < RenewBefore)
        {
            await RenewAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        _state?.Identity.Dispose();
        _changing.Dispose();
    }

    /// <summary>This node, as the others know it.</summary>
    /// <exception cref="NodeException">It belongs to no cluster.</exception>
    internal Member This => Self(Joined);

    internal bool Knows(string node) => _state?.List.Find(node) is not null;

    /// <exception cref="NodeException">The cluster has no such node.</exception>
    internal Member Find(string node) => Joined.List.Find(node)
        ?? throw new NodeException(ErrorCode.NotFound, $"the cluster has no node {node}", "figment node ls shows which there are");

    /// <summary>To ask a node for more than who belongs to the cluster.</summary>
    /// <exception cref="NodeException">The cluster has no such node.</exception>
    internal PeerClient Connect(string node)
    {
        var (state, member) = (Joined, Find(node));
        return new PeerClient(member.Address.ToString(), state.Identity.Certificate, certificate => NodeOf(certificate, state) == member.Name, member.Name);
    }

    /// <summary>The authority's certificate, PEM: public.</summary>
    internal string AuthorityPem => Joined.Identity.Authority.ExportCertificatePem();

    /// <summary>Lets a node in.</summary>
    internal async Task<JoinAnswer> AdmitAsync(JoinAsk ask, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        var state = Joined;
        RequireAuthority(state);
        if (!_tokens.IsGood(ask.TokenId, ask.Secret))
        {
            throw new NodeException(ErrorCode.Forbidden, "the token is not good (any more): each is good for one node and for a time", "figment node token gives another");
        }

        if (state.List.Find(ask.Name) is { } known)
        {
            throw new NodeException(ErrorCode.Conflict, $"the cluster has a node {ask.Name} already, at {known.Address}", $"another FIGMENT_NODE for this one, or, if that one is gone: figment node rm {ask.Name}");
        }

        if (!NodeName.IsValid(ask.Name))
        {
            throw NodeName.Refuse(ask.Name);
        }

        // A certificate from before its removal stays refused.
        var now = _time.GetUtcNow();
        var from = state.List.RemovedAt(ask.Name) is { } removed && removed.AddSeconds(1) > now ? removed.AddSeconds(1) : now;
        using var authority = ClusterAuthority.Load(_folder);
        string certificate = authority.Sign(ask.CertificateRequest, ask.Name, from);
        _tokens.Take(ask.TokenId, ask.Secret);
        using var parsed = X509Certificate2.CreateFromPem(certificate);
        Learn(state, state.List.With(new Member(ask.Name, ask.Address, ClusterAuthority.IssuedAt(parsed))));
        _log.LogInformation("node {Name} at {Address} has joined", ask.Name, ask.Address);
        return new JoinAnswer { Certificate = certificate, Members = state.List };
    }

    /// <summary>Another node has said what it knows.</summary>
    internal async Task<Hello> GreetAsync(Hello hello, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        var state = Joined;
        Hear(state, hello);
        return new Hello { Version = _version, Members = state.List };
    }

    /// <summary>A certificate for a node that has one.</summary>
    internal string Renew(string requestPem, string node)
    {
        RequireAuthority(Joined);
        using var authority = ClusterAuthority.Load(_folder);
        return authority.Sign(requestPem, node, _time.GetUtcNow());
    }

    private NodeException NotJoined() => _damage is { } damage
        ? new NodeException(ErrorCode.Conflict, damage.Message, "figment node leave --force, then join again (figment node rm, on another node, first)", damage)
        : new NodeException(ErrorCode.Conflict, "this node belongs to no cluster", "figment node init begins one, figment node join joins another's");

    private static Member Self(State state) => state.List.Find(state.Identity.Name) ?? throw new NodeException(ErrorCode.Failed, "the list of nodes lacks this one", "figment node leave --force, then join again");

    private static void RequireAuthority(State state)
    {
        if (!Self(state).HasAuthority)
        {
            var holder = state.List.Members.FirstOrDefault(member => member.HasAuthority);
            throw new NodeException(ErrorCode.Conflict, "this node does not have the cluster's authority", holder is null ? null : $"{holder.Name} at {holder.Address} has it");
        }
    }

    private void RequireAlone()
    {
        if (_damage is not null)
        {
            throw NotJoined();
        }

        if (_state is { } state)
        {
            throw new NodeException(ErrorCode.Conflict, $"this node belongs to a cluster already, as {state.Identity.Name}", "figment node ls shows it, figment node leave leaves it");
        }

        if (!NodeName.IsValid(_name))
        {
            throw NodeName.Refuse(_name);
        }
    }

    private async Task AskToJoinAsync(string target, string tokenText, MemberAddress? address, CancellationToken cancellationToken)
    {
        using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
        RequireAlone();
        var token = JoinToken.Parse(tokenText) ?? throw new NodeException(ErrorCode.InvalidRequest, "that is no token", "figment node token, on the node that began the cluster, gives one");
        var host = JoinTarget.Parse(target);
        address ??= OwnAddress.Find(host.Host);
        OwnAddress.Probe(address);
        string authorityPem = await host.AuthorityAsync(token, JoinPatience, cancellationToken).ConfigureAwait(false);
        using var authority = X509Certificate2.CreateFromPem(authorityPem);
        using var client = new PeerClient(host.ToString(), null, certificate => PeerTrust.NodeOf(certificate, authority, _time.GetUtcNow()) is not null, host.Who);
        var ask = new JoinAsk
        {
            TokenId = token.Id,
            Secret = token.Secret,
            Name = _name,
            Address = address,
            CertificateRequest = NodeIdentity.Request(_folder, _name),
        };
        var answer = await client.AskAsync(PeerRoutes.Join, ask, NodeJson.Default.JoinAsk, NodeJson.Default.JoinAnswer, JoinPatience, cancellationToken).ConfigureAwait(false);
        await EnterAsync(answer.Certificate, authorityPem, address, answer.Members, hasAuthority: false).ConfigureAwait(false);
    }

    /// <summary>Takes a certificate, writes everything down and listens. Nothing is left if nothing can listen.</summary>
    private async Task EnterAsync(string certificate, string authorityPem, MemberAddress address, MemberList members, bool hasAuthority)
    {
        // First of all: an identity without a list would be one that nobody knows.
        using (var parsed = X509Certificate2.CreateFromPem(certificate))
        {
            members = members.With(new Member(_name, address, ClusterAuthority.IssuedAt(parsed), hasAuthority));
        }

        _file.Write(members);
        var identity = NodeIdentity.Accept(_folder, certificate, authorityPem, _time.GetUtcNow());
        try
        {
            await (_port?.OpenAsync(address, identity) ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch
        {
            identity.Dispose();
            Directory.Delete(_folder, recursive: true);
            throw;
        }

        (_state, _isServed) = (new State(identity, members), _port is not null);
    }

    private string? NodeOf(X509Certificate2 certificate, State state)
    {
        if (PeerTrust.NodeOf(certificate, state.Identity.Authority, _time.GetUtcNow()) is not { } name)
        {
            return null;
        }

        var issued = ClusterAuthority.IssuedAt(certificate);
        bool isGone = state.List.RemovedAt(name) >= issued || state.List.Find(name)?.Since > issued;
        return isGone ? null : name;
    }

    /// <summary>Everybody at once; how it went with each, this node first in nothing but the order of names.</summary>
    private async Task<IReadOnlyList<NodeView>> MeetAllAsync(CancellationToken cancellationToken)
    {
        var state = Joined;
        var others = state.List.Members.Where(member => member.Name != _name).ToList();
        var views = await Task.WhenAll(others.Select(member => MeetAsync(state, member, cancellationToken))).ConfigureAwait(false);
        return [.. views.Concat(state.List.Find(_name) is { } self ? [View(self)] : []).OrderBy(view => view.Name, StringComparer.Ordinal)];
    }

    private async Task<NodeView> MeetAsync(State state, Member member, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new PeerClient(member.Address.ToString(), state.Identity.Certificate, certificate => NodeOf(certificate, state) == member.Name, member.Name);
            var hello = new Hello { Version = _version, Members = state.List };
            var answer = await client.AskAsync(PeerRoutes.Hello, hello, NodeJson.Default.Hello, NodeJson.Default.Hello, HelloPatience, cancellationToken).ConfigureAwait(false);
            using var turn = await TurnAsync(cancellationToken).ConfigureAwait(false);
            if (state.List.Find(_name) is not null)
            {
                Hear(state, answer);
            }

            return View(member) with { Version = answer.Version };
        }
        catch (NodeException failure)
        {
            return View(member) with { Complaint = failure.Message };
        }
    }

    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        try
        {
            var state = Joined;
            var holder = state.List.Members.FirstOrDefault(member => member.HasAuthority) ?? throw new NodeException(ErrorCode.Failed, "no node of the cluster has its authority");
            string request = NodeIdentity.Request(_folder, _name);
            string certificate;
            if (holder.Name == _name)
            {
                certificate = Renew(request, _name);
            }
            else
            {
                using var client = new PeerClient(holder.Address.ToString(), state.Identity.Certificate, other => NodeOf(other, state) == holder.Name, holder.Name);
                certificate = await client.AskAsync(PeerRoutes.Renew, request, NodeJson.Default.String, NodeJson.Default.String, JoinPatience, cancellationToken).ConfigureAwait(false);
            }

            var identity = NodeIdentity.Accept(_folder, certificate, state.Identity.Authority.ExportCertificatePem(), _time.GetUtcNow());

            // The old one is in use by connections that are open: it is left to the collector.
            state.Identity = identity;
            if (_port is { } port)
            {
                await port.CloseAsync().ConfigureAwait(false);
                _isServed = false;
                await ServeAsync(port).ConfigureAwait(false);
            }

            _log.LogInformation("this node's certificate was renewed, it is good until {Until:u}", identity.Certificate.NotAfter.ToUniversalTime());
        }
        catch (NodeException failure)
        {
            _log.LogWarning("this node's certificate could not be renewed, it is tried again: {Reason}", failure.Message);
        }
    }

    private void Hear(State state, Hello hello)
    {
        if (hello.Members.Members.Count + hello.Members.Removed.Count > MemberList.NamesMax)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"more than {MemberList.NamesMax} names of nodes");
        }

        // What others say of this node does not count, unless it is that it was removed.
        var heard = hello.Members with { Members = [.. hello.Members.Members.Where(member => member.Name != _name && NodeName.IsValid(member.Name))] };
        Learn(state, state.List.Merge(heard));
    }

    private void Learn(State state, MemberList list)
    {
        if (!list.Members.SequenceEqual(state.List.Members) || !list.Removed.SequenceEqual(state.List.Removed))
        {
            _file.Write(list);
            state.List = list;
        }
    }

    private NodeView View(Member member) => new()
    {
        Name = member.Name,
        Address = member.Address.ToString(),
        Since = member.Since,
        HasAuthority = member.HasAuthority,
        IsThis = member.Name == _name,
        Version = member.Name == _name ? _version : null,
    };

    private async Task<IDisposable> TurnAsync(CancellationToken cancellationToken)
    {
        await _changing.WaitAsync(cancellationToken).ConfigureAwait(false);
        return new Turn(_changing);
    }

    /// <summary>One for as long as the node belongs to a cluster.</summary>
    private sealed class State(NodeIdentity identity, MemberList list)
    {
        private volatile NodeIdentity _identity = identity;
        private volatile MemberList _list = list;

        public NodeIdentity Identity
        {
            get => _identity;
            set => _identity = value;
        }

        public MemberList List
        {
            get => _list;
            set => _list = value;
        }
    }

    private sealed class Turn(SemaphoreSlim changing) : IDisposable
    {
        public void Dispose() => changing.Release();
    }
}
