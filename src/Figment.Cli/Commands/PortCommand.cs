using System.CommandLine;
using System.Globalization;
using Figment.Cli.Help;
using Figment.Cli.Hosting;
using Figment.Cli.Output;
using Figment.Cli.Projects;
using Figment.Model.Launch;

namespace Figment.Cli.Commands;

internal sealed class PortCommand : FigmentCommand
{
    private readonly Argument<string> _machine = MachineArguments.One();
    private readonly Argument<string?> _port = new("port") { HelpName = "PORT[/udp]", Description = "Port of the machine; by default all that are published", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<int?> _index = NumberOption.Index();
    private readonly Option<string?> _protocol = new("--protocol") { Description = "tcp or udp", HelpName = "PROTOCOL" };
    private readonly OutputOptions _output = new();
    private readonly ProjectOptions _project;

    public PortCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "port",
            "Show which addresses of the node lead to a machine.",
            new("figment port web 80", "the address of one port"),
            new("figment port web", "all of them"))
    {
        _protocol.AcceptOnlyFromAmong("tcp", "udp");
        MachineArguments.Complete(_machine, context);
        Add(_machine);
        Add(_port);
        Add(_index);
        Add(_protocol);
        _output.AddTo(this);
        _project = AddProject();
        Does(ExecuteAsync);
    }

    private Task<int> ExecuteAsync(ParseResult parsed, CancellationToken cancellationToken) => WithClientAsync(
        async client =>
        {
            var machine = await Targets(parsed, client, _project).FindOneAsync(parsed.GetRequiredValue(_machine), parsed.GetValue(_index), cancellationToken).ConfigureAwait(false);
            string? wanted = Wanted(parsed);
            PublishedPort[] ports = [.. machine.Published.Where(port => wanted is null || PortText.Inside(port.Port, port.Protocol) == wanted)];
            if (ports.Length == 0 && wanted is not null)
            {
                throw new CliException($"cannot tell the address of {wanted} of {machine.Machine}: that port is not published", $"figment port {machine.Machine}", ExitCodes.NotFound);
            }

            if (_output.IsJson(parsed))
            {
                CliJson.Write(
                    Context.Out,
                    [.. ports.Select(port => new PortRow { Application = machine.Application, Machine = machine.Machine, Port = PortText.Inside(port.Port, port.Protocol), Published = PortText.Outside(port) })],
                    CliJson.Default.IReadOnlyListPortRow);
                return ExitCodes.Ok;
            }

            foreach (var port in ports)
            {
                await Context.Out.WriteLineAsync(wanted is null ? $"{PortText.Inside(port.Port, port.Protocol)} -> {PortText.Outside(port)}" : PortText.Outside(port)).ConfigureAwait(false);
            }

            return ExitCodes.Ok;
        },
        cancellationToken);

    private string? Wanted(ParseResult parsed)
    {
        if (parsed.GetValue(_port) is not { } text)
        {
            return null;
        }

        string[] parts = text.Split('/', 2);
        string protocol = parsed.GetValue(_protocol) ?? (parts.Length > 1 ? parts[1] : "tcp");
        return ushort.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0 && protocol is "tcp" or "udp"
            ? $"{parts[0]}/{protocol}"
            : throw new CliException($"'{text}' is no port: give a number from 1 to 65535, with /udp if it is one", "figment port --help", ExitCodes.Usage);
    }
}
