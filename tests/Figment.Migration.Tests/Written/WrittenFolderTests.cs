using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Figment.Linux.Trees;
using Figment.Migration.Snapshots;
using Figment.Migration.Store;
using Figment.Migration.Transfer;
using Figment.Migration.Written;
using Figment.Tests;

namespace Figment.Migration.Tests.Written;

/// <summary>A target believes nobody: what no source sends is refused, and nothing is made outside its folder. As root.</summary>
public sealed class WrittenFolderTests(ITestOutputHelper output) : IDisposable
{
    private static readonly RecordEntry Folder = new() { Path = "", Kind = TreeEntryKind.Folder, Mode = 0x1ED, User = 0, Group = 0, ModifiedSeconds = 0, ModifiedNanoseconds = 0, Length = 0 };

    private readonly WrittenTest _test = new();

    public void Dispose() => _test.Dispose();

    [Theory]
    [InlineData("..", "leads out of it")]
    [InlineData("../outside", "leads out of it")]
    [InlineData("/outside", "leads out of it")]
    [InlineData("written/upper/../../outside", "leads out of it")]
    [InlineData("written/upper//outside", "leads out of it")]
    [InlineData("written/upper/a\0b", "leads out of it")]
    [InlineData("written/link/outside", "lies in no folder")]
    [InlineData("written/file/outside", "lies in no folder")]
    [InlineData("outside", "a dump has no tree 'outside'")]
    [InlineData("nowhere/outside", "lies in no folder")]
    public void No_path_leads_outside(string path, string why)
    {
        var refused = Assert.Throws<SnapshotException>(() => Complete(sink => Tree(
            sink,
            Folder,
            Folder with { Path = "written" },
            Folder with { Path = "written/upper" },
            Folder with { Path = "written/link", Kind = TreeEntryKind.SymbolicLink, Target = ".." },
            Folder with { Path = "written/file", Kind = TreeEntryKind.Fifo },
            Folder with { Path = path })));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_test.Folder, "outside", SearchOption.AllDirectories));
    }

    [Theory]
    [InlineData(1, 0, 0, "has no content of its length")]
    [InlineData(1, 1, 9, "has no content of its length")]
    [InlineData(1, 2, 10, "has no content of its length")]
    [InlineData(2, 1, 10, "has no content of its length")]
    public void Each_content_is_one_files_and_as_long_as_that(int files, int content, int length, string why)
    {
        var refused = Assert.Throws<SnapshotException>(() => Complete(sink =>
        {
            sink.SetLength(1, 10);
            Change(sink, new TreeChange
            {
                Entries = [new() { Entry = Folder }, new() { Entry = Folder with { Path = "written" } }, .. Enumerable.Range(0, files).Select(file => new WrittenEntry { Entry = Folder with { Path = $"written/{file}", Kind = TreeEntryKind.File, Length = length }, Content = content })],
                Gone = [],
                Dropped = [],
            });
        }));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Contents_that_are_no_files_are_refused()
    {
        Assert.Contains("no file's", Assert.Throws<SnapshotException>(() => Complete(sink =>
        {
            sink.SetLength(1, 10);
            Tree(sink, Folder);
        })).Message, StringComparison.Ordinal);
        Assert.Contains("does not begin with its own folder", Assert.Throws<SnapshotException>(() => Complete(sink => sink.SetLength(1, 10))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_dump_cannot_have_a_file_in_its_place()
    {
        using var stream = new MemoryStream();
        var writer = new TransferWriter(stream);
        string file = Path.Combine(_test.Folder, "written");
        File.WriteAllText(file, "");
        writer.Send(file);
        Tree(writer, Folder, Folder with { Path = "written" });
        writer.Complete();

        Assert.Contains("a dump has no tree 'written', or has it already", Assert.Throws<SnapshotException>(() => _test.Receive(stream.ToArray())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("length", "content 0 of 1 bytes")]
    [InlineData("unknown", "which has no such place")]
    [InlineData("behind", "which has no such place")]
    [InlineData("hole", "which has no such place")]
    [InlineData("odd", "which has no such place")]
    [InlineData("gone", "'a' is gone, and was not there")]
    [InlineData("dropped", "content 2 is dropped, and was not there")]
    [InlineData("json", "a change that cannot be read")]
    [InlineData("nothing", "a change that is nothing")]
    [InlineData("entry", "cannot be read")]
    public void What_no_source_sends_ends_the_transfer(string what, string why)
    {
        var refused = Assert.Throws<TransferException>(() => Complete(sink =>
        {
            sink.SetLength(1, 5000);
            Action act = what switch
            {
                "length" => () => sink.SetLength(0, 1),
                "unknown" => () => sink.Write(2, 0, [1]),
                "behind" => () => sink.Write(1, 4999, [1, 2]),
                "hole" => () => sink.Clear(1, 4096, 2),
                "odd" => () => sink.Clear(1, 1, 1),
                "gone" => () => Change(sink, new TreeChange { Entries = [], Gone = ["a"], Dropped = [] }),
                "dropped" => () => Change(sink, new TreeChange { Entries = [], Gone = [], Dropped = [2] }),
                "json" => () => sink.Change("{"u8.ToArray()),
                "nothing" => () => sink.Change("null"u8.ToArray()),
                _ => () => sink.Change("""{"entries":[{"entry":null}],"gone":[],"dropped":[]}"""u8.ToArray()),
            };
            act();
        }));

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("fuzz", "written")]
    public void Fuzz_written()
    {
        var run = new FuzzRun("written", output);
        run.Run(random =>
        {
            try
            {
                string written = Complete(sink => Script(sink, random));
                return Path.Exists(written);
            }
            catch (Exception exception) when (exception is TransferException or SnapshotException)
            {
                return false;
            }
            finally
            {
                Assert.DoesNotContain(Directory.GetFileSystemEntries(_test.Folder).Select(Path.GetFileName), name => name != "overlay" && !name!.StartsWith("target-", StringComparison.Ordinal));
                foreach (string target in Directory.GetDirectories(_test.Folder, "target-*"))
                {
                    Assert.Equal(["images"], Directory.GetFileSystemEntries(target).Select(Path.GetFileName).Where(name => !name!.EndsWith(".pages", StringComparison.Ordinal)));
                    Directory.Delete(target, recursive: true);
                }
            }
        });
    }

    /// <summary>Frames that a source could send, some of them damaged; the digest is right.</summary>
    private static void Script(IWrittenSink sink, Random random)
    {
        List<WrittenEntry> entries = [new() { Entry = Folder }, new() { Entry = Folder with { Path = "written" } }, new() { Entry = Folder with { Path = "written/upper" } }];
        for (int file = random.Next(4); file > 0; file--)
        {
            int length = random.Next(20_000);
            sink.SetLength(file, length);
            if (length > 0)
            {
                sink.Write(file, random.Next(length), new byte[1]);
                sink.Clear(file, 0, 1);
            }

            entries.Add(new WrittenEntry { Entry = Folder with { Path = $"written/upper/{file}", Kind = TreeEntryKind.File, Length = length, Attributes = new Dictionary<string, byte[]> { ["user.note"] = [1] } }, Content = file });
        }

        entries.Add(new WrittenEntry { Entry = Folder with { Path = "written/upper/link", Kind = TreeEntryKind.SymbolicLink, Target = "../../.." } });
        entries.Add(new WrittenEntry { Entry = Folder with { Path = "written/upper/more", Kind = TreeEntryKind.SymbolicLink, SameAs = "written/upper/link" } });
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(new TreeChange { Entries = entries, Gone = [], Dropped = [] }, WrittenJson.Default.TreeChange);
        for (int changes = random.Next(3); changes > 0; changes--)
        {
            string text = Encoding.Latin1.GetString(json);
            json = random.Next(6) switch
            {
                0 => Encoding.Latin1.GetBytes(text.Replace("written/upper/link", $"{(random.Next(2) == 0 ? "../" : "written/upper/link/")}x", StringComparison.Ordinal)),
                1 => Encoding.Latin1.GetBytes(text.Replace("\"SymbolicLink\"", random.Next(2) == 0 ? "\"File\"" : "\"Folder\"", StringComparison.Ordinal)),
                2 => Encoding.Latin1.GetBytes(text.Replace("user.note", "trusted.overlay.redirect", StringComparison.Ordinal)),
                3 => json[..random.Next(1, json.Length + 1)],
                _ => Changed(json, random),
            };
        }

        sink.Change(json);
    }

    private static byte[] Changed(byte[] json, Random random)
    {
        byte[] changed = [.. json];
        if (random.Next(2) == 0 || changed.Length < sizeof(int))
        {
            changed[random.Next(changed.Length)] = (byte)random.Next(256);
        }
        else
        {
            BinaryPrimitives.WriteInt32LittleEndian(changed.AsSpan(random.Next(changed.Length - sizeof(int) + 1)), random.Next());
        }

        return changed;
    }

    /// <summary>Over a real stream, with a digest that is right.</summary>
    private string Complete(Action<IWrittenSink> send)
    {
        using var stream = new MemoryStream();
        var writer = new TransferWriter(stream);
        send(writer);
        writer.Complete();
        return _test.Receive(stream.ToArray());
    }

    private static void Tree(IWrittenSink sink, params RecordEntry[] entries) =>
        Change(sink, new TreeChange { Entries = [.. entries.Select(entry => new WrittenEntry { Entry = entry })], Gone = [], Dropped = [] });

    private static void Change(IWrittenSink sink, TreeChange change) => sink.Change(JsonSerializer.SerializeToUtf8Bytes(change, WrittenJson.Default.TreeChange));
}
