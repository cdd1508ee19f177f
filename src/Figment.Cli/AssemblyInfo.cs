using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Figment.Cli.Tests")]
