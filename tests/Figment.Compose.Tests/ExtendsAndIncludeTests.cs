using Figment.Model.Specs;
using static Figment.Compose.Tests.Support.Loading;

namespace Figment.Compose.Tests;

public sealed class ExtendsAndIncludeTests
{
    [Fact]
    public void A_service_extends_through_files_with_paths_of_each_file()
    {
        ServiceSpec web = Web("extends: { file: lib/a.yaml, service: a }\nvolumes: [\"./own:/own\"]", "", null,
            ("lib/a.yaml", "services: { a: { extends: { file: deep/b.yaml, service: b }, volumes: [\"./a:/a\"] } }"),
            ("lib/deep/b.yaml", "services: { b: { image: never, volumes: [\"./b:/b\"], hostname: b } }"));
        Assert.Equal(["/app/lib/deep/b", "/app/lib/a", "/app/own"], web.Mounts.Select(mount => mount.Source));
        Assert.Equal(("nginx", "b"), (web.Image, web.Hostname));
    }

    [Fact]
    public void An_override_file_extends_a_service_of_the_file_before_it() =>
        Assert.Equal("a", Clean("services: { base: { image: a } }", new ComposeOptions { Files = ["compose.yaml", "o.yaml"] }, ("o.yaml", "services: { web: { extends: base } }")).Services[1].Image);

    [Fact]
    public void Circles_and_missing_services_are_reported()
    {
        Assert.Equal(
            ["compose.yaml:2:8: error: services.a.extends: services extend one another in a circle: a -> b -> a"],
            Lines(Load("services:\n  a: { extends: b }\n  b: { extends: a }\n")));
        Assert.Equal(["compose.yaml:4:14: error: services.web.extends: there is no service 'bse' in compose.yaml; did you mean 'base'?"], WebDiagnostics("extends: bse", "  base: { image: b }"));
        Assert.Equal(["compose.yaml:4:22: error: services.web.extends.file: cannot read the Compose file 'no.yaml': there is no such file"], WebDiagnostics("extends: { file: no.yaml, service: x }"));
        Assert.Equal(["compose.yaml:4:14: error: services.web.extends: the key 'service' is missing: which service is extended?"], WebDiagnostics("extends: { file: compose.yaml }"));
    }

    [Fact]
    public void A_file_s_errors_are_placed_in_the_extended_file() =>
        Assert.Equal(["b.yaml:2:8: error: services.b: unknown key 'imgae'; did you mean 'image'?"], WebDiagnostics("extends: { file: b.yaml, service: b }", "", null, ("b.yaml", "services:\n  b: { imgae: x }")));

    [Fact]
    public void An_included_application_has_its_own_folder_and_variables()
    {
        ApplicationSpec application = Clean("include: [sub/c.yaml]\nservices: { web: { image: \"$V\" , depends_on: [inner] } }", Caller(("CALLER", "c")),
            (".env", "V=outer"), ("sub/.env", "V=inner\nW=$CALLER"), ("sub/c.yaml", "services: { inner: { image: \"$V$W\", volumes: [\"./d:/d\"] } }"));
        ServiceSpec inner = application.Services[0];
        Assert.Equal(("outerc", "/app/sub/d"), (inner.Image, inner.Mounts[0].Source));
        Assert.Equal(["/app/compose.yaml", "/app/sub/c.yaml"], application.Files);
    }

    [Fact]
    public void An_included_service_can_be_overridden_by_a_later_file_but_not_by_the_including_one()
    {
        (string, string)[] files = [("sub.yaml", "services: { inner: { image: a } }"), ("o.yaml", "services: { inner: { image: b } }")];
        Assert.Equal("b", Clean("include: [sub.yaml]", new ComposeOptions { Files = ["compose.yaml", "o.yaml"] }, files).Services[0].Image);
        Assert.Equal("b", Clean("include: [{ path: [sub.yaml, o.yaml] }]", null, files).Services[0].Image);
        Assert.Equal(
            ["compose.yaml:3:3: error: services.inner: conflicts with the one included from sub.yaml:1; rename one of them, or override the included one by listing both files in one 'path'"],
            Lines(Load("include: [sub.yaml]\nservices:\n  inner: { image: b }", null, files)));
    }

    [Fact]
    public void Files_that_include_one_another_are_reported()
    {
        Assert.Equal(
            ["b.yaml:1:11: error: include[0]: files include one another in a circle: compose.yaml -> b.yaml -> compose.yaml"],
            Lines(Load("include: [b.yaml]\nservices: { a: { image: a } }", null, ("b.yaml", "include: [compose.yaml]\nservices: { b: { image: a } }"))));
        Assert.Equal(["compose.yaml:1:11: error: include[0]: cannot read the Compose file 'no.yaml': there is no such file"], Lines(Load("include: [no.yaml]")));
        Assert.Equal(["compose.yaml:1:11: error: include[0]: the key 'path' is missing: which file is included?"], Lines(Load("include: [{ project_directory: . }]")));
    }

    [Fact]
    public void A_service_of_a_profile_takes_part_when_it_is_asked_for()
    {
        const string Yaml = "services: { web: { image: a }, debug: { image: b, profiles: [d, e], depends_on: [web] }, off: { image: c, profiles: [f] } }";
        Assert.Equal(["web"], Names(new ComposeOptions()));
        Assert.Equal(["debug", "web"], Names(new ComposeOptions { Profiles = ["e"] }));
        Assert.Equal(["debug", "off", "web"], Names(new ComposeOptions { Profiles = ["*"] }));
        Assert.Equal(["debug", "web"], Names(new ComposeOptions { Services = ["debug"] }));
        Assert.Equal(["web"], Names(new ComposeOptions { Services = ["web"] }));
        Assert.Equal(["debug", "web"], Names(Caller(("COMPOSE_PROFILES", "x,d"))));

        static IEnumerable<string> Names(ComposeOptions options) => Clean(Yaml, options).Services.Select(service => service.Name);
    }

    [Fact]
    public void A_dependency_on_a_service_that_is_not_active_is_an_error_unless_it_is_not_required()
    {
        const string Off = "  off: { image: c, profiles: [f] }";
        Assert.Equal(
            ["compose.yaml:4:18: error: services.web.depends_on: the service 'off' is not active: it belongs to the profile 'f'; activate it with --profile f, or write 'required: false'"],
            WebDiagnostics("depends_on: [off]", Off));
        Assert.Empty(Web("depends_on: { off: { condition: service_started, required: false } }", Off).DependsOn);
        Assert.Equal(["compose.yaml:1:11: error: services: no service is active: each belongs to a profile; activate one with --profile p"], Lines(Load("services: { a: { image: a, profiles: [p] } }")));
    }

    [Fact]
    public void Circles_of_dependencies_and_unknown_services_are_reported()
    {
        Assert.Equal(
            ["compose.yaml:4:31: error: services.c.depends_on: services depend on one another in a circle: a -> b -> c -> a"],
            Lines(Load("services:\n  a: { image: i, depends_on: [b] }\n  b: { image: i, depends_on: [c] }\n  c: { image: i, depends_on: [a] }\n")));
        Assert.Equal(["compose.yaml:4:19: error: services.web.depends_on: there is no service 'webb'; did you mean 'web'?"], WebDiagnostics("depends_on: [ webb ]"));
        Assert.Equal(["error: there is no service 'wbe'; did you mean 'web'?"], Lines(Load(WebText("tty: no"), new ComposeOptions { Services = ["wbe"] })));
    }
}
