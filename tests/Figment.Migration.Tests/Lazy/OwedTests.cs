using Figment.Linux.Memory;
using Figment.Migration.Lazy;
using Figment.Migration.Memory;
using Figment.Migration.Transfer;
using Figment.Tests;

namespace Figment.Migration.Tests.Lazy;

/// <summary>Pages that come later: which are asked for, what is an answer, and what has come.</summary>
public sealed class OwedTests(ITestOutputHelper output) : IDisposable
{
    private const int PageBytes = 4096;

    private readonly string _folder = Directory.CreateTempSubdirectory("figment-owed-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_owed_is_told_in_a_transfer_and_what_comes_later_counts()
    {
        using var stream = new MemoryStream();
        var writer = new TransferWriter(stream);
        writer.Put(1, 0x10000, Filled(3, 1));
        writer.Owe(1, new PageRange(0x11000, 0x14000));
        writer.Put(1, 0x12000, Filled(1, 2));
        Assert.Null(writer.Lacks(1, new PageRange(0x10000, 0x14000)));
        Assert.Equal(0x14000ul, writer.Lacks(1, new PageRange(0x13000, 0x15000)));
        writer.Complete();
        string pages = Path.Combine(_folder, "pages");
        using (var folder = new TransferFolder(Directory.CreateDirectory(Path.Combine(_folder, "images")).FullName, pages))
        {
            stream.Position = 0;
            new TransferReader(stream, folder).Run();
            Assert.Equal(2, folder.Owed);
            using var kept = new PageFile(Path.Combine(_folder, "1"));
            kept.Put(0x10000, Filled(3, 1));
            kept.Owe(new PageRange(0x11000, 0x14000));
            kept.Put(0x12000, Filled(1, 2));
            kept.Keep();
        }

        // What it had of them does not count.
        using var file = PageFile.Open(Path.Combine(_folder, "1"));
        byte[] into = new byte[3 * PageBytes];
        Assert.Equal(PageBytes, file.Read(0x10000, into));
        Assert.Equal(0, file.Read(0x11000, into));
        Assert.Equal((PageBytes, (byte)2), (file.Read(0x12000, into), into[0]));
        Assert.Null(file.Lacks(new PageRange(0x10000, 0x14000)));
        Assert.Equal(0x14000ul, file.Lacks(new PageRange(0x10000, 0x15000)));
        Assert.Equal([(0x11000ul, 1, 0), (0x13000ul, 1, 1)], file.Owed.Runs().Select(run => (run.Address, run.Pages, run.Place)));
    }

    [Fact]
    public void An_answer_is_what_was_asked_for()
    {
        byte[] pages = [.. Filled(2, 7), .. Filled(3, 0), .. Filled(1, 9)];
        var piece = new OwedPiece(5, 0x7000, 6);
        Assert.Equal(piece, OwedText.ReadAsk(OwedText.Ask(piece)));
        byte[] answer = OwedText.Answer(piece, pages);
        Assert.InRange(answer.Length, 3 * PageBytes, 4 * PageBytes);
        byte[] into = new byte[LazyLimits.OwedPages * PageBytes];
        Assert.Equal(piece, OwedText.ReadAnswer(answer, into));
        Assert.Equal(pages, into[..pages.Length]);
        foreach (int length in new[] { 0, 1, 24, 30, answer.Length - 1 })
        {
            Assert.Throws<InvalidDataException>(() => OwedText.ReadAnswer(answer.AsSpan(0, length), new byte[into.Length]));
        }

        Assert.Throws<InvalidDataException>(() => OwedText.ReadAsk(OwedText.Ask(piece with { Pages = LazyLimits.OwedPages + 1 })));
        Assert.Throws<InvalidDataException>(() => OwedText.ReadAsk(OwedText.Ask(piece with { Address = 1 })));
    }

    [Fact]
    [Trait("fuzz", "owed")]
    public void Fuzz_owed() => new FuzzRun("owed", output).Run(random =>
    {
        byte[] answer = OwedText.Answer(new OwedPiece(5, 0x7000, 4), [.. Filled(2, 7), .. Filled(2, 0)]);
        for (int count = random.Next(4); count > 0; count--)
        {
            answer[random.Next(64)] = (byte)random.Next(256);
        }

        try
        {
            OwedText.ReadAnswer(answer.AsSpan(0, random.Next(2) == 0 ? answer.Length : random.Next(answer.Length + 1)), new byte[LazyLimits.OwedPages * PageBytes]);
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    });

    /// <summary>Against sets.</summary>
    [Fact]
    public void Each_page_is_asked_for_once_and_is_there_when_it_has_come()
    {
        for (int seed = 1; seed <= 40; seed++)
        {
            var random = new Random(seed);
            var owed = new PageSet();
            HashSet<ulong> missing = [];
            for (int run = 0; run < 12; run++)
            {
                ulong first = (ulong)random.Next(400);
                uint count = (uint)random.Next(1, 30);
                owed.Add(first * PageBytes, count);
                missing.UnionWith(Enumerable.Range(0, (int)count).Select(index => first + (ulong)index));
            }

            Assert.Equal(missing.Count, owed.Count);
            var all = missing.ToHashSet();
            using var file = new OwedFile(owed.Runs(), Path.Combine(_folder, "come"));
            HashSet<ulong> asked = [];
            while (file.Left > 0)
            {
                ulong from = (ulong)random.Next(430);
                ulong to = from + (ulong)random.Next(1, 60);
                var range = new PageRange(from * PageBytes, to * PageBytes);
                var expected = all.Where(page => page >= from && page < to && !asked.Contains(page)).Order().ToList();
                var found = file.Ask(range, 8);
                Assert.Equal(expected.Count == 0 ? null : expected[0] * PageBytes, found?.Address);
                for (ulong page = 0; found is var (address, pages) && page < (ulong)pages; page++)
                {
                    Assert.True(asked.Add((address / PageBytes) + page) && all.Contains((address / PageBytes) + page), $"seed {seed}");
                }

                if (found is var (at, some) && random.Next(4) > 0)
                {
                    file.Put(at, [.. Enumerable.Range(0, some).SelectMany(index => Filled(1, (byte)((at / PageBytes) + (ulong)index)))]);
                    missing.ExceptWith(Enumerable.Range(0, some).Select(index => (at / PageBytes) + (ulong)index));
                }
                else if (found is null && asked.Count == all.Count)
                {
                    ulong late = missing.First();
                    file.Put(late * PageBytes, Filled(1, (byte)late));
                    missing.Remove(late);
                }

                Assert.Equal(missing.Count, file.Left);
                Assert.Equal(missing.Contains(from), file.Awaits(from * PageBytes));
                byte[] into = new byte[PageBytes];
                Assert.Equal(all.Contains(from) && !missing.Contains(from), file.Read(from * PageBytes, into) == PageBytes && into[0] == (byte)from);
                var ready = Enumerable.Range(0, (int)(to - from)).Select(index => from + (ulong)index).Where(page => !missing.Contains(page)).ToList();
                var isReady = file.Ready(range);
                Assert.Equal(ready.Count == 0 ? null : ready[0] * PageBytes, isReady?.Start);
                Assert.True(isReady is null || !missing.Any(page => page * PageBytes >= isReady.Value.Start && page * PageBytes < isReady.Value.End), $"seed {seed}");
            }
        }
    }

    [Fact]
    public void What_is_waited_for_comes_first_and_what_has_not_come_is_asked_for_again()
    {
        using var owed = new OwedPages();
        int told = 0;
        owed.Begin(() => told++);
        OwedPiece[] pieces = [new(1, 0x1000, 1), new(1, 0x2000, 1), new(1, 0x3000, 1)];
        owed.Want(pieces[0], isTouched: false);
        owed.Want(pieces[1], isTouched: true);
        Assert.Equal([pieces[1], pieces[0]], Taken(owed));
        owed.Give(OwedText.Answer(pieces[1], Filled(1, 4)));
        Assert.True(owed.TryReceive(out var piece, out var pages) && piece == pieces[1] && pages.Length == PageBytes && pages.Span[0] == 4);
        owed.Want(pieces[2], isTouched: false);
        owed.Again();
        Assert.Equal([pieces[0], pieces[2]], Taken(owed));

        // The first may have been on its way all the same.
        owed.Give(OwedText.Answer(pieces[1], Filled(1, 5)));
        Assert.False(owed.TryReceive(out _, out _));
        Assert.Equal((2, 1), (owed.Awaited, told));
        owed.Lose("it is gone");
        Assert.Equal("it is gone", Assert.Throws<MemoryLostException>(() => owed.TryReceive(out _, out _)).Message);
        owed.End();
        Assert.True(owed.IsOver);
    }

    [Fact]
    public void Areas_of_files_and_of_the_kernel_are_not_owed()
    {
        Assert.True(OwedRules.IsAnonymous(new MappedArea(0, 4096, true, false, "[heap]")) && OwedRules.IsAnonymous(new MappedArea(0, 4096, true, false, "")));
        Assert.False(OwedRules.IsAnonymous(new MappedArea(0, 4096, true, false, "/usr/lib/x.so")) || OwedRules.IsAnonymous(new MappedArea(0, 4096, true, false, "[vdso]")) || OwedRules.IsAnonymous(new MappedArea(0, 4096, true, true, "")));
    }

    /// <summary>Rounds that found less and less lead to an end; a program that writes as fast as it is copied does not.</summary>
    [Theory]
    [InlineData(new long[] { 100_000, 10_000, 900 }, 4_000, false)]
    [InlineData(new long[] { 100_000, 90_000, 95_000 }, 4_000, true)]
    [InlineData(new long[] { 30_000, 2_000, 3_000 }, 3_501, true)]
    [InlineData(new long[] { 30_000, 2_000, 3_000 }, 3_500, false)]
    [InlineData(new long[] { 0 }, 4_000, false)]
    [InlineData(new long[] { }, 4_000, false)]
    public void What_is_left_is_owed_if_it_would_take_long(long[] rounds, int tookMs, bool isSlow) => Assert.Equal(isSlow, OweRule.IsSlow(rounds, TimeSpan.FromMilliseconds(tookMs)));

    private static List<OwedPiece> Taken(OwedPages owed)
    {
        List<OwedPiece> taken = [];
        while (owed.TryTake(out var piece))
        {
            taken.Add(piece);
        }

        return taken;
    }

    private static byte[] Filled(int pages, byte value) => [.. Enumerable.Repeat(value, pages * PageBytes)];
}
