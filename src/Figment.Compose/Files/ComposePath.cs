namespace Figment.Compose.Files;

/// <summary>Paths as text: nothing here looks at a file.</summary>
internal static class ComposePath
{
    /// <summary>Absolute and normalised; <c>~</c> is the caller's HOME. A zero byte, which no path may hold, becomes U+FFFD so that opening the path fails with a plain "no such file".</summary>
    public static string Resolve(string path, string baseDirectory, IReadOnlyDictionary<string, string> environment)
    {
        string clean = path.Replace('\0', '\uFFFD');
        if (clean == "-")
        {
            return clean;
        }

        if ((clean == "~" || clean.StartsWith("~/", StringComparison.Ordinal)) && environment.TryGetValue("HOME", out string? home) && home.StartsWith('/'))
        {
            clean = home.Replace('\0', '\uFFFD') + clean[1..];
        }

        return Path.GetFullPath(clean.StartsWith('/') ? clean : baseDirectory + "/" + clean);
    }

    public static string Folder(string path, string currentDirectory) => path == "-" ? currentDirectory : Path.GetDirectoryName(path) ?? "/";

    /// <summary>As the user would write it.</summary>
    public static string Display(string path, string currentDirectory)
    {
        string prefix = currentDirectory.EndsWith('/') ? currentDirectory : currentDirectory + "/";
        return path == "-" ? "(standard input)" : path.StartsWith(prefix, StringComparison.Ordinal) ? path[prefix.Length..] : path;
    }
}
