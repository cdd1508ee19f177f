using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary><c>logging</c>.</summary>
internal static class LoggingReader
{
    public static LoggingSpec Read(Section service)
    {
        if (service.Child("logging") is not { } logging)
        {
            return new LoggingSpec();
        }

        string driver = logging.Text("driver") ?? "local";
        if (driver is not ("none" or "json-file" or "local"))
        {
            logging.Unsupported(logging.Scalar("driver")!, "driver", $"the driver {Quote.Text(driver)} {service.Sink.IsIgnored}: output is kept in files on the node", "read it with 'figment logs'");
        }

        var spec = new LoggingSpec { Enabled = driver != "none" };
        if (logging.Child("options") is { } options)
        {
            foreach (MappingEntry entry in options.Entries.Where(entry => entry.Key is not ("max-size" or "max-file")))
            {
                service.Sink.Unsupported(entry.KeyPlace, options.Path, $"the option {Quote.Text(entry.Key)} {service.Sink.IsIgnored}: max-size and max-file are used");
            }

            // Docker's -1 is "without bound", which this node does not offer: the defaults hold then.
            long? size = options.Scalar("max-size") is { Text: "-1" } ? null : options.Size("max-size");
            spec = spec with
            {
                MaxSizeBytes = size is > 0 ? size.Value : spec.MaxSizeBytes,
                MaxFiles = (int)(options.Integer("max-file", 1, 1000) ?? spec.MaxFiles),
            };
        }

        return spec;
    }
}
