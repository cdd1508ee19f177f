namespace Figment.Compose.Diagnostics;

/// <summary>"Did you mean".</summary>
internal static class Suggestion
{
    /// <summary>Longer words are not typing mistakes of ours, and the comparison is quadratic.</summary>
    private const int LengthMax = 64;

    /// <summary>The known word nearest to <paramref name="word"/> as a hint, or null if none is near.</summary>
    public static string? For(string word, IEnumerable<string> known)
    {
        if (word.Length > LengthMax)
        {
            return null;
        }

        string? best = null;
        int bestDistance = Math.Max(1, word.Length / 3) + 1;
        foreach (string candidate in known)
        {
            int distance = Normalise(candidate) == Normalise(word) ? 0 : Distance(word, candidate);
            if (distance < bestDistance)
            {
                best = candidate;
                bestDistance = distance;
            }
        }

        return best is null ? null : $"did you mean '{best}'?";
    }

    private static string Normalise(string word) => word.Replace('-', '_').ToLowerInvariant();

    /// <summary>Insertions, deletions, replacements and swaps of neighbours.</summary>
    private static int Distance(string left, string right)
    {
        int[,] cost = new int[left.Length + 1, right.Length + 1];
        for (int row = 0; row <= left.Length; row++)
        {
            cost[row, 0] = row;
        }

        for (int column = 0; column <= right.Length; column++)
        {
            cost[0, column] = column;
        }

        for (int row = 1; row <= left.Length; row++)
        {
            for (int column = 1; column <= right.Length; column++)
            {
                int replace = left[row - 1] == right[column - 1] ? 0 : 1;
                int least = Math.Min(Math.Min(cost[row - 1, column] + 1, cost[row, column - 1] + 1), cost[row - 1, column - 1] + replace);
                if (row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1])
                {
                    least = Math.Min(least, cost[row - 2, column - 2] + 1);
                }

                cost[row, column] = least;
            }
        }

        return cost[left.Length, right.Length];
    }
}
