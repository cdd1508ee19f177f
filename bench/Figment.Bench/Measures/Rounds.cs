using Figment.Bench.Sides;

namespace Figment.Bench.Measures;

/// <summary>Interleaves: each round asks every side once, beginning with another one each time, so that drift of the machine hits all alike.</summary>
internal static class Rounds
{
    public static async Task<IReadOnlyList<KeyValuePair<string, List<double>>>> PlayAsync(IReadOnlyList<ISide> sides, int runs, string what, Func<ISide, Task<double>> measure)
    {
        Dictionary<string, List<double>> values = sides.ToDictionary(side => side.Name, _ => new List<double>());
        for (int round = 0; round < runs; round++)
        {
            Console.Error.WriteLine($"{what}: round {round + 1} of {runs}");
            for (int turn = 0; turn < sides.Count; turn++)
            {
                ISide side = sides[(round + turn) % sides.Count];
                values[side.Name].Add(await measure(side));
            }
        }

        return [.. sides.Select(side => KeyValuePair.Create(side.Name, values[side.Name]))];
    }
}
