using System.Security.Cryptography;
using Figment.Migration.Snapshots;

namespace Figment.Migration.Store;

/// <summary>
/// The keys of an encrypted store, derived (HKDF, RFC 5869) from the 32 bytes of its key file: one for AES-256-GCM, one for addresses, one by which a wrong file is known.
/// Any thread may use it.
/// </summary>
internal sealed class StoreKey
{
    /// <summary>AES-GCM's nonce and tag (NIST SP 800-38D). A random nonce is good for 2^32 blocks under one key: a petabyte.</summary>
    public const int OverheadBytes = NonceBytes + TagBytes;

    private const int KeyBytes = 32;
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const UnixFileMode OthersModes = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly byte[] _encryption;
    private readonly byte[] _addresses;

    private StoreKey(byte[] secret)
    {
        _encryption = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeyBytes, info: "figment-store encryption"u8.ToArray());
        _addresses = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeyBytes, info: "figment-store addresses"u8.ToArray());
        Check = HKDF.DeriveKey(HashAlgorithmName.SHA256, secret, KeyBytes, info: "figment-store check"u8.ToArray());
    }

    /// <summary>Tells keys apart without telling them.</summary>
    public byte[] Check { get; }

    /// <exception cref="SnapshotException">It is not there, open to others, or no key.</exception>
    public static StoreKey Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (!file.Exists)
            {
                throw new SnapshotException($"the store's key file {path} is missing; put the store's key there, or for a new store make one: (umask 077; head -c {KeyBytes} /dev/urandom > {path})");
            }

            if ((file.UnixFileMode & OthersModes) != 0)
            {
                throw new SnapshotException($"the store's key file {path} is open to others (mode {Convert.ToString((int)file.UnixFileMode, 8)}); close it: chmod 600 {path}");
            }

            return file.Length == KeyBytes ? new StoreKey(File.ReadAllBytes(path)) : throw new SnapshotException($"the store's key file {path} has {file.Length} bytes instead of {KeyBytes}; for a new store make one: (umask 077; head -c {KeyBytes} /dev/urandom > {path})");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SnapshotException($"the store's key file {path} cannot be read: {exception.Message}; see whether it is readable by root", exception);
        }
    }

    public void Authenticate(ReadOnlySpan<byte> content, Span<byte> hash) => HMACSHA256.HashData(_addresses, content, hash);

    public IncrementalHash BeginAuthentication() => IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _addresses);

    /// <param name="plain">What is encrypted.</param>
    /// <param name="result">Gets nonce, tag and what is encrypted: <see cref="OverheadBytes"/> more.</param>
    /// <param name="place">Where it stands: it cannot be opened as something else.</param>
    public void Seal(ReadOnlySpan<byte> plain, Span<byte> result, ReadOnlySpan<byte> place)
    {
        RandomNumberGenerator.Fill(result[..NonceBytes]);
        using var cipher = new AesGcm(_encryption, TagBytes);
        cipher.Encrypt(result[..NonceBytes], plain, result[OverheadBytes..], result.Slice(NonceBytes, TagBytes), place);
    }

    /// <summary>False: it is not what was sealed at this place with this key.</summary>
    public bool TryOpen(ReadOnlySpan<byte> stored, Span<byte> plain, ReadOnlySpan<byte> place)
    {
        try
        {
            using var cipher = new AesGcm(_encryption, TagBytes);
            cipher.Decrypt(stored[..NonceBytes], stored[OverheadBytes..], stored.Slice(NonceBytes, TagBytes), plain, place);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }
}
