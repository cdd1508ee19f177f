using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Figment.Api.Contract;
using Figment.Node.Errors;

namespace Figment.Node.Identity;

/// <summary>Keys and certificates in files.</summary>
internal static class SecretFiles
{
    public const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode Public = Secret | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    public static void MakeFolder(string folder) => Directory.CreateDirectory(folder, Secret | UnixFileMode.UserExecute);

    /// <summary>A certificate with its key.</summary>
    /// <exception cref="NodeException">One is missing, damaged, not the other's, or the key is open to others.</exception>
    public static X509Certificate2 LoadPair(string certificate, string key)
    {
        try
        {
            if ((File.GetUnixFileMode(key) & Others) != 0)
            {
                throw new NodeException(ErrorCode.Failed, $"{key} is open to others than its owner", $"chmod 600 {key}");
            }

            return X509Certificate2.CreateFromPemFile(certificate, key);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            throw new NodeException(ErrorCode.Failed, $"{certificate} with {key} is not a certificate with its key: {exception.Message}", cause: exception);
        }
    }
}
