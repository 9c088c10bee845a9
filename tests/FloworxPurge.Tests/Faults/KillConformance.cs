using System.Globalization;
using FloworxPurge.Killed;
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
    private const string SeedVariable = "FLOWORXPURGE_SEED";
    private const int MostRandomKills = 200;

    // Those that change a file or a folder, as far as the runtime and SQLite make them.
    private static readonly string[] SystemCalls = ["rename", "mkdir", "unlink", "ftruncate", "fsync", "fdatasync", "pwrite64"];

    [Theory]
    [InlineData(KillRun.PurgeInChunks, 2)]
    [InlineData(KillRun.Purge, 1)]
    public async Task No_row_is_lost_and_none_is_there_twice_wherever_a_purge_and_its_restore_are_killed(string what, int defaultRounds)
    {
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        await KillSweep.RunAsync(scenario, what, defaultRounds, scenario.KillAsync);
    }

    /// <summary>The same without a process for each, so that many points are tried in little time.</summary>
    [Theory]
    [InlineData(KillRun.PurgeInChunks, 5)]
    [InlineData(KillRun.Purge, 3)]
    public async Task No_row_is_lost_and_none_is_there_twice_wherever_a_purge_and_its_restore_stop_for_good(string what, int defaultRounds)
    {
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        await KillSweep.RunAsync(scenario, what, defaultRounds, scenario.FreezeAsync);
    }

    [Theory]
    [InlineData(KillRun.PurgeInChunksToSchema, 5)]
    [InlineData(KillRun.PurgeToSchema, 3)]
    public async Task No_row_is_lost_and_none_is_there_twice_wherever_a_purge_into_a_schema_and_its_restore_stop_for_good(
        string what,
        int defaultRounds)
    {
        Assert.SkipWhen(Engine == Engine.Sqlite, "SQLite has no schemas.");
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        await KillSweep.RunAsync(scenario, what, defaultRounds, scenario.FreezeAsync);
    }

    [Fact]
    public async Task No_row_is_lost_and_none_is_there_twice_when_a_purge_and_its_restore_are_killed_at_any_time()
    {
        int seed = KillSweep.Read(SeedVariable, Environment.TickCount);
        var random = new Random(seed);
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        TimeSpan time = await scenario.MeasureAsync(KillRun.PurgeInChunks);
        TimeSpan timeOfRestore = await scenario.MeasureAsync(KillRun.Restore);
        await scenario.AssertOriginalAsync("not killed");
        int most = Math.Min(KillSweep.Read(KillSweep.RoundsVariable, 2), MostRandomKills);
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
                KillSweep.Count(kinds, what, at is null ? null : "time");
                state = await KillState.ReadAsync(scenario);
                state.AssertWhole(where);
            }
            while (--sessions > 0 && (state.IsRunning || !state.HasNoTestUser));

            await KillSweep.CheckPurgeAsync(scenario, what, where);
            at = await scenario.KillAsync(KillRun.Restore, timeOfRestore * random.NextDouble());
            where += $", restore killed after {at ?? "its end"}";
            KillSweep.Count(kinds, KillRun.Restore, at is null ? null : "time");
            await KillSweep.CheckRestoreAsync(scenario, KillRun.Restore, where);
        }

        string figures = KillSweep.Figures(scenario, kinds, $"{SeedVariable}={seed.ToString(CultureInfo.InvariantCulture)}");
        TestContext.Current.SendDiagnosticMessage("{0}", figures);
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
                KillSweep.Count(kinds, what, isKilled ? call : null);
                if (what != KillRun.Restore)
                {
                    await KillSweep.CheckPurgeAsync(scenario, what, $"{what}, {call} {number}");
                    await scenario.RunAsync(KillRun.Restore);
                }

                await KillSweep.CheckRestoreAsync(scenario, KillRun.Restore, $"{what}, {call} {number}");
            }

            TestContext.Current.SendDiagnosticMessage("{0}", KillSweep.Figures(scenario, kinds, $"up to {call}"));
        }
    }
}

public sealed class SqliteKillConformance() : KillConformance(Engine.Sqlite);

public sealed class PostgreSqlKillConformance() : KillConformance(Engine.PostgreSql);

public sealed class MariaDbKillConformance() : KillConformance(Engine.MariaDb);
