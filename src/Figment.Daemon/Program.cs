using Figment.Daemon.Hosting;
using Figment.Node.Errors;

if (args is ["--version"])
{
    Console.WriteLine($"figmentd {DaemonFacts.Version}");
    return 0;
}

if (args.Length > 0)
{
    Console.Error.WriteLine("figmentd takes no arguments but --version; FIGMENT_RUNTIME_DIR, FIGMENT_STATE_DIR and others set it up (docs/daemon.md)");
    return 2;
}

try
{
    return await FigmentDaemon.RunAsync();
}
catch (NodeException exception)
{
    Console.Error.WriteLine($"figmentd: {exception.Message}");
    if (exception.Hint is { } hint)
    {
        Console.Error.WriteLine($"  {hint}");
    }

    return 1;
}
