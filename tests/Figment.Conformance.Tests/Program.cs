using Figment.Conformance.Tests.Servers;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

namespace Figment.Conformance.Tests;

/// <summary>The test runner; with <c>serve PORT</c> the small .NET server that the scenario "dotnet" runs, with <c>count PORT</c> the one that <see cref="ServerTests"/> asks.</summary>
internal static class Program
{
    private static async Task<int> Main(string[] arguments)
    {
        if (arguments is ["serve", var port])
        {
            await GreetingServer.RunAsync(int.Parse(port, System.Globalization.CultureInfo.InvariantCulture));
            return 0;
        }

        if (arguments is ["count", var other])
        {
            await CountingServer.RunAsync(int.Parse(other, System.Globalization.CultureInfo.InvariantCulture));
            return 0;
        }

        // What xunit's generated entry point does.
        return arguments.Any(argument => argument is "--server" or "--internal-msbuild-node")
            ? await TestPlatformTestFramework.RunAsync(arguments, SelfRegisteredExtensions.AddSelfRegisteredExtensions)
            : await ConsoleRunner.Run(arguments);
    }
}
