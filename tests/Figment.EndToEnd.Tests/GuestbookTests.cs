using Figment.Model.States;

namespace Figment.EndToEnd.Tests;

/// <summary>The first thing a new user does.</summary>
public sealed class GuestbookTests : IDisposable
{
    private readonly FigmentNode _node = new();

    public void Dispose() => _node.Dispose();

    [Fact]
    public async Task The_guestbook_answers_and_only_what_its_request_needed_runs()
    {
        string example = Path.Combine(FigmentNode.Root(), "examples", "guestbook");
        _node.Run("up", example);
        try
        {
            Assert.All(_node.Machines("guestbook"), machine => Assert.Equal(MachineState.Imaginary, machine.State));
            Assert.Empty(_node.Processes("figment-box"));
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };

            string page = await http.GetStringAsync(new Uri("http://127.0.0.1:8080/"));

            Assert.Contains("<html", page, StringComparison.OrdinalIgnoreCase);
            Assert.All(_node.Machines("guestbook"), machine => Assert.Equal(MachineState.Running, machine.State));
            foreach (var machine in _node.Machines("guestbook"))
            {
                Assert.Contains("/tcp from ", _node.Run("why", "-p", "guestbook", machine.Machine), StringComparison.Ordinal);
            }
        }
        finally
        {
            _node.Run("down", "-v", "-p", "guestbook");
        }
    }
}
