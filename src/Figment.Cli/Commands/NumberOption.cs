using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Figment.Cli.Commands;

/// <summary>Options that take a number within bounds, and say so in words when they get something else.</summary>
internal static class NumberOption
{
    /// <summary>Longer than a day is a mistake in nearly all cases, and more in milliseconds than some clocks hold.</summary>
    private const double SecondsMax = 86_400;

    private const int IndexMax = 10_000;

    public static Option<double?> Seconds(string name, string[] aliases, string description, double minimum = 0) => new(name, aliases)
    {
        Description = description,
        HelpName = "SECONDS",
        CustomParser = result => Parse(result, $"{name} takes a number of seconds from {minimum.ToString(CultureInfo.InvariantCulture)} to {SecondsMax}", minimum, SecondsMax),
    };

    /// <summary>Which machine of a service.</summary>
    public static Option<int?> Index() => Whole("--index", [], "Which machine of a service", 1, IndexMax);

    public static Option<int?> Whole(string name, string[] aliases, string description, int minimum, int maximum) => new(name, aliases)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result => (int?)Parse(result, $"{name} takes a whole number from {minimum} to {maximum}", minimum, maximum, NumberStyles.None),
    };

    private static double? Parse(ArgumentResult result, string says, double minimum, double maximum, NumberStyles styles = NumberStyles.AllowDecimalPoint)
    {
        if (result.Tokens is [{ Value: var text }] && double.TryParse(text, styles, CultureInfo.InvariantCulture, out double number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        result.AddError($"{says}, not '{string.Join(' ', result.Tokens.Select(token => token.Value))}'");
        return null;
    }
}
