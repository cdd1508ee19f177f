using Figment.Linux.Trees;
using Figment.Migration.Store;

namespace Figment.Migration.Written;

/// <summary>What was found under a path.</summary>
/// <param name="Stat">As it was then.</param>
/// <param name="Entry">What is kept of it, as if it had one name.</param>
/// <param name="IsSure">Whether a later change is seen by other stamps.</param>
/// <param name="Content">Of a file.</param>
internal sealed record SeenEntry(TreeEntry Stat, RecordEntry Entry, bool IsSure, ContentCopy? Content);
