namespace Figment.Cli.Targets;

/// <summary>What a user calls a machine: <c>web</c>, <c>web-1</c> or <c>app/web-1</c>.</summary>
/// <param name="Application">Null: the application that is meant anyway.</param>
/// <param name="Name">Of a machine, or of a service for all its machines.</param>
internal readonly record struct MachineName(string? Application, string Name)
{
    public static MachineName Parse(string text) =>
        text.IndexOf('/', StringComparison.Ordinal) is > 0 and var slash ? new MachineName(text[..slash], text[(slash + 1)..]) : new MachineName(null, text);
}
