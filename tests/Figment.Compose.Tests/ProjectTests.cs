using Figment.Compose.Tests.Support;
using static Figment.Compose.Tests.Support.Loading;

namespace Figment.Compose.Tests;

/// <summary>Which files, which folder, which name.</summary>
public sealed class ProjectTests
{
    private const string One = "services: { one: { image: a } }";

    [Fact]
    public void The_usual_names_are_looked_for_in_the_folder_and_its_parents()
    {
        var files = new MemoryFiles { CurrentDirectory = "/home/shop/src/deep" }.Add("/home/shop/docker-compose.yml", One).Add("/home/shop/docker-compose.override.yml", "services: { two: { image: b } }");
        ComposeResult result = ComposeLoader.Load(new ComposeOptions(), files);

        Assert.Equal("shop", result.Application!.Name);
        Assert.Equal("/home/shop", result.Application.WorkingDirectory);
        Assert.Equal(["/home/shop/docker-compose.yml", "/home/shop/docker-compose.override.yml"], result.Application.Files);
        Assert.Equal(["one", "two"], result.Application.Services.Select(service => service.Name));
    }

    [Fact]
    public void The_first_of_several_names_is_used_and_said()
    {
        ComposeResult result = Load(One, null, ("docker-compose.yml", "never read: ["));
        Assert.Equal(["compose.yaml: warning: used although docker-compose.yml is there too"], Lines(result));
    }

    [Fact]
    public void Without_any_file_the_message_says_what_to_do() =>
        Assert.Equal(["error: no Compose file in '/app' or a folder above it; name one with -f, or call it compose.yaml"], Lines(ComposeLoader.Load(new ComposeOptions(), new MemoryFiles())));

    [Fact]
    public void COMPOSE_FILE_lists_files_also_from_the_env_file()
    {
        var files = new MemoryFiles().Add(".env", "COMPOSE_FILE=a.yaml;sub/b.yaml\nCOMPOSE_PATH_SEPARATOR=;\nCOMPOSE_PROJECT_NAME=named").Add("a.yaml", One).Add("sub/b.yaml", "services: { one: { hostname: b } }");
        ComposeResult result = ComposeLoader.Load(new ComposeOptions(), files);

        Assert.Equal(["/app/a.yaml", "/app/sub/b.yaml"], result.Application!.Files);
        Assert.Equal("named", result.Application.Name);
        Assert.Equal("b", result.Application.Services[0].Hostname);
    }

    [Fact]
    public void Relative_paths_start_at_the_folder_of_the_first_file_or_at_the_one_given()
    {
        var files = new MemoryFiles().Add("/srv/shop/c.yaml", "services: { one: { image: a, volumes: [\"./d:/d\"] } }");
        string Source(ComposeOptions options) => ComposeLoader.Load(options, files).Application!.Services[0].Mounts[0].Source!;

        Assert.Equal("/srv/shop/d", Source(new ComposeOptions { Files = ["../srv/shop/c.yaml"] }));
        Assert.Equal("/else/d", Source(new ComposeOptions { Files = ["../srv/shop/c.yaml"], ProjectDirectory = "/else" }));
    }

    [Theory]
    [InlineData("/My Shop_2", "myshop_2")]
    [InlineData("/--_-ab", "ab")]
    public void A_folder_gives_a_normalised_name(string folder, string expected)
    {
        var files = new MemoryFiles { CurrentDirectory = folder }.Add("compose.yaml", One);
        Assert.Equal(expected, ComposeLoader.Load(new ComposeOptions(), files).Application!.Name);
    }

    [Fact]
    public void A_name_is_taken_from_the_command_line_then_the_environment_then_the_file()
    {
        string named = "name: ${N:-file}\n" + One;
        Assert.Equal("file", Clean(named).Name);
        Assert.Equal("fromenv", Clean(named, Caller(("COMPOSE_PROJECT_NAME", "fromenv"))).Name);
        Assert.Equal("given", Clean(named, Caller(("COMPOSE_PROJECT_NAME", "fromenv")) with { ProjectName = "given" }).Name);
        Assert.Equal("file", Clean("name: file\nservices: { one: { image: \"$COMPOSE_PROJECT_NAME\" } }").Services[0].Image);
    }

    [Fact]
    public void A_name_that_breaks_the_rule_is_refused_with_the_rule()
    {
        const string Rule = "use lower-case letters, digits, '-' and '_', beginning with a letter or a digit, at most 63";
        Assert.Equal([$"error: the project name 'My App' is not a valid name; {Rule}"], Lines(Load(One, new ComposeOptions { ProjectName = "My App" })));
        Assert.Equal([$"compose.yaml:1:7: error: the top-level 'name' '_x' is not a valid name; {Rule}"], Lines(Load("name: _x\n" + One)));
        var files = new MemoryFiles { CurrentDirectory = "/" }.Add("/compose.yaml", One);
        Assert.Equal(["error: the folder '/' gives no project name; give one with -p or the top-level 'name'"], Lines(ComposeLoader.Load(new ComposeOptions(), files)));
    }

    [Fact]
    public void A_file_named_that_is_missing_is_an_error() =>
        Assert.Equal(["error: cannot read the Compose file 'no.yaml': there is no such file"], Lines(Load(One, new ComposeOptions { Files = ["no.yaml"] })));

    [Fact]
    public void The_real_files_are_read_by_default()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("figment-compose-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "compose.yaml"), One + "\nname: real\n");
            ComposeResult result = ComposeLoader.Load(new ComposeOptions { ProjectDirectory = folder.FullName });
            Assert.Equal("real", result.Application!.Name);
            Assert.Contains("there is no such file", ComposeLoader.Load(new ComposeOptions { Files = [Path.Combine(folder.FullName, "no.yaml")] }).Diagnostics[0].Message, StringComparison.Ordinal);
            Assert.NotEmpty(ComposeLoader.Load(new ComposeOptions { Files = [folder.FullName] }).Diagnostics);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
