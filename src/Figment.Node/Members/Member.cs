namespace Figment.Node.Members;

/// <summary>A node of the cluster.</summary>
/// <param name="Name">In its certificate.</param>
/// <param name="Address">Where its port for other nodes is.</param>
/// <param name="Since">When it was let in, as whoever let it in says.</param>
/// <param name="HasAuthority">It lets further nodes in.</param>
public sealed record Member(string Name, MemberAddress Address, DateTimeOffset Since, bool HasAuthority = false);
