using System.Globalization;
using System.Runtime.CompilerServices;
using Figment.Node.Journal;
using Figment.Node.Tests.Support;

namespace Figment.Node.Tests.Journal;

/// <summary>This program as the process that is killed: with the variable set it writes into that journal and never becomes a test run.</summary>
internal static class JournalWriter
{
    public const string Variable = "FIGMENT_TEST_JOURNAL_WRITER";

    [ModuleInitializer]
    internal static void Run()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { Length: > 0 } path)
        {
            return;
        }

        using var journal = NodeJournal.Open(path, TimeProvider.System);
        var record = JournalTests.Record(Specs.Application(), 1);
        long number = journal.Steps("shop") is [.., var last] ? long.Parse(last.Detail!, CultureInfo.InvariantCulture) : 0;
        while (true)
        {
            string text = (++number).ToString(CultureInfo.InvariantCulture);
            journal.RecordStep("op", "shop", "Write", StepPhase.Begun, text);
            journal.PutApplication(record, [new Allocation(AllocationKind.Subnet, "a", text), new Allocation(AllocationKind.Uplink, "a", text)]);
            Console.WriteLine(text);
        }
    }
}
