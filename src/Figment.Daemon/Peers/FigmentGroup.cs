using System.Globalization;

namespace Figment.Daemon.Peers;

/// <summary>The group whose members may use the socket.</summary>
internal static class FigmentGroup
{
    public const string Name = "figment";

    /// <summary>Its number; null if the node has no such group. Read from the file: the daemon links no NSS modules.</summary>
    public static uint? Find()
    {
        const string Groups = "/etc/group";
        if (!File.Exists(Groups))
        {
            return null;
        }

        foreach (string line in File.ReadLines(Groups))
        {
            string[] fields = line.Split(':');
            if (fields.Length >= 3 && fields[0] == Name && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
            {
                return number;
            }
        }

        return null;
    }
}
