using Figment.Cli.Help;
using Figment.Cli.Hosting;

namespace Figment.Cli.Commands;

/// <summary>The noun before what is tried before it is lived with.</summary>
internal sealed class PlanCommand : FigmentCommand
{
    public PlanCommand(CliContext context)
        : base(
            context,
            CommandGroup.Insight,
            "plan",
            "Try policies on a trace of requests, before living with them. No daemon is asked.",
            new("figment plan trace generate --seed 1 --output bursty.csv", "a trace to try them on"),
            new("figment plan simulate --trace bursty.csv --policy max=48,connections=2 --program concurrency=4", "what it would cost, beside always-on machines"))
    {
        Add(new SimulateCommand(context));
        Add(new TraceCommand(context));
    }

    private sealed class TraceCommand : FigmentCommand
    {
        public TraceCommand(CliContext context)
            : base(context, CommandGroup.Insight, "trace", "Make traces.", new Example("figment plan trace generate --seed 1 > bursty.csv", "an hour with bursts"))
        {
            Add(new GenerateTraceCommand(context));
        }
    }
}
