using System.Buffers.Binary;
using System.Net;

namespace Figment.Migration.Images;

/// <summary>What in a dump tells a machine who it is: another machine is to begin from it.</summary>
internal static class CloneImages
{
    /// <summary>The host name, in the image of a UTS namespace.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static void Rename(ImageFile space, string hostName)
    {
        for (int index = 0; index < space.Count; index++)
        {
            var names = space.Read(index, NamesEntry.Parser);
            names.HostName = hostName;
            space.Replace(index, names);
        }
    }

    /// <summary>Sockets that are bound to an address of the other's, or connected with one of its own.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static void Move(ImageFile files, IReadOnlyDictionary<IPAddress, IPAddress> addresses)
    {
        for (int index = 0; index < files.Count; index++)
        {
            var entry = files.Read(index, FileEntry.Parser);
            if (entry is { Kind: FileKind.InternetSocket, InternetSocket: { } socket } && (Move(socket.LocalAddress, addresses) | Move(socket.RemoteAddress, addresses)))
            {
                files.Replace(index, entry);
            }
        }
    }

    /// <summary>False: it is none of them.</summary>
    private static bool Move(IList<uint> words, IReadOnlyDictionary<IPAddress, IPAddress> addresses)
    {
        if (words.Count is not (1 or 4))
        {
            return false;
        }

        byte[] bytes = new byte[words.Count * sizeof(uint)];
        for (int word = 0; word < words.Count; word++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(word * sizeof(uint)), words[word]);
        }

        var address = new IPAddress(bytes);
        bool isMapped = address.IsIPv4MappedToIPv6;
        if (!addresses.TryGetValue(isMapped ? address.MapToIPv4() : address, out var own) || own.AddressFamily != (isMapped ? address.MapToIPv4() : address).AddressFamily)
        {
            return false;
        }

        bytes = (isMapped ? own.MapToIPv6() : own).GetAddressBytes();
        for (int word = 0; word < words.Count; word++)
        {
            words[word] = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(word * sizeof(uint)));
        }

        return true;
    }
}
