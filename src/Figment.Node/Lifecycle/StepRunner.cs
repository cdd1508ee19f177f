using Figment.Node.Journal;
using Figment.Node.Operations;
using Microsoft.Extensions.Logging;

namespace Figment.Node.Lifecycle;

/// <summary>Runs steps in order with a record before and after each; a failure takes back what was begun, last first.</summary>
internal sealed class StepRunner(NodeJournal journal, ILogger<StepRunner> log)
{
    public async Task RunAsync<TContext>(Operation operation, IReadOnlyList<LifecycleStep<TContext>> steps, TContext context)
    {
        var begun = new Stack<LifecycleStep<TContext>>();
        foreach (var step in steps)
        {
            begun.Push(step);
            Record(operation, step.Name, StepPhase.Begun);
            try
            {
                operation.Cancellation.ThrowIfCancellationRequested();
                await step.DoAsync(context, operation.Cancellation).ConfigureAwait(false);
            }
            catch (Exception exception)
            {
                Record(operation, step.Name, StepPhase.Failed, exception.Message);
                await UndoAsync(operation, begun, context).ConfigureAwait(false);
                throw;
            }

            Record(operation, step.Name, StepPhase.Done);
        }

        journal.TrimSteps(operation.Application);
    }

    private async Task UndoAsync<TContext>(Operation operation, Stack<LifecycleStep<TContext>> begun, TContext context)
    {
        while (begun.TryPop(out var step))
        {
            Record(operation, step.Name, StepPhase.UndoBegun);
            try
            {
                await step.UndoAsync(context).ConfigureAwait(false);
                Record(operation, step.Name, StepPhase.Undone);
            }
            catch (Exception exception)
            {
                // The first failure is what the user must hear; the rest of the undoing is still worth doing.
                log.LogError(exception, "taking back step {Step} of {Kind} of {Application}", step.Name, operation.Kind, operation.Application);
                Record(operation, step.Name, StepPhase.Failed, exception.Message);
            }
        }
    }

    private void Record(Operation operation, string step, StepPhase phase, string? detail = null) =>
        journal.RecordStep(operation.Id, operation.Application, step, phase, detail);
}
