using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;

namespace Figment.Compose.Projects;

/// <summary>Which services take part: by profile, by name, by dependency; and that dependencies lead nowhere twice.</summary>
internal sealed class ServiceSelection(MappingNode services, DiagnosticSink sink)
{
    private readonly Dictionary<string, Visit> _visits = new(StringComparer.Ordinal);

    private enum Visit
    {
        Open,
        Done,
    }

    /// <summary>Names of the services that take part.</summary>
    /// <param name="profiles">Active profiles.</param>
    /// <param name="wanted">Named by the user; empty for all.</param>
    public IReadOnlySet<string> Select(IReadOnlyCollection<string> profiles, IReadOnlyCollection<string> wanted)
    {
        HashSet<string> active = new(profiles, StringComparer.Ordinal);
        foreach (string name in wanted)
        {
            if (services.Get(name) is MappingNode service)
            {
                active.UnionWith(ProfilesOf(service));
            }
            else
            {
                sink.Error(Place.None, string.Empty, $"there is no service {Quote.Text(name)}", Suggestion.For(name, services.Entries.Select(entry => entry.Key)));
            }
        }

        HashSet<string> enabled = [.. services.Entries.Where(entry => entry.Value is not MappingNode service || IsEnabled(service, active)).Select(entry => entry.Key)];
        if (enabled.Count == 0)
        {
            string? profile = services.Entries.Select(entry => entry.Value).OfType<MappingNode>().SelectMany(ProfilesOf).FirstOrDefault();
            sink.Error(services.Place, "services", "no service is active: each belongs to a profile", $"activate one with --profile {profile}");
        }

        HashSet<string> selected = wanted.Count == 0 ? enabled : Closure(wanted.Where(enabled.Contains), enabled);
        foreach (string name in selected)
        {
            CheckDependencies(name, enabled);
        }

        if (!sink.HasErrors)
        {
            FindCircles(selected);
        }

        return selected;
    }

    private static bool IsEnabled(MappingNode service, HashSet<string> active)
    {
        IReadOnlyList<string> profiles = [.. ProfilesOf(service)];
        return profiles.Count == 0 || active.Contains("*") || profiles.Any(active.Contains);
    }

    private static IEnumerable<string> ProfilesOf(MappingNode service) =>
        service.Get("profiles") is SequenceNode list ? list.Items.OfType<ScalarNode>().Select(profile => profile.Text) : [];

    private IEnumerable<MappingEntry> DependenciesOf(string name) =>
        ((services.Get(name) as MappingNode)?.Get("depends_on") as MappingNode)?.Entries ?? [];

    private HashSet<string> Closure(IEnumerable<string> start, HashSet<string> enabled)
    {
        HashSet<string> reached = [];
        Queue<string> waiting = new(start);
        while (waiting.TryDequeue(out string? name))
        {
            if (reached.Add(name))
            {
                foreach (MappingEntry dependency in DependenciesOf(name).Where(dependency => enabled.Contains(dependency.Key)))
                {
                    waiting.Enqueue(dependency.Key);
                }
            }
        }

        return reached;
    }

    private void CheckDependencies(string name, HashSet<string> enabled)
    {
        foreach (MappingEntry dependency in DependenciesOf(name).Where(dependency => !enabled.Contains(dependency.Key)))
        {
            string path = $"services.{name}.depends_on";
            bool optional = dependency.Value is MappingNode mapping && mapping.Get("required") is ScalarNode { Text: "false" or "False" or "FALSE" or "no" or "off" };
            if (services.Get(dependency.Key) is not MappingNode other)
            {
                string message = $"there is no service {Quote.Text(dependency.Key)}";
                if (optional)
                {
                    sink.Warn(dependency.KeyPlace, path, message + "; it is not required");
                }
                else
                {
                    sink.Error(dependency.KeyPlace, path, message, Suggestion.For(dependency.Key, services.Entries.Select(entry => entry.Key)));
                }
            }
            else if (!optional)
            {
                string profiles = string.Join(", ", ProfilesOf(other).Select(Quote.Text));
                sink.Error(dependency.KeyPlace, path, $"the service {Quote.Text(dependency.Key)} is not active: it belongs to the profile {profiles}", $"activate it with --profile {ProfilesOf(other).FirstOrDefault()}, or write 'required: false'");
            }
        }
    }

    /// <summary>Depth first without recursion: a chain may be as long as there are services.</summary>
    private void FindCircles(IReadOnlySet<string> selected)
    {
        foreach (string start in selected.Where(start => !_visits.ContainsKey(start)))
        {
            List<(string Name, IEnumerator<MappingEntry> Pending)> stack = [(start, DependenciesOf(start).GetEnumerator())];
            _visits[start] = Visit.Open;
            while (stack.Count > 0)
            {
                (string name, IEnumerator<MappingEntry> pending) = stack[^1];
                if (!pending.MoveNext())
                {
                    _visits[name] = Visit.Done;
                    stack.RemoveAt(stack.Count - 1);
                    continue;
                }

                MappingEntry next = pending.Current;
                if (!selected.Contains(next.Key))
                {
                    continue;
                }

                if (!_visits.TryGetValue(next.Key, out Visit visit))
                {
                    _visits[next.Key] = Visit.Open;
                    stack.Add((next.Key, DependenciesOf(next.Key).GetEnumerator()));
                }
                else if (visit == Visit.Open)
                {
                    IEnumerable<string> circle = stack.Select(link => link.Name).SkipWhile(link => link != next.Key).Append(next.Key);
                    sink.Error(next.KeyPlace, $"services.{name}.depends_on", $"services depend on one another in a circle: {string.Join(" -> ", circle)}");
                }
            }
        }
    }
}
