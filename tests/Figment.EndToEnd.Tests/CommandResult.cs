namespace Figment.EndToEnd.Tests;

public sealed record CommandResult(int Code, string Output, string Errors);
