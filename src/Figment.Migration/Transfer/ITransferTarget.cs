using Figment.Migration.Memory;
using Figment.Migration.Written;

namespace Figment.Migration.Transfer;

/// <summary>Where a transfer goes.</summary>
public interface ITransferTarget : IPageSink
{
    /// <summary>Its trees of files. What it refuses (<see cref="InvalidDataException"/>) ends the transfer.</summary>
    IWrittenSink Written { get; }

    /// <summary>A file of the dump; what is written to it is its content. It is closed before the next comes.</summary>
    /// <param name="name">In the folder of the dump, without a path; none comes twice.</param>
    Stream Create(string name);

    /// <summary>All pages of a round are here.</summary>
    void EndRound(int number);
}
