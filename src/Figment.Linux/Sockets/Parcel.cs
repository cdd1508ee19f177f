using Figment.Linux.Files;

namespace Figment.Linux.Sockets;

/// <summary>
/// Descriptors that wait in a socket, itself sent as a descriptor. A descriptor that is sent stays open at its sender until that closes it, which may be later than the receiver acts:
/// of what is in a parcel nobody has a copy when it arrives. So a port whose listener the receiver closes is free.
/// </summary>
public static class Parcel
{
    /// <summary>Puts them in; they are no longer the caller's.</summary>
    public static Descriptor Pack(IReadOnlyList<Descriptor> contents)
    {
        var (inside, parcel) = DescriptorSocket.Pair();
        try
        {
            foreach (var some in contents.Chunk(DescriptorSocket.DescriptorsMax))
            {
                DescriptorSocket.Send(inside, [0], [.. some.Select(descriptor => descriptor.Number)]);
            }

            return parcel;
        }
        catch
        {
            parcel.Dispose();
            throw;
        }
        finally
        {
            inside.Dispose();
            foreach (var descriptor in contents)
            {
                descriptor.Dispose();
            }
        }
    }

    /// <summary>Takes out what is in it, and closes it.</summary>
    public static IReadOnlyList<Descriptor> Open(Descriptor parcel)
    {
        using (parcel)
        {
            List<Descriptor> contents = [];
            Span<byte> mark = stackalloc byte[1];
            while (DescriptorSocket.Receive(parcel, mark, contents) > 0)
            {
            }

            return contents;
        }
    }
}
