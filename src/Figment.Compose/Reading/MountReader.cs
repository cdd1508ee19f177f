using Figment.Compose.Diagnostics;
using Figment.Compose.Projects;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary><c>volumes</c> and <c>tmpfs</c>.</summary>
internal sealed class MountReader(ReadScope scope, Section service)
{
    private static readonly string[] Propagations = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

    public IReadOnlyList<MountSpec> Read()
    {
        List<MountSpec> mounts = [];
        foreach ((Node node, string path) in service.Items("volumes"))
        {
            MountSpec? mount = node is ScalarNode scalar ? ReadShort(scalar, path) : ReadLong(new Section((MappingNode)node, path, service.Sink));
            if (mount is not null)
            {
                mounts.Add(mount);
            }
        }

        foreach ((Node node, string path) in service.Items("tmpfs"))
        {
            if (ReadTmpfs((ScalarNode)node, path) is { } mount)
            {
                mounts.Add(mount);
            }
        }

        return mounts;
    }

    private MountSpec? ReadShort(ScalarNode scalar, string path)
    {
        string[] parts = scalar.Text.Split(':');
        if (parts.Length > 3 || parts.Any(part => part.Length == 0))
        {
            service.Sink.Error(scalar.Place, path, $"expected SOURCE:TARGET or SOURCE:TARGET:OPTIONS, found {Quote.Text(scalar.Text)}", "use the long form for paths with a colon");
            return null;
        }

        string? source = parts.Length > 1 ? parts[0] : null;
        bool bind = source is not null && RelativePaths.IsBindSource(source);
        string? target = Target(parts.Length > 1 ? parts[1] : parts[0], scalar, path);
        if (target is null || (source is not null && !bind && !CheckVolume(source, scalar, path)))
        {
            return null;
        }

        var mount = new MountSpec { Kind = bind ? MountKind.Bind : MountKind.Volume, Source = source, Target = target, CreateHostPath = bind };
        return parts.Length == 3 ? WithOptions(mount, parts[2], scalar, path) : mount;
    }

    private MountSpec WithOptions(MountSpec mount, string options, ScalarNode scalar, string path)
    {
        MountSpec result = mount;
        foreach (string option in options.Split(','))
        {
            switch (option)
            {
                case "ro":
                    result = result with { ReadOnly = true };
                    break;
                case "rw" or "z" or "Z" or "cached" or "delegated" or "consistent":
                    break;
                case "nocopy" or "volume-nocopy":
                    result = result with { NoCopy = true };
                    break;
                case var propagation when Propagations.Contains(propagation):
                    result = result with { Propagation = propagation };
                    break;
                default:
                    service.Sink.Error(scalar.Place, path, $"unknown option {Quote.Text(option)} of a volume", Suggestion.For(option, ["ro", "rw", "z", "Z", "nocopy", .. Propagations]) ?? "there are ro, rw, z, Z, nocopy and the propagations");
                    break;
            }
        }

        return result;
    }

    private MountSpec? ReadLong(Section volume)
    {
        if (volume.Text("type") is not { } type)
        {
            service.Sink.Error(volume.Mapping.Place, volume.Path, "the key 'type' is missing", "it is bind, volume or tmpfs");
            return null;
        }

        if (type is "npipe" or "cluster" or "image")
        {
            volume.Error(volume.Scalar("type")!, "type", $"mounts of type {type} are not supported", "use bind, volume or tmpfs");
            return null;
        }

        MountKind? kind = volume.Choice("type", ("bind", MountKind.Bind), ("volume", MountKind.Volume), ("tmpfs", MountKind.Tmpfs));
        if (volume.Scalar("target") is not { } target)
        {
            service.Sink.Error(volume.Mapping.Place, volume.Path, "the key 'target' is missing: where in the machine?");
            return null;
        }

        string? place = Target(target.Text, target, volume.PathOf("target"));
        string? source = volume.Text("source");
        bool valid = kind switch
        {
            MountKind.Bind => CheckBindSource(volume, source),
            MountKind.Volume => source is null || CheckVolume(source, volume.Scalar("source")!, volume.PathOf("source")),
            MountKind.Tmpfs => true,
            _ => false,
        };
        Section? bind = volume.Child("bind");
        Section? named = volume.Child("volume");
        Section? tmpfs = volume.Child("tmpfs");
        if (!valid || place is null)
        {
            return null;
        }

        return new MountSpec
        {
            Kind = kind!.Value,
            Source = kind == MountKind.Tmpfs ? null : source,
            Target = place,
            ReadOnly = volume.Flag("read_only") ?? false,
            CreateHostPath = kind == MountKind.Bind && (bind?.Flag("create_host_path") ?? true),
            Propagation = bind?.Choice<int>("propagation", [.. Propagations.Select((word, index) => (word, index))]) is { } index ? Propagations[index] : null,
            NoCopy = named?.Flag("nocopy") ?? false,
            Subpath = named?.Text("subpath"),
            SizeBytes = tmpfs?.Size("size") ?? 0,
            Mode = tmpfs?.Mode("mode"),
        };
    }

    private MountSpec? ReadTmpfs(ScalarNode scalar, string path)
    {
        int colon = scalar.Text.IndexOf(':', StringComparison.Ordinal);
        string? target = Target(colon < 0 ? scalar.Text : scalar.Text[..colon], scalar, path);
        if (target is null)
        {
            return null;
        }

        var mount = new MountSpec { Kind = MountKind.Tmpfs, Target = target };
        foreach (string option in colon < 0 ? [] : scalar.Text[(colon + 1)..].Split(','))
        {
            string[] pair = option.Split('=', 2);
            switch (pair[0])
            {
                case "size" when pair.Length == 2 && ByteSize.Parse(pair[1]) is { } size:
                    mount = mount with { SizeBytes = size };
                    break;
                case "mode" when pair.Length == 2 && Values.Mode(pair[1], quoted: true) is { } mode:
                    mount = mount with { Mode = mode };
                    break;
                case "ro":
                    mount = mount with { ReadOnly = true };
                    break;
                case "rw":
                    break;
                case "size" or "mode":
                    service.Sink.Error(scalar.Place, path, $"{pair[0]} has no valid value in {Quote.Text(scalar.Text)}");
                    break;
                default:
                    service.Sink.Unsupported(scalar.Place, path, $"the option {Quote.Text(option)} {service.Sink.IsIgnored}: size, mode, ro and rw are set");
                    break;
            }
        }

        return mount;
    }

    private string? Target(string target, ScalarNode at, string path)
    {
        if (target.StartsWith('/') && !target.Contains('\0', StringComparison.Ordinal))
        {
            return Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        }

        service.Sink.Error(at.Place, path, $"expected an absolute path in the machine, found {Quote.Text(target)}");
        return null;
    }

    private bool CheckBindSource(Section volume, string? source)
    {
        if (source is null)
        {
            service.Sink.Error(volume.Mapping.Place, volume.Path, "the key 'source' is missing: which folder or file of the node?");
        }

        return source is not null;
    }

    private bool CheckVolume(string name, ScalarNode at, string path)
    {
        if (scope.Declares("volumes", name))
        {
            return true;
        }

        service.Sink.Error(at.Place, path, $"there is no volume {Quote.Text(name)} under the top-level 'volumes'", Suggestion.For(name, scope.Declared("volumes")) ?? "declare it there, or write ./ before a folder");
        return false;
    }
}
