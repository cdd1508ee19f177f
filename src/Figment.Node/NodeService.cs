using Figment.Api.Contract;
using Figment.Linux.Processes;
using Figment.Model.Launch;
using Figment.Node.Builds;
using Figment.Node.Errors;
using Figment.Node.Images;
using Figment.Node.Journal;
using Figment.Node.Keepers;
using Figment.Node.Ledger;
using Figment.Node.Lifecycle;
using Figment.Node.Logs;
using Figment.Node.Names;
using Figment.Node.Operations;
using Figment.Node.Packages;
using Figment.Node.Snapshots;
using Figment.Node.Telemetry;
using Figment.Node.Views;
using Microsoft.Extensions.Logging;
using System.Security.Cryptography;

namespace Figment.Node;

/// <summary>
/// One node: the truth about what runs on it. Everything that may be asked of a node goes through here; the parts of this class are by subject, a file each. Safe from any thread.
/// </summary>
public sealed partial class NodeService : IDisposable
{
    private const string DigestKeyName = "digest-key";
    private const int DigestKeyBytes = 32;

    private readonly NodeParts _parts;
    private readonly OperationTable _operations;
    private readonly StepRunner _steps;
    private readonly LaunchFiles _launches;
    private readonly EventFeed _feed = new();
    private readonly LogReader _logs;
    private readonly ILogger<NodeService> _log;
    private readonly TaskCompletionSource _recoveryBegun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposed;

    public NodeService(NodeOptions options, NodeJournal journal, IImages images, TimeProvider time, ILoggerFactory logs)
    {
        _log = logs.CreateLogger<NodeService>();
        _launches = new LaunchFiles(options.Places);
        _logs = new LogReader(time);
        _operations = new OperationTable(options.OperationWait, time, logs.CreateLogger<OperationTable>());
        _steps = new StepRunner(journal, logs.CreateLogger<StepRunner>());
        _parts = new NodeParts
        {
            Options = options,
            Journal = journal,
            Images = images,
            Snapshots = new NodeSnapshots(options, time),
            Taken = new TakenSnapshots(options.Places.Taken),
            Packages = new DebianPackages(),
            Builder = new ImageBuilder(options, images),
            Keepers = new KeeperSupervisor(options, time, logs.CreateLogger<KeeperSupervisor>()),
            Ledgers = new LedgerImporter(options, journal, _feed, time, logs.CreateLogger<LedgerImporter>()),
            Time = time,
            Boot = NodeBoot.Id,
            DigestKey = DigestKey(journal),
        };
        Telemetry = new MachineTelemetry(options.MetricsByMachine);
        _parts.Ledgers.Imported += ForgetEndedOneOffs;
        _parts.Ledgers.Imported += CountEvents;
    }

    internal NodeParts Works => _parts;

    internal OperationTable Operations => _operations;

    internal LaunchFiles Launches => _launches;

    public NodeOptions Options => _parts.Options;

    public NodeJournal Journal => _parts.Journal;

    /// <summary>The node's meter and its traces.</summary>
    public MachineTelemetry Telemetry { get; }

    public Operation? FindOperation(string id) => _operations.Find(id);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _parts.Ledgers.Dispose();
        _parts.Keepers.Dispose();
        _parts.Allocating.Dispose();
        Telemetry.Dispose();
        _sampling.Dispose();
    }

    private static byte[] DigestKey(NodeJournal journal)
    {
        if (journal.GetMeta(DigestKeyName) is { } text)
        {
            return Convert.FromHexString(text);
        }

        byte[] key = RandomNumberGenerator.GetBytes(DigestKeyBytes);
        journal.SetMeta(DigestKeyName, Convert.ToHexStringLower(key));
        return key;
    }

    internal ApplicationRecord Require(string application)
    {
        ObjectNames.CheckApplication(application);
        return _parts.Journal.Application(application)
            ?? throw new NodeException(ErrorCode.NotFound, $"there is no application {application} on this node", "figment ls shows those that are up");
    }

    internal ApplicationLaunch RequireLaunch(string application) =>
        _launches.Find(application) ?? throw new NodeException(ErrorCode.Conflict, $"application {application} is not prepared yet or no more", "figment ls shows what is being done to it");

    internal MachineLaunch RequireMachine(string application, string machine)
    {
        Require(application);
        ObjectNames.CheckMachine(machine);
        return RequireLaunch(application).Machines.FirstOrDefault(one => one.Name == machine)
            ?? throw new NodeException(ErrorCode.NotFound, $"application {application} has no machine {machine}", $"figment ps -p {application} shows its machines");
    }
}
