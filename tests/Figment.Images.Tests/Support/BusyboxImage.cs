namespace Figment.Images.Tests.Support;

/// <summary>An image that umoci makes of Debian's busybox-static: two layers, the upper of which changes and removes things of the lower.</summary>
internal static class BusyboxImage
{
    /// <summary>The layout's folder; its tag is <c>1</c>.</summary>
    public static string Make(TemporaryFolder folder)
    {
        Tool.AssertInstalled("umoci", "busybox");
        string layout = folder["busybox"], bundle = folder["bundle"];
        Tool.Run("umoci", "init", "--layout", layout);
        Tool.Run("umoci", "new", "--image", layout + ":1");
        Tool.Run("umoci", "unpack", "--image", layout + ":1", bundle);
        Tool.Run("sh", "-c", $$"""
            set -e
            cd {{bundle}}/rootfs
            mkdir -p bin etc/many var/data tmp
            cp "$(command -v busybox)" bin/busybox
            ln -s busybox bin/sh
            ln -s busybox bin/cat
            ln bin/busybox bin/hard
            echo first > etc/changed
            echo gone > etc/removed
            echo old > etc/many/old
            chown -R 101:102 var/data
            chmod 1777 tmp
            chmod 4755 bin/busybox
            """);
        Tool.Run("umoci", "repack", "--image", layout + ":1", bundle);
        Tool.Run("rm", "-rf", bundle);
        Tool.Run("umoci", "unpack", "--image", layout + ":1", bundle);
        Tool.Run("sh", "-c", $$"""
            set -e
            cd {{bundle}}/rootfs
            echo second > etc/changed
            rm etc/removed
            rm -r etc/many
            mkdir etc/many
            echo new > etc/many/new
            """);
        Tool.Run("umoci", "repack", "--image", layout + ":1", bundle);
        Tool.Run(
            "umoci", "config", "--image", layout + ":1", "--config.entrypoint", "/bin/sh", "--config.cmd", "-c", "--config.cmd", "cat /etc/changed",
            "--config.env", "A=1", "--config.env", "B=two words", "--config.exposedports", "8080/tcp", "--config.exposedports", "53/udp", "--config.user", "101:102",
            "--config.workingdir", "/var/data", "--config.volume", "/var/data", "--config.label", "maker=umoci", "--config.stopsignal", "SIGINT");
        Tool.Run("umoci", "gc", "--layout", layout);
        return layout;
    }
}
