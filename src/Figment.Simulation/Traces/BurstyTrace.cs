namespace Figment.Simulation.Traces;

/// <summary>Makes such a trace: requests come at random (a Poisson process whose rate changes), by thinning (Lewis and Shedler, 1979).</summary>
public static class BurstyTrace
{
    private const double SecondUs = 1e6;
    private const double HourUs = 3_600e6;
    private const double DayUs = 24 * HourUs;
    private const double LeastShare = 0.6;

    /// <exception cref="PolicyException">It has no requests, or too many.</exception>
    public static IReadOnlyList<TraceRequest> Make(BurstySpec spec)
    {
        bool isSound = spec is { BaseRate: > 0, Factor: >= 1, LengthUs: > 0, RiseUs: > 0, HoldUs: >= 0, FallUs: > 0, BurstsPerHour: >= 0, NightShare: > 0 and <= 1, MedianDurationUs: > 0, DurationSigma: >= 0 };
        if (!isSound || spec.LengthUs > TraceLimits.AtSecondsMax * 1_000_000 || spec.BaseRate * spec.Factor * spec.LengthUs / SecondUs > 100.0 * TraceLimits.RequestsMax)
        {
            throw new PolicyException("no such trace can be made: rates, times and factors are positive, the night has a share above 0 up to 1, and a trace has at most a year and 20 million requests");
        }

        var random = new SeededRandom(spec.Seed);
        var bursts = Bursts(spec, random);
        var requests = new List<TraceRequest>();
        double rateMax = spec.BaseRate * spec.Factor / SecondUs;
        int live = 0;
        for (double at = random.NextExponential(rateMax); at < spec.LengthUs; at += random.NextExponential(rateMax))
        {
            while (live < bursts.Count && bursts[live].BeginUs + spec.RiseUs + spec.HoldUs + spec.FallUs < at)
            {
                live++;
            }

            double share = Rate(spec, bursts, live, at) / SecondUs / rateMax;
            if (random.NextDouble() < share)
            {
                double duration = Math.Min(spec.DurationUsMax, spec.MedianDurationUs * Math.Exp(spec.DurationSigma * random.NextNormal()));
                requests.Add(new TraceRequest((long)at, spec.Service, Math.Max(1, (long)duration), null));
                if (requests.Count > TraceLimits.RequestsMax)
                {
                    throw new PolicyException($"the trace has more than {TraceLimits.RequestsMax} requests: make it shorter, or its rate lower");
                }
            }
        }

        return requests;
    }

    private static List<(double BeginUs, double Height)> Bursts(BurstySpec spec, SeededRandom random)
    {
        var bursts = new List<(double, double)>();
        if (spec.BurstsPerHour <= 0)
        {
            return bursts;
        }

        for (double at = random.NextExponential(spec.BurstsPerHour) * HourUs; at < spec.LengthUs; at += random.NextExponential(spec.BurstsPerHour) * HourUs)
        {
            double height = Math.Pow(spec.Factor, bursts.Count == 0 ? 1 : LeastShare + ((1 - LeastShare) * random.NextDouble()));
            bursts.Add((at, height));
        }

        return bursts;
    }

    /// <summary>Requests a second. Of bursts that overlap the higher one counts, and nothing is above the top.</summary>
    private static double Rate(BurstySpec spec, List<(double BeginUs, double Height)> bursts, int live, double atUs)
    {
        double factor = 1;
        for (int index = live; index < bursts.Count && bursts[index].BeginUs <= atUs; index++)
        {
            double into = atUs - bursts[index].BeginUs;
            double share = into < spec.RiseUs ? into / spec.RiseUs
                : into < spec.RiseUs + spec.HoldUs ? 1
                : Math.Max(0, 1 - ((into - spec.RiseUs - spec.HoldUs) / spec.FallUs));
            factor = Math.Max(factor, Math.Pow(bursts[index].Height, share));
        }

        double day = spec.NightShare + ((1 - spec.NightShare) * (0.5 - (0.5 * Math.Cos(2 * Math.PI * atUs / DayUs))));
        return spec.BaseRate * day * factor;
    }
}
