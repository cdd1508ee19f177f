using System.Runtime.CompilerServices;

[assembly: InternalsVisibleTo("Figment.Migration.Tests")]
