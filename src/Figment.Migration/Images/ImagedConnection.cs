namespace Figment.Migration.Images;

/// <param name="Inode">Of the socket when it was dumped.</param>
/// <param name="IsVersion6">AF_INET6.</param>
public readonly record struct ImagedConnection(uint Inode, bool IsVersion6);
