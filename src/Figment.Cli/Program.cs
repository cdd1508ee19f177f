using Figment.Cli.Hosting;

using var interruption = new Interruption();
interruption.Listen();
return await new CommandRunner(CliContext.OfThisProcess(), interruption).RunAsync(args).ConfigureAwait(false);
