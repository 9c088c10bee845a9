using FloworxPurge.Reporting;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Conformance;

/// <summary>An engine that cannot do what the lock options ask for says so when the plan is made.</summary>
public abstract class LockOptionConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Locked_tables_are_had_or_refused_when_the_plan_is_made()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);
        if (Engine.LocksTables)
        {
            Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync(options => options.LockTables = true)).Verdict);
            return;
        }

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => scenario.PlanAsync(options => options.LockTables = true));

        Assert.Null(exception.Report);
        Assert.Contains("LockTables is set, and ANSI SQL has no statement that locks tables", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lock_time_out_works_or_the_plan_says_that_it_has_no_effect()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine);

        PurgePlan plan = await scenario.PlanAsync(options => options.LockTimeout = TimeSpan.FromSeconds(1));
        PurgePlan without = await scenario.PlanAsync();

        Assert.Equal(
            !Engine.HasLockTimeout,
            plan.Notes.Any(note => note.Grade == LogLevel.Warning && note.Text.StartsWith("LockTimeout has no effect", StringComparison.Ordinal)));
        Assert.DoesNotContain(without.Notes, note => note.Text.Contains("LockTimeout", StringComparison.Ordinal));
    }
}

public sealed class SqliteLockOptionConformance() : LockOptionConformance(Engine.Sqlite);

public sealed class PostgreSqlLockOptionConformance() : LockOptionConformance(Engine.PostgreSql);

public sealed class AnsiLockOptionConformance() : LockOptionConformance(Engine.Ansi);

public sealed class MariaDbLockOptionConformance() : LockOptionConformance(Engine.MariaDb);
