using Figment.Migration.Criu;
using Figment.Migration.Engine;

namespace Figment.Migration.Tests;

/// <summary>With CRIU, where ./test has put it.</summary>
public sealed class CriuProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("figment-criu-program-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void One_with_its_libraries_beside_it_is_executed_by_their_loader()
    {
        string program = CriuEngineTests.Program();
        string link = Path.Combine(_folder, "criu");
        File.CreateSymbolicLink(link, program);

        string[] command = [.. CriuProgram.Command(program)];

        Assert.Equal(Path.Combine(Path.GetDirectoryName(program)!, "usr", "sbin", "criu"), command[^1]);
        Assert.StartsWith("ld-linux-", Path.GetFileName(command[0]), StringComparison.Ordinal);
        Assert.Equal(command, CriuProgram.Command(link));
        Assert.Null(new CriuEngine(link).CheckVersion());
    }

    [Fact]
    public void Any_other_is_executed_as_it_is()
    {
        string program = Path.Combine(_folder, "criu");
        Assert.Equal([program], CriuProgram.Command(program));

        File.WriteAllText(program, "");
        Directory.CreateDirectory(Path.Combine(_folder, "usr", "sbin"));
        Assert.Equal([program], CriuProgram.Command(program));

        File.WriteAllText(Path.Combine(_folder, "usr", "sbin", "criu"), "");
        Assert.Equal([program], CriuProgram.Command(program));
    }
}
