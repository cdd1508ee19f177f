using Figment.Keeper.Fabric;
using Figment.Keeper.Lifecycle;
using Figment.Model.Launch;

if (args.Length != 1 || !Directory.Exists(args[0]))
{
    Console.Error.WriteLine("usage: figment-keeper RUNTIME_DIR   (an application's folder with keeper.json, for example /run/figment/apps/guestbook)");
    return 2;
}

string runtimeDirectory = Path.GetFullPath(args[0]);

var log = new Log(Console.Error, TimeProvider.System);
return new KeeperProcess(runtimeDirectory, OpenFabric, TimeProvider.System, log).Run();

IFabric OpenFabric(ApplicationLaunch launch) => new ApplicationFabric(launch.RuntimeDirectory, TimeProvider.System, log);
