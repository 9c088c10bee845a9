using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Resetting;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>What only MariaDB has: storage without transactions, and triggers that a role does not see.</summary>
public sealed class MariaDbRestoreTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_whose_storage_has_no_transactions_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine.MariaDb);
        await scenario.Database.ExecuteAsync(
            "CREATE TABLE copy LIKE \"D\"; ALTER TABLE copy ENGINE = MyISAM; DROP TABLE \"D\"; RENAME TABLE copy TO \"D\"",
            CancellationToken);

        await scenario.AssertRefusedAsync(
            RestoreRefusalKind.Structure,
            "The storage of \"D\" (MyISAM) has no transactions, so a restore that fails could not be rolled back.");
    }

    [Fact]
    public async Task A_role_that_may_not_see_the_triggers_is_refused()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine.MariaDb);
        var database = (MariaDbTestDatabase)scenario.Database;
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, REFERENCES "
                + $"ON \"{database.Name}\".* TO '{role}'@'%'",
            CancellationToken);
        await using var context = new ScenarioContext(
            null,
            model =>
            {
                RowScenario.Tables(model);
                RestoreScenario.Model(model);
            },
            options => options.UseMySQL(login));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeArchive.RestoreAsync(scenario.Folder, context, cancellationToken: CancellationToken));

        Assert.True(refused.RestoreReport is { Verdict: RestoreVerdict.Refused }, refused.ToString());
        Assert.Contains(
            "This role may not see the triggers of \"D\". Grant it TRIGGER for the restore.",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal("2", await scenario.Rows.KeysAsync("A"));
    }

    [Fact]
    public async Task A_role_that_may_not_move_a_sequence_is_refused()
    {
        await using SequenceScenario scenario = await SequenceScenario.CreateAsync(Engine.MariaDb, "a");
        var database = (MariaDbTestDatabase)scenario.Database;
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await scenario.PurgeAsync();
        await database.ExecuteAsync(
            $"GRANT SELECT, UPDATE, DELETE, CREATE TEMPORARY TABLES, LOCK TABLES, REFERENCES, TRIGGER ON \"{database.Name}\".* "
                + $"TO '{role}'@'%'; GRANT INSERT ON \"{database.Name}\".a TO '{role}'@'%'",
            CancellationToken);
        await using ScenarioContext context = new(null, IdTables.Model("a"), options => options.UseMySQL(login));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync(context));

        Assert.Equal(
            "This role lacks INSERT for sequence \"came_back\", which has to move behind the rows of \"a\". Grant it for the restore.",
            Assert.Single(refused.RestoreReport!.Refusals).Text);
        Assert.Equal(1, await scenario.NextAsync());
    }
}
