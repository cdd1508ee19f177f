using System.Globalization;

namespace Figment.Conformance.Tests.Conversations;

/// <param name="Last">Number of the last answer.</param>
/// <param name="Digest">Of all answers in their order.</param>
/// <param name="LongestMs">The longest wait for one.</param>
internal sealed record TalkEnd(long Last, string Digest, int LongestMs)
{
    /// <param name="words">Of the client's last line, behind the first.</param>
    public static TalkEnd Parse(IReadOnlyList<string> words) => new(long.Parse(words[0], CultureInfo.InvariantCulture), words[1], int.Parse(words[2], CultureInfo.InvariantCulture));
}
