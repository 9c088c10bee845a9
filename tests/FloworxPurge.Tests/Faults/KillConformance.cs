using System.Globalization;
using FloworxPurge.Killed;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Faults;

/// <summary>
/// A process that purges into an archive, or restores it, is killed by the system: nothing is flushed, disposed or rolled back by it. Each
/// row is then in the database or in the archive. <c>FLOWORXPURGE_ROUNDS</c> sets how often (a number above that of the points tries
/// each), <c>FLOWORXPURGE_SEED</c> the random numbers.
/// </summary>
public abstract class KillConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string RoundsVariable = "FLOWORXPURGE_ROUNDS";
    private const string SeedVariable = "FLOWORXPURGE_SEED";
    private const int MostRandomKills = 200;

    // A prime number above that of the points.
    private const int Stride = 7919;

    // Those that change a file or a folder, as far as the runtime and SQLite make them.
    private static readonly string[] SystemCalls = ["rename", "mkdir", "unlink", "ftruncate", "fsync", "fdatasync", "pwrite64"];

    [Theory]
    [InlineData(KillRun.PurgeInChunks, 3)]
    [InlineData(KillRun.Purge, 2)]
    public async Task No_row_is_lost_and_none_is_there_twice_wherever_a_purge_and_its_restore_are_killed(string what, int defaultRounds)
    {
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        await SweepAsync(scenario, what, defaultRounds, scenario.KillAsync);
    }

    /// <summary>The same without a process for each, so that many points are tried in little time.</summary>
    [Theory]
    [InlineData(KillRun.PurgeInChunks, 20)]
    [InlineData(KillRun.Purge, 10)]
    [InlineData(KillRun.PurgeInChunksToSchema, 20)]
    [InlineData(KillRun.PurgeToSchema, 10)]
    public async Task No_row_is_lost_and_none_is_there_twice_wherever_a_purge_and_its_restore_stop_for_good(string what, int defaultRounds)
    {
        Assert.SkipWhen(Engine == Engine.Sqlite && KillRun.IsOfSchema(what), "SQLite has no schemas.");
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        await SweepAsync(scenario, what, defaultRounds, scenario.FreezeAsync);
    }

    private protected async Task SweepAsync(
        KillScenario scenario,
        string what,
        int defaultRounds,
        Func<string, int, Task<string?>> stopAsync)
    {
        string restore = KillRun.RestoreOf(what);
        int points = (await scenario.RunAsync(what)).Points.Count;
        int pointsOfRestore = (await scenario.RunAsync(restore)).Points.Count;
        await scenario.AssertOriginalAsync("not killed");
        int rounds = Math.Min(Read(RoundsVariable, defaultRounds), Math.Max(points, pointsOfRestore));
        Dictionary<string, int> kinds = [];
        for (int turn = 0; turn < rounds; turn++)
        {
            // Far apart, so that the first of many see all of a run.
            int round = (int)((long)turn * Stride % rounds);
            int point = Spread(round, rounds, points);
            string? name = await stopAsync(what, point);
            string where = $"{what} at point {point} of {points} ({name ?? "ended"})";
            Count(kinds, what, name);
            await CheckPurgeAsync(scenario, what, where);

            int pointOfRestore = Spread(round, rounds, pointsOfRestore);
            name = await stopAsync(restore, pointOfRestore);
            where = $"{where}, restore at point {pointOfRestore} of {pointsOfRestore} ({name ?? "ended"})";
            Count(kinds, restore, name);
            await CheckRestoreAsync(scenario, restore, where);
            if (turn % 25 == 24)
            {
                TestContext.Current.SendDiagnosticMessage("{0}", Figures(kinds, $"round {turn + 1} of {rounds}"));
            }
        }

        TestContext.Current.SendDiagnosticMessage("{0}", Figures(kinds, $"{points} points of {what}, {pointsOfRestore} of restore"));
    }

    [Fact]
    public async Task No_row_is_lost_and_none_is_there_twice_when_a_purge_and_its_restore_are_killed_at_any_time()
    {
        int seed = Read(SeedVariable, Environment.TickCount);
        var random = new Random(seed);
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        TimeSpan time = await scenario.MeasureAsync(KillRun.PurgeInChunks);
        TimeSpan timeOfRestore = await scenario.MeasureAsync(KillRun.Restore);
        await scenario.AssertOriginalAsync("not killed");
        int most = Math.Min(Read(RoundsVariable, 3), MostRandomKills);
        Dictionary<string, int> kinds = [];
        for (int kills = 0; kills < most; kills++)
        {
            string what = random.Next(4) == 0 ? KillRun.Purge : KillRun.PurgeInChunks;
            string where = $"{SeedVariable}={seed.ToString(CultureInfo.InvariantCulture)}: {what}";
            string? at;
            KillState state;
            int sessions = what == KillRun.Purge ? 1 : random.Next(1, 4);
            do
            {
                at = await scenario.KillAsync(what, time * random.NextDouble());
                kills++;
                where += $", killed after {at ?? "its end"}";
                Count(kinds, what, at is null ? null : "time");
                state = await KillState.ReadAsync(scenario);
                state.AssertWhole(where);
            }
            while (--sessions > 0 && (state.IsRunning || !state.HasNoTestUser));

            await CheckPurgeAsync(scenario, what, where);
            at = await scenario.KillAsync(KillRun.Restore, timeOfRestore * random.NextDouble());
            where += $", restore killed after {at ?? "its end"}";
            Count(kinds, KillRun.Restore, at is null ? null : "time");
            await CheckRestoreAsync(scenario, KillRun.Restore, where);
        }

        TestContext.Current.SendDiagnosticMessage("{0}", Figures(kinds, $"{SeedVariable}={seed.ToString(CultureInfo.InvariantCulture)}"));
    }

    /// <summary>
    /// The files of the archive, the manifest and the list of chunks included, and on SQLite those of the database. It takes minutes and the
    /// program strace: <c>-explicit only</c>.
    /// </summary>
    [Theory(Explicit = true)]
    [InlineData(KillRun.PurgeInChunks)]
    [InlineData(KillRun.Purge)]
    [InlineData(KillRun.Restore)]
    public async Task No_row_is_lost_and_none_is_there_twice_before_which_system_call_a_process_is_killed(string what)
    {
        string strace = Shell.Find("strace");
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        Dictionary<string, int> kinds = [];
        foreach (string call in SystemCalls)
        {
            bool isKilled = true;
            for (int number = 1; isKilled; number++)
            {
                if (what == KillRun.Restore)
                {
                    await scenario.RunAsync(KillRun.PurgeInChunks);
                }

                string nth = string.Create(CultureInfo.InvariantCulture, $"inject={call}:signal=KILL:when={number}");
                isKilled = await scenario.KillAsync(what, [strace, "-f", "-o", "/dev/null", "-e", $"trace={call}", "-e", nth]);
                Count(kinds, what, isKilled ? call : null);
                if (what != KillRun.Restore)
                {
                    await CheckPurgeAsync(scenario, what, $"{what}, {call} {number}");
                    await scenario.RunAsync(KillRun.Restore);
                }

                await CheckRestoreAsync(scenario, KillRun.Restore, $"{what}, {call} {number}");
            }

            TestContext.Current.SendDiagnosticMessage("{0}", Figures(kinds, $"up to {call}"));
        }
    }

    private protected static async Task CheckPurgeAsync(KillScenario scenario, string what, string where)
    {
        KillState before = await KillState.ReadAsync(scenario);
        before.AssertWhole(where);
        PurgeReport? report;
        try
        {
            report = await scenario.EndPurgeAsync(what);
        }
        catch (PurgeException e)
        {
            throw new InvalidOperationException($"{where}: {e.Message}", e);
        }

        KillState state = await KillState.ReadAsync(scenario);
        state.AssertWhole(where);
        Assert.False(state.IsRunning, where);
        Assert.True(state.HasNoTestUser, where);
        if (report is not null)
        {
            Assert.True(report.Verdict == PurgeVerdict.Complete, $"{where}: {report.Summary}");
            Assert.True(report.RowsDeleted == KillScenario.Rows, $"{where}: {report.RowsDeleted} rows are reported");
            Assert.Equal(KillScenario.Rows, report.Tables.Sum(table => table.RowsDeleted));
            Assert.Equal(report.RowsDeleted, report.Archive!.Rows - report.Scope!.Detached);
        }
    }

    private protected static async Task CheckRestoreAsync(KillScenario scenario, string restore, string where)
    {
        (await KillState.ReadAsync(scenario)).AssertWhole(where);
        try
        {
            await scenario.EndRestoreAsync(restore);
        }
        catch (PurgeException e)
        {
            throw new InvalidOperationException($"{where}: {e.Message}", e);
        }

        (await KillState.ReadAsync(scenario)).AssertWhole(where);
        await scenario.AssertOriginalAsync(where);
    }

    private protected static int Read(string variable, int usual)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    // Each number from 1 to the last where there are as many rounds.
    private static int Spread(int round, int rounds, int last) => (((2 * round) + 1) * last / (2 * rounds)) + 1;

    private protected static void Count(Dictionary<string, int> kinds, string what, string? name)
    {
        string kind = $"{what}, {(name is null ? "ended" : name.Split(':')[0])}";
        kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
    }

    private protected string Figures(Dictionary<string, int> kinds, string what)
    {
        IEnumerable<string> texts = kinds.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}");
        return $"{Engine}, {what}: {string.Join(", ", texts)}";
    }
}

public sealed class SqliteKillConformance() : KillConformance(Engine.Sqlite);

public sealed class PostgreSqlKillConformance() : KillConformance(Engine.PostgreSql);

public sealed class MariaDbKillConformance() : KillConformance(Engine.MariaDb);
