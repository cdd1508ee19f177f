using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Figment.Model.Launch;
using Figment.Model.Specs;
using Figment.Node.Images;
using Figment.Node.Names;

namespace Figment.Node.Planning;

/// <summary>Volumes, binds, tmpfs, configs and secrets of one machine.</summary>
internal sealed class MountPlanning(PlanInput input)
{
    private const int DefaultFileMode = 0x124; // 0444

    private readonly Dictionary<string, PlannedFile> _files = [];
    private readonly Dictionary<string, PlannedFolder> _folders = [];
    private readonly Dictionary<string, VolumeSpec> _volumes = input.Spec.Volumes.GroupBy(volume => volume.Key).ToDictionary(group => group.Key, group => group.First());

    public IReadOnlyList<PlannedFile> Files => [.. _files.Values.OrderBy(file => file.Path, StringComparer.Ordinal)];

    public IReadOnlyList<PlannedFolder> Folders => [.. _folders.Values.OrderBy(folder => folder.Path, StringComparer.Ordinal)];

    public IReadOnlyList<MountLaunch> Of(ServiceSpec service, ImageFacts? image, string machine)
    {
        var mounts = new List<MountLaunch>();
        foreach (var mount in service.Mounts)
        {
            CheckTarget(service, mount.Target);
            mounts.Add(mount.Kind switch
            {
                MountKind.Bind => Bind(service, mount, machine),
                MountKind.Volume => Volume(service, mount, machine),
                _ => new MountLaunch { Kind = MountKind.Tmpfs, Target = mount.Target, ReadOnly = mount.ReadOnly, SizeBytes = mount.SizeBytes, Mode = mount.Mode },
            });
        }

        foreach (string target in image?.Volumes ?? [])
        {
            if (target.StartsWith('/') && !mounts.Any(mount => mount.Target.TrimEnd('/') == target.TrimEnd('/')))
            {
                mounts.Add(Anonymous(target, machine, readOnly: false, copyUp: true));
            }
        }

        mounts.AddRange(service.Configs.Select(file => FileMount(service, "config", input.Spec.Configs, file)));
        mounts.AddRange(service.Secrets.Select(file => FileMount(service, "secret", input.Spec.Secrets, file)));
        var twice = mounts.GroupBy(mount => mount.Target.TrimEnd('/')).FirstOrDefault(group => group.Count() > 1);
        return twice is null ? mounts : throw PlanError.Of($"service {service.Name}: two mounts have the target {twice.Key}");
    }

    private static void CheckTarget(ServiceSpec service, string target)
    {
        if (!target.StartsWith('/') || target.Split('/').Contains("..") || target.Contains('\0', StringComparison.Ordinal) || target.TrimEnd('/').Length == 0)
        {
            throw PlanError.Of($"service {service.Name}: mount target \"{target}\" is not an absolute path below / without \"..\"");
        }
    }

    private MountLaunch Bind(ServiceSpec service, MountSpec mount, string machine)
    {
        if (mount.Source is not { Length: > 0 } source || !source.StartsWith('/'))
        {
            throw PlanError.Of($"service {service.Name}: bind of \"{mount.Source}\" to {mount.Target} needs an absolute path on the node");
        }

        if (mount.ReadOnly && input.Placement is { } placement && placement.Home != input.Options.NodeName)
        {
            // It is another node's, and comes with the machine.
            return new MountLaunch { Kind = MountKind.Bind, Source = CarriedMounts.PathOf(input.Options.Places.ApplicationState(input.Spec.Name), machine, source), Target = mount.Target, ReadOnly = true };
        }

        Folder(new PlannedFolder(source, mount.CreateHostPath, $"bind source of service {service.Name}"));
        return new MountLaunch { Kind = MountKind.Bind, Source = source, Target = mount.Target, ReadOnly = mount.ReadOnly, Propagation = mount.Propagation };
    }

