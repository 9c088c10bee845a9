using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Resetting;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>
/// Engines without a search path have other names that could come first: stored functions on MariaDB, temporary tables on SQLite.
/// </summary>
public sealed class OtherNamesTests
{
    private static readonly string[] Functions =
    [
        "CONCAT", "CONCAT_WS", "MD5", "COALESCE", "LEFT", "SUBSTRING_INDEX", "CHAR_LENGTH", "INSTR", "IFNULL", "SHA2", "CONV", "UNIX_TIMESTAMP", "GET_LOCK", "RELEASE_LOCK", "IS_USED_LOCK", "VERSION", "DATABASE", "CEILING", "COUNT", "SUM", "MAX",
    ];

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("IGNORE_SPACE")]
    [InlineData("ORACLE")]
    [InlineData("ORACLE,IGNORE_SPACE,ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES")]
    public async Task Stored_functions_named_like_those_of_MariaDB_are_never_called(string mode)
    {
        await using RunScenario scenario = await RunScenario.CreateAsync(Engine.MariaDb, "b->a, c->d, d->c");
        foreach (string function in Functions)
        {
            try
            {
                await scenario.Database.ExecuteAsync(
                    $"CREATE FUNCTION `{function}` (x TEXT) RETURNS TEXT DETERMINISTIC BEGIN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = "
                        + $"'a twin was called'; RETURN 'x'; END",
                    CancellationToken);
            }
            catch (System.Data.Common.DbException)
            {
                // Some names are words of the grammar, which no function may have.
            }
        }

        await scenario.Database.ExecuteAsync(
            "CREATE TABLE kept (n int, t varchar(20)); INSERT INTO kept VALUES (1, 'x'); CREATE TRIGGER quiet AFTER DELETE ON b FOR EACH "
                + "ROW BEGIN DECLARE x INT; SET x = 1; END",
            CancellationToken);
        PurgePlan expected = await scenario.PlanAsync();
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        await scenario.ExecuteAsync($"SET SESSION sql_mode = '{mode}'");
        Assert.Equal(expected.Fingerprint, (await scenario.PlanAsync()).Fingerprint);
        if (mode.StartsWith("ORACLE", StringComparison.Ordinal))
        {
            // The driver begins transactions with a word that begins a block there.
            return;
        }

        PurgeReport report = await scenario.PurgeAsync(options =>
        {
            options.LockTables = true;
            options.LockTimeout = TimeSpan.FromSeconds(5);
            options.ResetIdentity = true;
        });
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(scenario.Context, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Contains(
            report.Verifications,
            verification => verification is { Name: "content of kept table kept", Outcome: Outcome.Passed });
        Assert.True((await resetter.ResetAsync(scenario.Context, CancellationToken)).IsClean);
    }

    [Fact]
    public async Task Temporary_tables_named_like_the_catalog_of_SQLite_hide_nothing()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        GraphScenario graph = GraphScenario.Parse("b->a, c->c?, kept->a:cascade");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext first = graph.CreateContext(database);
        var purger = new Purger(options => options.Exclude("kept"));
        PurgePlan expected = await purger.PlanAsync(first, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        await context.Database.OpenConnectionAsync(CancellationToken);
        foreach (string name in (string[])["table_list", "table_info", "table_xinfo", "foreign_key_list", "index_list", "index_info", "query_only", "journal_mode", "database_list", "schema_version", "foreign_keys", "defer_foreign_keys"])
        {
            await ExecuteAsync(
                (SqliteConnection)context.Database.GetDbConnection(),
                $"CREATE TEMP TABLE pragma_{name} (name, type, schema, pk, cid, query_only, journal_mode, file, schema_version, "
                    + $"foreign_keys, defer_foreign_keys)");
        }

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(expected.Fingerprint, plan.Fingerprint);
        Assert.Equal(PlanReason.Blocked, Assert.Single(report.Skips).Reason);
        Assert.Equal((6L, 3L), (report.RowsDeleted, await database.CountAsync("kept", cancellationToken: CancellationToken)));
    }

    [Theory]
    [InlineData("TABLE p (Id INTEGER PRIMARY KEY)")]
    [InlineData("VIEW P AS SELECT 1 AS Id")]
    public async Task A_temporary_table_that_comes_to_hide_one_after_a_reset_is_noticed(string hiding)
    {
        await using var connection = new SqliteConnection("Data Source=:memory:");
        await connection.OpenAsync(CancellationToken);
        await ExecuteAsync(connection, "CREATE TABLE p (Id INTEGER PRIMARY KEY)");
        await using var context = new ScenarioContext(database: null, IdTables.Model("p"), options => options.UseSqlite(connection));
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await ExecuteAsync(connection, "INSERT INTO p VALUES (1)");
        LeakReport report = await resetter.ResetAsync(CancellationToken);
        await ExecuteAsync(connection, $"INSERT INTO p VALUES (2); CREATE TEMP {hiding}");

        PurgeException hidden = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Equal(1, report.Rows);
        Assert.Contains("hides table \"p\"", hidden.Message, StringComparison.Ordinal);
        await ExecuteAsync(connection, $"DROP {hiding.Split(' ')[0]} temp.p");
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    private static async Task ExecuteAsync(SqliteConnection connection, string sql)
    {
        await using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(CancellationToken);
    }
}
