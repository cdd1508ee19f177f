using Figment.Compose.Diagnostics;
using Figment.Compose.Projects;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary><c>build</c>. Whether a builder is installed is known to the node, not here.</summary>
internal static class BuildReader
{
    public static BuildSpec? Read(ReadScope scope, Section build)
    {
        string context = build.Text("context") ?? scope.Project.Directory;
        if (RelativePaths.IsRemoteContext(context))
        {
            build.Error(build.Scalar("context")!, "context", $"expected a folder of the node, found {Quote.Text(context)}", "fetch it first and name the folder");
            return null;
        }

        if (build.Has("dockerfile") && build.Has("dockerfile_inline"))
        {
            build.Error(build.Scalar("dockerfile_inline")!, "dockerfile_inline", "a build has either 'dockerfile' or 'dockerfile_inline'", "leave one of them out");
        }

        List<KeyValuePair<string, string?>> arguments = [];
        foreach (MappingEntry entry in build.Child("args")?.Entries ?? [])
        {
            var value = (ScalarNode)entry.Value;
            arguments.Add(KeyValuePair.Create(entry.Key, value.IsNull ? scope.Project.Variables.GetValueOrDefault(entry.Key) : value.Text));
        }

        return new BuildSpec
        {
            Context = context,
            Dockerfile = build.Text("dockerfile"),
            DockerfileInline = build.Text("dockerfile_inline"),
            Target = build.Text("target"),
            Args = arguments,
            Tags = build.Texts("tags"),
        };
    }
}