    private MountLaunch Volume(ServiceSpec service, MountSpec mount, string machine)
    {
        if (mount.Source is not { Length: > 0 } name)
        {
            return Anonymous(mount.Target, machine, mount.ReadOnly, !mount.NoCopy);
        }

        if (!_volumes.TryGetValue(name, out var volume))
        {
            throw PlanError.Of($"service {service.Name}: there is no volume {name} in the application");
        }

        ObjectNames.CheckVolume(volume.Name);

        string? device = DeviceOf(volume);
        string root = device ?? Path.Combine(input.Options.Places.Volumes, volume.Name);
        Folder(new PlannedFolder(root, Make: !volume.External && device is null, $"volume {name}"));
        if (mount.Subpath is { Length: > 0 } subpath)
        {
            if (subpath.StartsWith('/') || subpath.Split('/').Contains(".."))
            {
                throw PlanError.Of($"service {service.Name}: subpath \"{subpath}\" leaves volume {name}");
            }

            root = Path.Combine(root, subpath);
            Folder(new PlannedFolder(root, Make: false, $"subpath {subpath} of volume {name}"));
        }

        return new MountLaunch { Kind = MountKind.Volume, Source = root, Target = mount.Target, ReadOnly = mount.ReadOnly, CopyUp = !mount.NoCopy && device is null };
    }

    /// <summary>The local driver's <c>o: bind</c> names a folder of the node; other options need a driver that is not here.</summary>
    private static string? DeviceOf(VolumeSpec volume)
    {
        var options = volume.DriverOptions.ToDictionary(pair => pair.Key, pair => pair.Value);
        if (options.Count == 0)
        {
            return null;
        }

        if (options.TryGetValue("o", out string? words) && words.Split(',').Any(word => word is "bind" or "rbind") && options.TryGetValue("device", out string? device) && device.StartsWith('/'))
        {
            return device;
        }

        throw PlanError.Of($"volume {volume.Name}: driver_opts {string.Join(", ", options.Keys)} are not understood", "a folder of the node is given by type: none, o: bind, device: /PATH");
    }

    private MountLaunch Anonymous(string target, string machine, bool readOnly, bool copyUp)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(target)))[..16];
        string path = Path.Combine(input.Options.Places.ApplicationState(input.Spec.Name), "machines", machine, "volumes", digest);
        Folder(new PlannedFolder(path, Make: true, $"anonymous volume {target} of {machine}"));
        return new MountLaunch { Kind = MountKind.Volume, Source = path, Target = target, ReadOnly = readOnly, CopyUp = copyUp };
    }

    private MountLaunch FileMount(ServiceSpec service, string kind, IReadOnlyList<FileSpec> declared, FileMountSpec file)
    {
        CheckTarget(service, file.Target);
        var source = declared.FirstOrDefault(one => one.Name == file.Source) ?? throw PlanError.Of($"service {service.Name}: there is no {kind} {file.Source} in the application");
        if (source.External)
        {
            throw PlanError.Of($"service {service.Name}: {kind} {file.Source} is external, and a node keeps none of its own", "give it a file: or environment: in the Compose file");
        }

        if (!input.FileDigests.TryGetValue((kind, file.Source), out string? digest))
        {
            throw PlanError.Of($"service {service.Name}: the content of {kind} {file.Source} is not known to the node any more", "run figment up again: contents taken from the environment are not kept on disk");
        }

        int mode = file.Mode ?? DefaultFileMode;
        uint owner = Number(service, kind, "uid", file.Uid);
        uint group = Number(service, kind, "gid", file.Gid);
        string name = string.Create(CultureInfo.InvariantCulture, $"{kind}-{Safe(file.Source)}-{digest}-{Convert.ToString(mode, 8)}-{owner}-{group}");
        string path = Path.Combine(input.Options.Places.ApplicationFiles(input.Spec.Name), name);
        _files[path] = new PlannedFile { Kind = kind, Name = file.Source, Path = path, Mode = mode, Owner = owner, Group = group };
        return new MountLaunch { Kind = MountKind.Bind, Source = path, Target = file.Target, ReadOnly = true };
    }

    private static string Safe(string name) => string.Concat(name.Take(64).Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_'));

    private static uint Number(ServiceSpec service, string kind, string key, string? text)
    {
        if (text is null)
        {
            return 0;
        }

        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint number)
            ? number
            : throw PlanError.Of($"service {service.Name}: {key} \"{text}\" of a {kind} is not a number", "names are known only inside the machine; write the number");
    }

    private void Folder(PlannedFolder folder)
    {
        if (!_folders.TryGetValue(folder.Path, out var known) || (folder.Make && !known.Make))
        {
            _folders[folder.Path] = folder;
        }
    }
}
