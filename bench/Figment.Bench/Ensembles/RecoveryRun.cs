using System.Globalization;

namespace Figment.Bench.Ensembles;

/// <summary>What one death of a member showed.</summary>
/// <param name="Round">When the round began.</param>
/// <param name="Revision">Of the sources.</param>
/// <param name="Side">Name of the ensemble.</param>
/// <param name="WholeMs">From the kill until the ensemble was whole again.</param>
/// <param name="Leader">Number of the member that led when the first one was killed.</param>
/// <param name="Reads">Of all clients, from when the ensemble was first whole until it was whole again.</param>
/// <param name="Repeated">Of these, those that another member answered than was asked first.</param>
/// <param name="Failed">Not answered within five seconds.</param>
/// <param name="LongestMs">Of the reads.</param>
internal sealed record RecoveryRun(string Round, string Revision, string Side, double WholeMs, int Leader, int Reads, int Repeated, int Failed, double LongestMs)
{
    public const string Header = "round\trevision\tside\twhole_ms\tleader\treads\trepeated\tfailed\tlongest_ms";

    public string ToLine() => string.Create(CultureInfo.InvariantCulture, $"{Round}\t{Revision}\t{Side}\t{WholeMs:F0}\t{Leader}\t{Reads}\t{Repeated}\t{Failed}\t{LongestMs:F1}");

    public static RecoveryRun Parse(string line)
    {
        string[] words = line.Split('\t');
        double Number(int index) => double.Parse(words[index], CultureInfo.InvariantCulture);
        return new RecoveryRun(words[0], words[1], words[2], Number(3), (int)Number(4), (int)Number(5), (int)Number(6), (int)Number(7), Number(8));
    }
}
