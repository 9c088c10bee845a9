using System.Globalization;
using FloworxPurge.Killed;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Faults;

/// <summary>
/// A purge into an archive and its restore that are stopped at many points, one after the other. Each row is then in the database or in the
/// archive, and the same calls end what was begun.
/// </summary>
internal static class KillSweep
{
    /// <summary>The environment variable that sets the number of rounds; a number above that of the points tries each.</summary>
    public const string RoundsVariable = "FLOWORXPURGE_ROUNDS";

    // No run has as many points.
    private const int EveryPoint = 1000;

    // A prime number above that of the points.
    private const int Stride = 7919;

    /// <summary>Stops a purge at each of some points, ends it, and stops its restore in the same way.</summary>
    public static async Task RunAsync(
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
                TestContext.Current.SendDiagnosticMessage("{0}", Figures(scenario, kinds, $"round {turn + 1} of {rounds}"));
            }
        }

        string figures = Figures(scenario, kinds, $"{points} points of {what}, {pointsOfRestore} of restore");
        TestContext.Current.SendDiagnosticMessage("{0}", figures);
    }

    public static async Task CheckPurgeAsync(KillScenario scenario, string what, string where)
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

    public static async Task CheckRestoreAsync(KillScenario scenario, string restore, string where)
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

    /// <summary>How far apart the points are that are tried: 1 where the variable asks for every one.</summary>
    public static int Step(int usual) => Read(RoundsVariable, 0) >= EveryPoint ? 1 : usual;

    public static int Read(string variable, int usual)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;

    // Each number from 1 to the last where there are as many rounds.
    private static int Spread(int round, int rounds, int last) => (((2 * round) + 1) * last / (2 * rounds)) + 1;

    public static void Count(Dictionary<string, int> kinds, string what, string? name)
    {
        string kind = $"{what}, {(name is null ? "ended" : name.Split(':')[0])}";
        kinds[kind] = kinds.GetValueOrDefault(kind) + 1;
    }

    public static string Figures(KillScenario scenario, Dictionary<string, int> kinds, string what)
    {
        IEnumerable<string> texts = kinds.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} {pair.Value}");
        return $"{scenario.Database.Engine}, {what}: {string.Join(", ", texts)}";
    }
}
