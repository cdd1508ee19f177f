using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Figment.Migration.Store;

/// <summary>A page's name by its content: SHA-256 of it; in an encrypted store HMAC-SHA-256 under the store's key, so that the names tell nobody what is in it.</summary>
internal readonly record struct PageAddress(UInt128 First, UInt128 Second)
{
    public static PageAddress Of(ReadOnlySpan<byte> page, StoreKey? key)
    {
        Span<byte> hash = stackalloc byte[StoreLimits.HashBytes];
        if (key is null)
        {
            SHA256.HashData(page, hash);
        }
        else
        {
            key.Authenticate(page, hash);
        }

        return MemoryMarshal.Read<PageAddress>(hash);
    }

    /// <summary>Of a file: the hash of its pages' addresses, in order, and of its length, which the last page does not tell.</summary>
    public static byte[] DigestOf(ReadOnlySpan<PageAddress> pages, long length, StoreKey? key)
    {
        using var hash = key is null ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : key.BeginAuthentication();
        hash.AppendData(MemoryMarshal.AsBytes(pages));
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, length);
        hash.AppendData(number);
        return hash.GetHashAndReset();
    }
}
