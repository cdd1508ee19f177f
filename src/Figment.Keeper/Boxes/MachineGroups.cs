using Figment.Linux.Cgroups;
using Figment.Linux.Processes;

namespace Figment.Keeper.Boxes;

/// <summary>
/// The control groups of an application's machines, by which a keeper finds what outlives a box that was killed: a program that changes its user
/// loses the signal of its parent's death (PR_SET_PDEATHSIG, prctl(2)).
/// </summary>
internal sealed class MachineGroups(string tag)
{
    /// <summary>A process that was killed and does not end hangs in the kernel.</summary>
    private static readonly TimeSpan EndMax = TimeSpan.FromSeconds(10);

    /// <summary>Who traces it, and listens, has heard of its end by then.</summary>
    private static readonly TimeSpan TracedMax = TimeSpan.FromMilliseconds(500);

    private readonly CgroupLayout _layout = CgroupLayout.Detect();

    /// <summary>Relative to each hierarchy.</summary>
    public static string PathOf(string tag, string machine) => $"{PathOf(tag)}/{machine}";

    /// <summary>The application's own group in the unified tree, if there is one.</summary>
    public string? UnifiedFolder => _layout.Unified is { } unified ? Path.Combine(unified, PathOf(tag)) : null;

    /// <summary>Kills what is left in a machine; returns it for the caller to wait for.</summary>
    public IReadOnlyList<Pidfd> Kill(string machine) => MachineCgroup.Kill(_layout, PathOf(tag, machine));

    /// <summary>Removes the groups of a machine that has no process any more; the application's, to which programs may be attached, stays.</summary>
    public void Remove(string machine) => MachineCgroup.Remove(_layout, PathOf(tag, machine));

    /// <summary>Removes the application's own groups, once its machines' are gone.</summary>
    public void Remove() => MachineCgroup.RemoveEmpty(_layout, PathOf(tag));

    /// <summary>Ends what runs in machines that have no box any more, and waits for it.</summary>
    public void EndAllBut(IReadOnlySet<string> machines, Action<string> log)
    {
        foreach (string machine in MachineCgroup.Below(_layout, PathOf(tag)).Where(name => !machines.Contains(name)))
        {
            foreach (var process in Kill(machine))
            {
                using (process)
                {
                    bool hasEnded = process.AwaitEnd(TracedMax);
                    if (!hasEnded)
                    {
                        Tracers.Kill(process.Pid);
                        hasEnded = process.AwaitEnd(EndMax);
                    }

                    log($"{machine}: process {process.Pid}, which has outlived its box, {(hasEnded ? "is" : "cannot be")} killed");
                }
            }

            Remove(machine);
        }
    }

    private static string PathOf(string tag) => $"figment/{tag}";
}
