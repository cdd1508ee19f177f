namespace Figment.Machines.Billing;

/// <summary>A price file says something that cannot be taken; the message begins with its place, <c>own.json:3:12</c>.</summary>
public sealed class PriceFileException(string message) : Exception(message);
