using System.Text;
using Figment.Api.Contract;
using Figment.Machines.Billing;
using Figment.Machines.Intervals;
using Figment.Model.Control;
using Figment.Model.Specs;
using Figment.Node.Billing;
using Figment.Node.Errors;
using Figment.Node.Journal;
using Figment.Node.Names;

namespace Figment.Node;

public sealed partial class NodeService
{
    private const decimal BytesInGib = 1024m * 1024 * 1024;

    /// <summary>Machines of one cause wake each other; a longer chain tells no more.</summary>
    private const int CausesMax = 8;

    /// <summary>What an application's machines did and used, and what that costs. Of one that is down too, as long as the journal knows of it.</summary>
    /// <exception cref="NodeException">There is no such application, or no such price list.</exception>
    public async Task<BillView> BillAsync(string application, BillRequest request, CancellationToken cancellation)
    {
        ObjectNames.CheckApplication(application);
        request = request with { Since = request.Since is { } since ? Slices.Whole(since) : null };
        var prices = Prices(request);
        var record = _parts.Journal.Application(application);
        var running = record is null ? null : await StatusAsync(application, cancellation).ConfigureAwait(false);
        _parts.Ledgers.Import(application);
        var now = Slices.Whole(_parts.Time.GetUtcNow());
        var intervals = _parts.Journal.Intervals(application, request.Since);
        var hours = _parts.Journal.Hours(application, request.Since).ToLookup(hour => hour.Machine);
        if (record is null && intervals.Count == 0 && hours.Count == 0)
        {
            throw new NodeException(ErrorCode.NotFound, $"there is no application {application} on this node, and the journal has nothing of one", "figment ls shows those that are up");
        }

        var known = intervals.Select(interval => (interval.Machine, interval.Service)).Concat(hours.SelectMany(group => group.Select(hour => (hour.Machine, hour.Service)))).DistinctBy(one => one.Machine);
        var byMachine = intervals.ToLookup(interval => interval.Machine);
        var machines = known.OrderBy(one => one.Machine, StringComparer.Ordinal).Select(one => Sized(record, new BilledMachine
        {
            Name = one.Machine,
            Service = one.Service,
            Intervals = [.. byMachine[one.Machine].Select(interval => Slices.After(SoFar(interval, running), request.Since, now)).OfType<MachineInterval>()],
            Hours = [.. hours[one.Machine].Select(hour => Slices.After(hour, request.Since)).OfType<MachineHour>()],
        })).ToList();
        return Bill.Of(application, request, machines, prices, intervals.Where(interval => interval.End is null).Select(interval => interval.Machine).ToHashSet(), now);
    }

    /// <summary>The wake before an event of the machine that its cause came from, and so on; null if it came from nowhere in the application.</summary>
    private EventView? Because(string application, JournalEvent wake)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal) { wake.View.Event.Machine };
        var chain = new List<EventView>();
        while (chain.Count < CausesMax
            && wake.View.Event.Cause.FromMachine is { } from
            && seen.Add(from)
            && _parts.Journal.LastWake(application, from, wake.Id) is { } before)
        {
            chain.Add(before.View);
            wake = before;
        }

        EventView? because = null;
        foreach (var cause in Enumerable.Reverse(chain))
        {
            because = cause with { Because = because };
        }

        return because;
    }

    private static IReadOnlyList<PriceList> Prices(BillRequest request)
    {
        if (request.PriceText is { } text)
        {
            try
            {
                return [PriceFile.Parse(request.PriceFile ?? "prices", Encoding.UTF8.GetBytes(text))];
            }
            catch (PriceFileException exception)
            {
                throw new NodeException(ErrorCode.InvalidRequest, exception.Message, "docs/ledger.md describes price lists; prices/example.json is one to begin from", exception);
            }
        }

        if (request.PricesName is not { } name)
        {
            return BuiltInPrices.All;
        }

        return BuiltInPrices.All.FirstOrDefault(list => list.Name == name) is { } found
            ? [found]
            : throw new NodeException(ErrorCode.NotFound, $"there is no price list {name}", $"known are {string.Join(", ", BuiltInPrices.All.Select(list => list.Name))}, or give a file");
    }

    /// <summary>What goes on has used something already, which its keeper knows.</summary>
    private static MachineInterval SoFar(MachineInterval interval, IReadOnlyList<MachineStatus>? running) =>
        interval.End is null && running?.FirstOrDefault(status => status.Machine == interval.Machine) is { Spent: { } spent } status && status.State == interval.State
            ? interval with { Usage = spent }
            : interval;

    private static BilledMachine Sized(ApplicationRecord? record, BilledMachine machine)
    {
        var limits = record?.Spec.Services.FirstOrDefault(service => service.Name == machine.Service)?.Resources ?? new ResourceSpec();
        return machine with { Vcpus = (decimal?)limits.Cpus, MemoryGib = limits.MemoryBytes / BytesInGib };
    }
}
