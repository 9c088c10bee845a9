using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>A trigger of a table that is reset does not change what is kept.</summary>
public sealed class ResetTriggerTests
{
    private const string PostgreSqlSchema = """
        CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE kept ("Id" int PRIMARY KEY);
        CREATE FUNCTION sweep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM kept; RETURN NULL; END';
        CREATE TRIGGER sweep AFTER DELETE ON p EXECUTE FUNCTION sweep(); INSERT INTO kept VALUES (1), (2); INSERT INTO p VALUES (1)
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_SQLite_a_trigger_that_empties_a_kept_table_is_named_and_everything_is_rolled_back()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await database.ExecuteAsync(
            """
            CREATE TABLE p (Id INTEGER PRIMARY KEY); CREATE TABLE kept (Id INTEGER PRIMARY KEY);
            CREATE TRIGGER sweep AFTER DELETE ON p BEGIN DELETE FROM kept; END; INSERT INTO kept VALUES (1), (2); INSERT INTO p VALUES (1)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["p"], cancellationToken: CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("\"kept\", which is kept, was changed", exception.Message, StringComparison.Ordinal);
        Assert.Contains("trigger \"sweep\" of \"p\"", exception.Message, StringComparison.Ordinal);
        await AssertKeptAsync(database, rows: 1);
        await database.ExecuteAsync("DROP TRIGGER sweep", CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        await AssertKeptAsync(database, rows: 0);
    }

    [Fact]
    public async Task On_PostgreSQL_a_trigger_that_empties_a_kept_table_is_named_and_everything_is_rolled_back()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(PostgreSqlSchema, CancellationToken);
        string login = await IdTables.OwnerAsync(database, ["p", "kept"], CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["p"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("\"public\".\"kept\", which is kept, was changed", exception.Message, StringComparison.Ordinal);
        Assert.Contains("trigger \"sweep\" of \"public\".\"p\"", exception.Message, StringComparison.Ordinal);
        await AssertKeptAsync(database, rows: 1);
        await database.ExecuteAsync("DROP TRIGGER sweep ON p", CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        await AssertKeptAsync(database, rows: 0);
    }

    [Fact]
    public async Task On_PostgreSQL_an_owner_resets_where_a_trigger_adds_rows_to_a_table_that_may_grow()
    {
        const string Audited = """
            CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE kept ("Id" int PRIMARY KEY);
            CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO kept VALUES (OLD."Id" + 100); RETURN NULL; END';
            CREATE TRIGGER audit AFTER DELETE ON p FOR EACH ROW EXECUTE FUNCTION audit(); INSERT INTO kept VALUES (1), (2); INSERT INTO p VALUES (1)
            """;
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(Audited, CancellationToken);
        string login = await IdTables.OwnerAsync(database, ["p", "kept"], CancellationToken);
        await using DatabaseResetter strict = await IdTables.ResetterAsync(
            database,
            ["p"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["p"],
            options => options.AllowInserts("kept"),
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => strict.ResetAsync(CancellationToken));
        Assert.Contains("AllowInserts(\"public.kept\")", exception.Message, StringComparison.Ordinal);
        await AssertKeptAsync(database, rows: 1);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(
            (0, 3),
            (await database.CountAsync("p", cancellationToken: CancellationToken), await database.CountAsync("kept", cancellationToken: CancellationToken)));
    }

    [Fact]
    public async Task On_PostgreSQL_the_triggers_of_tables_that_a_superuser_resets_do_not_fire()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(PostgreSqlSchema, CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(database, ["p"], cancellationToken: CancellationToken);

        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);

        await AssertKeptAsync(database, rows: 0);
    }

    private static async Task AssertKeptAsync(TestDatabase database, long rows)
    {
        Assert.Equal(2, await database.CountAsync("kept", cancellationToken: CancellationToken));
        Assert.Equal(rows, await database.CountAsync("p", cancellationToken: CancellationToken));
    }
}
