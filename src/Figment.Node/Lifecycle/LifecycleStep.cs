namespace Figment.Node.Lifecycle;

/// <summary>
/// One step of a lifecycle. Both directions may be run again after a crash in the middle: they look at what is there and make the rest.
/// </summary>
internal abstract class LifecycleStep<TContext>
{
    /// <summary>As the journal has it.</summary>
    public string Name => GetType().Name;

    public abstract Task DoAsync(TContext context, CancellationToken cancellation);

    /// <summary>Takes back what <see cref="DoAsync"/> has done, all or part of it.</summary>
    public virtual Task UndoAsync(TContext context) => Task.CompletedTask;
}
