using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>Settings of a MariaDB session that other tools need: a purge works with them, or says which one it cannot work with.</summary>
public sealed class MariaDbSettingsTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Safe_updates_are_off_for_the_purge_and_on_again_after_it()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "b->a, c->d, d->c?, e->e?");
        await SetAsync(scenario, "sql_safe_updates = 1");

        PurgeReport report = await scenario.PurgeAsync(options => options.ResetIdentity = true);

        Assert.Equal((PurgeVerdict.Complete, 15), (report.Verdict, report.RowsDeleted));
        Assert.Equal("1", await SettingAsync(scenario, "@@sql_safe_updates + 0"));
    }

    [Fact]
    public async Task Safe_updates_are_on_again_after_a_purge_that_failed()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "b->a");
        await scenario.Database.RaiseOnDeleteAsync("a", "not this one", CancellationToken);
        await SetAsync(scenario, "sql_safe_updates = 1");

        PurgeException exception = await scenario.FailAsync();

        Assert.Contains("not this one", exception.Message, StringComparison.Ordinal);
        Assert.Equal("1", await SettingAsync(scenario, "@@sql_safe_updates + 0"));
    }

    [Fact]
    public async Task Safe_updates_stop_no_reset_and_are_on_again_after_it()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "b->a, c->d, d->c?");
        await SetAsync(scenario, "sql_safe_updates = 1");
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(scenario.Context, cancellationToken: CancellationToken);

        await resetter.ResetAsync(scenario.Context, CancellationToken);

        Assert.Equal(0, await scenario.CountAllAsync());
        Assert.Equal("1", await SettingAsync(scenario, "@@sql_safe_updates + 0"));
    }

    [Fact]
    public async Task The_mode_ORACLE_is_named_as_the_reason_why_no_transaction_begins()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "b->a");
        await SetAsync(scenario, "sql_mode = 'ORACLE'");

        PurgeException exception = await scenario.FailAsync();

        Assert.Contains("remove ORACLE from the sql_mode of the purge's connection", exception.Message, StringComparison.Ordinal);
        Assert.Equal(6, await scenario.CountAllAsync());
    }

    [Fact]
    public async Task Zero_dates_in_purged_and_kept_tables_stop_no_purge_and_no_comparison()
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "b->a");
        await SetAsync(scenario, "sql_mode = 'ANSI_QUOTES'");
        foreach (string statement in (string[])[
            "ALTER TABLE a ADD at datetime NOT NULL DEFAULT '0000-00-00 00:00:00', ADD d date NOT NULL DEFAULT '0000-00-00'",
            "CREATE TABLE kept (n int PRIMARY KEY, at datetime NOT NULL DEFAULT '0000-00-00 00:00:00')",
            "INSERT INTO kept (n) VALUES (1)",
            "CREATE TRIGGER quiet AFTER DELETE ON b FOR EACH ROW BEGIN DECLARE x INT; SET x = 1; END"])
        {
            await scenario.ExecuteAsync(statement);
        }

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Verifications,
            verification => verification is { Name: "content of kept table kept", Outcome: Outcome.Passed });
    }

    // The connection stays open, so that the setting is the session's.
    private static async Task SetAsync(RunScenario scenario, string setting)
    {
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        await scenario.ExecuteAsync($"SET SESSION {setting}");
    }

    private static async Task<string> SettingAsync(RunScenario scenario, string name)
    {
        string sql = $"SELECT CONCAT({name}) AS Value";
        return (await scenario.Context.Database.SqlQueryRaw<string>(sql).ToListAsync(CancellationToken)).Single();
    }
}
