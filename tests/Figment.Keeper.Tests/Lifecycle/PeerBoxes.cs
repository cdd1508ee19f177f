using System.Collections.Concurrent;
using Figment.Keeper.Boxes;
using Figment.Linux.Files;
using Figment.Linux.Sockets;
using Figment.Model.Control;

namespace Figment.Keeper.Tests.Lifecycle;

/// <summary>The test is at the other end of each box's channel.</summary>
internal sealed class PeerBoxes : IBoxStarter
{
    private readonly BlockingCollection<Peer> _started = [];

    public StartedBox Start(string path)
    {
        var (keepers, boxs) = DescriptorSocket.Pair();
        _started.Add(new Peer(new LineChannel(boxs, ControlJson.LineBytesMax)));
        return new StartedBox(keepers, null, IsChild: false);
    }

    public void Expect(bool more, string path)
    {
    }

    /// <summary>The next box, with its launch line read.</summary>
    public Peer Next()
    {
        Assert.True(_started.TryTake(out var peer, TimeSpan.FromSeconds(20)), "no box was started");
        peer.ReadLaunch();
        return peer;
    }

    public int Waiting => _started.Count;

    internal sealed class Peer(LineChannel channel) : IDisposable
    {
        private readonly List<Descriptor> _descriptors = [];
        private IReadOnlyList<Descriptor> _placeholders = [];

        public string Machine => Launch.Machine.Name;

        public BoxMessage.Launch Launch { get; private set; } = null!;

        public Descriptor Placeholder(int index) => _placeholders[index];

        public void ReadLaunch()
        {
            Launch = Assert.IsType<BoxMessage.Launch>(channel.Receive(ControlJson.Default.BoxMessage, out var descriptors));
            _descriptors.AddRange(descriptors.Take(2));
            _placeholders = Parcel.Open(descriptors[2]);
        }

        public void Say(BoxMessage message, params ReadOnlySpan<int> descriptors) => channel.Send(message, ControlJson.Default.BoxMessage, descriptors);

        public void Runs(int port = 80)
        {
            Say(new BoxMessage.Started { Pid = 4242 });
            Say(new BoxMessage.Listening { Port = port, Protocol = Model.Specs.TransportProtocol.Tcp, Family = Model.Launch.ListenFamily.Ipv4, Loopback = false, Placeholder = true });
        }

        public T Hear<T>(out IReadOnlyList<Descriptor> descriptors)
            where T : BoxMessage => Assert.IsType<T>(channel.Receive(ControlJson.Default.BoxMessage, out descriptors));

        public void Exits(int code)
        {
            Say(new BoxMessage.Exited { ExitCode = code, LastLines = ["the end"] });
            Dispose();
        }

        public void Dispose()
        {
            foreach (var descriptor in _descriptors.Concat(_placeholders))
            {
                descriptor.Dispose();
            }

            channel.Dispose();
        }
    }
}
