namespace Figment.Api.Client;

/// <summary>Nobody answers at the socket.</summary>
public sealed class FigmentUnreachableException : IOException
{
    public FigmentUnreachableException(string socketPath, UnreachableReason reason, Exception inner)
        : base($"no daemon answers at {socketPath}: {Describe(reason, inner)}", inner)
    {
        SocketPath = socketPath;
        Reason = reason;
    }

    public string SocketPath { get; }

    public UnreachableReason Reason { get; }

    private static string Describe(UnreachableReason reason, Exception inner) => reason switch
    {
        UnreachableReason.Missing => "the socket does not exist (ENOENT)",
        UnreachableReason.Refused => "nobody listens there (ECONNREFUSED)",
        UnreachableReason.Denied => "this user may not (EACCES)",
        _ => inner.Message,
    };
}
