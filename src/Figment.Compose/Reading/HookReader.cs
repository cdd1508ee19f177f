using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary>Lists of commands that are run in a machine.</summary>
internal static class HookReader
{
    public static List<HookSpec> Read(Section section, string key, EnvironmentReader environment)
    {
        List<HookSpec> hooks = [];
        foreach ((Node node, string path) in section.Items(key))
        {
            if (node is not MappingNode mapping)
            {
                continue;
            }

            var hook = new Section(mapping, path, section.Sink);
            if (hook.Command("command") is { Count: > 0 } command)
            {
                hooks.Add(new HookSpec { Command = command, User = hook.Text("user"), WorkingDir = hook.Text("working_dir"), Environment = environment.Own(hook) });
            }
            else if (!hook.Has("command"))
            {
                section.Sink.Error(node.Place, path, "the key 'command' is missing");
            }
        }

        return hooks;
    }
}
