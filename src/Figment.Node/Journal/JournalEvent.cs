using Figment.Api.Contract;

namespace Figment.Node.Journal;

/// <summary>An event with its place in this node's journal.</summary>
public sealed record JournalEvent(long Id, EventView View);
