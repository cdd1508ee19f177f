using System.Collections.Concurrent;
using System.Text.Json;
using Figment.Model;
using Figment.Model.Launch;

namespace Figment.Node.Views;

/// <summary>Launch files, parsed once for each version of the file.</summary>
public sealed class LaunchFiles(Places places)
{
    private readonly ConcurrentDictionary<string, (DateTime Written, long Length, ApplicationLaunch Launch)> _parsed = new();

    public string PathOf(string application) => Path.Combine(places.ApplicationRuntime(application), "keeper.json");

    /// <summary>Null: there is none.</summary>
    public ApplicationLaunch? Find(string application)
    {
        var file = new FileInfo(PathOf(application));
        if (!file.Exists)
        {
            _parsed.TryRemove(application, out _);
            return null;
        }

        if (_parsed.TryGetValue(application, out var known) && known.Written == file.LastWriteTimeUtc && known.Length == file.Length)
        {
            return known.Launch;
        }

        try
        {
            var launch = JsonSerializer.Deserialize(File.ReadAllBytes(file.FullName), LaunchJson.Default.ApplicationLaunch);
            if (launch is not null)
            {
                _parsed[application] = (file.LastWriteTimeUtc, file.Length, launch);
            }

            return launch;
        }
        catch (FileNotFoundException)
        {
            // Removed between the two looks.
            return null;
        }
    }
}
