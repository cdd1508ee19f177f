namespace Figment.Node.Members;

/// <summary>What nodes ask of each other, over TLS with certificates of the cluster's authority on both sides.</summary>
public static class PeerRoutes
{
    /// <summary>GET, without a certificate: the authority's certificate, PEM. Whoever asks knows its hash.</summary>
    public const string Authority = "/v1/peer/authority";

    /// <summary>POST, without a certificate: a token lets a node in.</summary>
    public const string Join = "/v1/peer/join";

    /// <summary>POST: who belongs to the cluster.</summary>
    public const string Hello = "/v1/peer/hello";

    /// <summary>POST: a machine is to move to the node that is asked.</summary>
    public const string Offer = "/v1/peer/moves";

    /// <summary>POST <c>/v1/peer/moves/ID</c>: words of a hand-over. PUT: the machine itself. GET <c>ID/owed/PROCESS/ADDRESS/PAGES</c>: memory that is owed.</summary>
    public const string Move = Offer + "/";

    /// <summary>POST: what an application's home node says of it.</summary>
    public const string Parts = "/v1/peer/applications";

    /// <summary>POST <c>/v1/peer/applications/down/NAME</c>, from its home node: it goes down.</summary>
    public const string EndPart = Parts + "/down/";

    /// <summary>POST <c>/v1/peer/applications/remove/NAME</c>: the same with its volumes.</summary>
    public const string RemovePart = Parts + "/remove/";

    /// <summary>POST: another certificate before the old one runs out.</summary>
    public const string Renew = "/v1/peer/renew";
}
