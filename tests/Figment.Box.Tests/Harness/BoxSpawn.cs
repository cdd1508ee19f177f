using System.Collections;
using Figment.Linux.Children;
using Figment.Linux.Files;
using Figment.Linux.Namespaces;
using Figment.Linux.Processes;

namespace Figment.Box.Tests.Harness;

/// <summary>Starts the box with a socket as its standard input: .NET's process starter has no such thing.</summary>
internal static class BoxSpawn
{
    public static Pidfd Start(Descriptor socket, Descriptor errors)
    {
        using var child = new PreparedChild();
        using var nothing = FileCalls.Open("/dev/null", FileCalls.O_RDWR);
        child.AddDuplicate(socket, 0);
        child.AddDuplicate(nothing, 1);
        child.AddDuplicate(errors, 2);
        child.AddCloseOthers();
        child.AddDefaultSignals();
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}");
        child.AddExecute([BoxFiles.Box], [BoxFiles.Box], [.. environment]);
        var process = child.Start(NamespaceKind.None, sharesMemory: true);
        Assert.Null(child.ReadReport());
        return process;
    }
}
