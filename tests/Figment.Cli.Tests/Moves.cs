using System.Text.Json;
using Figment.Api.Contract;
using Microsoft.AspNetCore.Http;

namespace Figment.Cli.Tests;

/// <summary>The daemon's answers about a machine that moves in three rounds.</summary>
internal static class Moves
{
    private const long Mib = 1 << 20;

    private static readonly MoveView Begun = new() { Id = "4d", Application = "guestbook", Machine = "web-1", Node = "b", Phase = "copying", Begun = Daemon.At, Phases = [new("preparing", 120)] };

    private static readonly MoveRound[] Rounds =
    [
        new() { Number = 1, Of = "files", Bytes = 300_000, SentBytes = 301_000, Ms = 4, WrittenBytes = 0 },
        new() { Number = 2, Of = "memory", Bytes = 105 * Mib, SentBytes = 96 * Mib, Ms = 512, WrittenBytes = 6 * Mib },
        new() { Number = 3, Of = "memory", Bytes = 6 * Mib, SentBytes = 6 * Mib, Ms = 32 },
    ];

    public static async Task AnswerAsync(HttpContext context)
    {
        var done = Begun with
        {
            Phase = "done",
            SentBytes = 103 * Mib,
            Rounds = Rounds,
            Phases = [.. Begun.Phases, new("copying", 560), new("standing", 61), new("dumping", 8.6), new("holding", 52), new("ruling", 2), new("committed", 12), new("done", 3)],
            DowntimeMs = 135.6,
        };
        ProgressLine[] lines =
        [
            new() { Move = Begun with { Phase = "preparing" } },
            Line(Begun),
            Line(Begun with { Rounds = Rounds[..1], SentBytes = 301_000 }),
            Line(Begun with { Rounds = Rounds[..2], SentBytes = 97 * Mib, EstimatedDowntimeMs = 710.4 }),
            Line(Begun with { Rounds = Rounds, SentBytes = 103 * Mib, EstimatedDowntimeMs = 152 }),
            Line(done with { Phase = "standing" }),
            Line(done with { Phase = "holding" }),
            new() { Done = true, Move = done },
        ];
        context.Response.ContentType = "application/jsonl";
        foreach (var line in lines)
        {
            await context.Response.WriteAsync(JsonSerializer.Serialize(line, ApiJson.Default.ProgressLine) + "\n");
        }
    }

    private static ProgressLine Line(MoveView move) => new() { Subject = move.Machine, Status = move.Phase, Current = move.SentBytes, Move = move };
}
