using Figment.Api.Contract;
using Figment.Model.Control;
using Figment.Model.States;
using Figment.Node.Errors;
using Figment.Node.Keepers;
using Figment.Node.Operations;
using Figment.Node.Streams;
using Figment.Node.Views;

namespace Figment.Node;

public sealed partial class NodeService
{
    /// <summary>Beside the time that the machine itself may take.</summary>
    private static readonly TimeSpan ActionMargin = TimeSpan.FromMinutes(1);

    /// <summary>What a start may take with all that it depends on.</summary>
    private static readonly TimeSpan StartMax = TimeSpan.FromMinutes(10);

    private const int SignalMax = 64;

    /// <summary>start, stop, restart, kill, checkpoint, restore or remove as an operation: what it brings is read back.</summary>
    public Operation BeginAct(string operationId, string application, string machine, string action, ActionRequest request, bool force) =>
        _operations.BeginFree(operationId, application, action, async operation =>
        {
            CheckpointView? checkpoint = null;
            RestoreView? restore = null;
            switch (action)
            {
                case "remove":
                    await RemoveMachineAsync(application, machine, force, operation.Cancellation).ConfigureAwait(false);
                    break;
                case "checkpoint":
                    checkpoint = await CheckpointAsync(application, machine, request, operation.Cancellation).ConfigureAwait(false);
                    break;
                case "restore":
                    restore = await RestoreAsync(application, machine, request.Snapshot, force, operation.Cancellation).ConfigureAwait(false);
                    break;
                default:
                    await ActAsync(application, machine, action, request, operation.Cancellation).ConfigureAwait(false);
                    break;
            }

            return new ProgressLine { Done = true, Checkpoint = checkpoint, Restore = restore };
        });

    /// <summary>start, stop, restart or kill; returns the machine as it is afterwards.</summary>
    public async Task<MachineView> ActAsync(string application, string machine, string action, ActionRequest request, CancellationToken cancellation)
    {
        var launch = RequireMachine(application, machine);
        if (request.Signal is <= 0 or > SignalMax)
        {
            throw new NodeException(ErrorCode.InvalidRequest, $"{request.Signal} is not the number of a signal", $"1 to {SignalMax}");
        }

        if (request.GraceMs is < 0)
        {
            throw new NodeException(ErrorCode.InvalidRequest, "graceMs must not be negative");
        }

        var grace = TimeSpan.FromMilliseconds(request.GraceMs ?? launch.Program.StopGraceMs);
        var (ask, limit) = action switch
        {
            "start" => ((KeeperRequest)new KeeperRequest.Start { Machine = machine, Wait = true }, StartMax),
            "stop" => (new KeeperRequest.Stop { Machine = machine, Signal = request.Signal, GraceMs = request.GraceMs, ToImaginary = request.ToImaginary }, grace + ActionMargin),
            "restart" => (new KeeperRequest.Restart { Machine = machine, GraceMs = request.GraceMs }, grace + StartMax),
            "kill" => (new KeeperRequest.Kill { Machine = machine, Signal = request.Signal ?? 9 }, ActionMargin),
            _ => throw new NodeException(ErrorCode.NotFound, $"a machine cannot be told to \"{action}\"", "start, stop, restart and kill are known"),
        };
        return await AskAboutAsync(application, machine, ask, limit, cancellation).ConfigureAwait(false);
    }

    /// <summary>Forgets what a machine wrote.</summary>
    public async Task<MachineView> RemoveMachineAsync(string application, string machine, bool force, CancellationToken cancellation)
    {
        RequireMachine(application, machine);
        return await AskAboutAsync(application, machine, new KeeperRequest.Remove { Machine = machine, Force = force }, ActionMargin, cancellation).ConfigureAwait(false);
    }

    /// <summary>Another program in a running machine.</summary>
    public Task<BoxConnection> ExecAsync(string application, string machine, ExecRequest request, CancellationToken cancellation)
    {
        RequireMachine(application, machine);
        if (request.Arguments.Count == 0 || request.Arguments[0].Length == 0)
        {
            throw new NodeException(ErrorCode.InvalidRequest, "exec needs a command") { ExitCode = 125 };
        }

        return OpenBoxAsync(
            application,
            machine,
            new StreamRequest.Exec
            {
                Arguments = request.Arguments,
                Environment = request.Environment,
                User = request.User,
                WorkingDirectory = request.WorkingDirectory,
                Tty = request.Tty,
                Stdin = request.Stdin,
            },
            cancellation);
    }

    public Task<BoxConnection> AttachAsync(string application, string machine, AttachRequest request, CancellationToken cancellation)
    {
        RequireMachine(application, machine);
        return OpenBoxAsync(application, machine, new StreamRequest.Attach { Stdin = request.Stdin }, cancellation);
    }

    /// <summary>A machine that is on storage comes back for it, and for another program in it one that starts is waited for: who attaches to a program wants to hear why it does not start.</summary>
    private async Task<BoxConnection> OpenBoxAsync(string application, string machine, StreamRequest request, CancellationToken cancellation)
    {
        try
        {
            return await BoxConnection.OpenAsync(machine, BoxSocket(application, machine), request, cancellation).ConfigureAwait(false);
        }
        catch (NodeException exception) when (exception.Code == ErrorCode.Conflict)
        {
            var status = (await StatusAsync(application, cancellation).ConfigureAwait(false))?.FirstOrDefault(one => one.Machine == machine);
            bool comes = status?.State is MachineState.Hibernated || (request is StreamRequest.Exec && status?.State is MachineState.Waiting or MachineState.Starting or MachineState.Running);
            if (!comes)
            {
                throw;
            }

            await AskAboutAsync(application, machine, new KeeperRequest.Start { Machine = machine, Wait = true }, StartMax, cancellation).ConfigureAwait(false);
            return await BoxConnection.OpenAsync(machine, BoxSocket(application, machine), request, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>A machine as it is specified, whatever it does: one-off machines are no more when they have ended.</summary>
    public MachineView Specified(string application, string machine) =>
        MachineViews.Of(application, RequireMachine(application, machine), Require(application).Spec, status: null, _parts.Time.GetUtcNow());

    internal async Task<MachineView> AskAboutAsync(string application, string machine, KeeperRequest request, TimeSpan limit, CancellationToken cancellation)
    {
        var launch = RequireMachine(application, machine);
        try
        {
            var reply = await _parts.Keepers.Client(application).AskAsync(request, limit, cancellation).ConfigureAwait(false);
            var status = reply.Machines is [var only] ? only : (await StatusAsync(application, cancellation).ConfigureAwait(false))?.FirstOrDefault(one => one.Machine == machine);
            return MachineViews.Of(application, launch, Require(application).Spec, status, _parts.Time.GetUtcNow());
        }
        catch (KeeperLostException exception)
        {
            throw new NodeException(ErrorCode.Failed, exception.Message, $"figment ls shows its state; {Path.Combine(_parts.Options.Places.ApplicationRuntime(application), "keeper.log")} tells why", exception);
        }
    }
}
