namespace Figment.Compose.Schema;

/// <summary>One key of a closed mapping.</summary>
/// <param name="Name">As written in the file.</param>
/// <param name="Shape">What its value may be.</param>
/// <param name="Support">What Figment does about it.</param>
/// <param name="Note">For the reference; with a level other than <see cref="SupportLevel.Works"/> also the reason in messages.</param>
/// <param name="Merge">How several files go together.</param>
internal sealed record SchemaKey(string Name, Shape Shape, SupportLevel Support = SupportLevel.Works, string? Note = null, MergeRule Merge = MergeRule.Ordinary);
