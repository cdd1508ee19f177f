using Figment.Compose.Diagnostics;
using Figment.Compose.Yaml;
using Figment.Model.Specs;

namespace Figment.Compose.Reading;

/// <summary><c>healthcheck</c>. Without a test of its own the result has an empty one: the image's is meant, with these times.</summary>
internal static class HealthCheckReader
{
    public static HealthCheckSpec? Read(Section service)
    {
        if (service.Child("healthcheck") is not { } check)
        {
            return null;
        }

        (IReadOnlyList<string> test, bool shell, bool none) = Test(check);
        var defaults = new HealthCheckSpec();
        var spec = new HealthCheckSpec
        {
            Test = test,
            Shell = shell,
            Disable = none,
            IntervalMs = Positive(check, "interval") ?? defaults.IntervalMs,
            TimeoutMs = Positive(check, "timeout") ?? defaults.TimeoutMs,
            Retries = (int)(check.Integer("retries", 0, int.MaxValue) is { } retries and > 0 ? retries : defaults.Retries),
            StartPeriodMs = check.DurationMs("start_period") ?? defaults.StartPeriodMs,
            StartIntervalMs = Positive(check, "start_interval") ?? defaults.StartIntervalMs,
        };
        return check.Flag("disable") == true || none ? new HealthCheckSpec { Disable = true } : spec;
    }

    /// <summary>Zero is Docker's way to say "the default".</summary>
    private static long? Positive(Section check, string key) => check.DurationMs(key) is { } duration and > 0 ? duration : null;

    private static (IReadOnlyList<string> Test, bool Shell, bool None) Test(Section check)
    {
        if (check.Scalar("test") is { } scalar)
        {
            return scalar.Text == "NONE" ? ([], false, true) : scalar.Text.Length == 0 ? ([], false, false) : ([scalar.Text], true, false);
        }

        IReadOnlyList<string> words = check.Texts("test");
        if (words.Count == 0)
        {
            return ([], false, false);
        }

        Node node = check.Mapping.Get("test")!;
        switch (words[0])
        {
            case "NONE":
                return ([], false, true);
            case "CMD" when words.Count > 1:
                return ([.. words.Skip(1)], false, false);
            case "CMD-SHELL" when words.Count == 2:
                return ([words[1]], true, false);
            case "CMD" or "CMD-SHELL":
                check.Error(node, "test", words[0] == "CMD" ? "a command must follow CMD" : "exactly one string must follow CMD-SHELL");
                break;
            default:
                check.Error(node, "test", $"a list begins with NONE, CMD or CMD-SHELL, found {Quote.Text(words[0])}", $"write [\"CMD\", \"{Quote.Text(words[0]).Trim('\'')}\", ...], or a string for the shell");
                break;
        }

        return ([], false, false);
    }
}
