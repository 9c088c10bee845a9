using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Captured rows on MariaDB: sequences of the model, and the settings of the connection that a reset is given.</summary>
public sealed class MariaDbCaptureTests
{
    // No other test may name it in a program, in whatever database of the server.
    private const string Sequence = "captured_numbers";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("", "1,2,3", 4)]
    [InlineData("NOCACHE", "1,2,3", 4)]
    [InlineData("START 500 INCREMENT 5", "500,505,510", 515)]
    [InlineData("START -5 INCREMENT -2 CACHE 10", "-9,-7,-5", -11)]
    [InlineData("MAXVALUE 4", "1,2,3", 4)]
    [InlineData("MAXVALUE 3 CYCLE", "1,2,3", 1)]
    public async Task A_sequence_of_the_model_goes_on_behind_the_captured_rows_after_each_reset(string options, string rows, int next)
    {
        await using MariaDbTestDatabase database = await CreateAsync(options);
        await using ScenarioContext context = Context(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        Assert.Equal(3, await resetter.CaptureAsync(CancellationToken));
        for (int i = 0; i < 4; i++)
        {
            Assert.Equal(next, await NextAsync(database));
            await database.ExecuteAsync("DELETE FROM a", CancellationToken);

            await (i % 2 == 0 ? resetter.ResetAsync(CancellationToken) : resetter.ResetAsync(context, CancellationToken));

            Assert.Equal(rows, await database.ScalarAsync<string>("SELECT GROUP_CONCAT(Id ORDER BY Id) FROM a", CancellationToken));
        }
    }

    [Fact]
    public async Task A_number_that_was_drawn_for_no_row_is_drawn_again()
    {
        await using MariaDbTestDatabase database = await CreateAsync(string.Empty);
        await using ScenarioContext context = Context(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await resetter.CaptureAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(4, await NextAsync(database));
            await resetter.ResetAsync(CancellationToken);
        }
    }

    [Fact]
    public async Task A_sequence_that_has_run_out_gives_no_number_after_a_reset_either()
    {
        await using MariaDbTestDatabase database = await CreateAsync("MAXVALUE 3");
        await using ScenarioContext context = Context(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await resetter.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("DELETE FROM a", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(3, await database.CountAsync("a", cancellationToken: CancellationToken));
        Exception exception = await Assert.ThrowsAnyAsync<Exception>(() => NextAsync(database));
        Assert.Contains("has run out", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sequence_that_has_given_no_number_begins_at_its_start_after_each_reset()
    {
        await using MariaDbTestDatabase database = await CreateAsync("START 7", rows: "(1), (2)");
        await using ScenarioContext context = Context(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        Assert.Equal(2, await resetter.CaptureAsync(CancellationToken));
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(7, await NextAsync(database));
            await resetter.ResetAsync(CancellationToken);
        }
    }

    [Fact]
    public async Task A_sequence_that_two_tables_use_goes_on_behind_the_rows_of_both()
    {
        await using MariaDbTestDatabase database = await CreateAsync(string.Empty);
        await database.ExecuteAsync(
            $"CREATE TABLE b (Id int PRIMARY KEY DEFAULT NEXTVAL({Sequence})); CREATE TABLE c (Id int PRIMARY KEY); "
                + "INSERT INTO b () VALUES ()",
            CancellationToken);
        await using ScenarioContext context = Context(database, "a", "b", "c");
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        Assert.Equal(4, await resetter.CaptureAsync(CancellationToken));
        for (int i = 0; i < 3; i++)
        {
            await database.ExecuteAsync("INSERT INTO c VALUES (1)", CancellationToken);
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
            await database.ExecuteAsync("INSERT INTO a () VALUES (); INSERT INTO b () VALUES ()", CancellationToken);
            Assert.Equal(5, await database.ScalarAsync<int>("SELECT MAX(Id) FROM a", CancellationToken));
            Assert.Equal(6, await database.ScalarAsync<int>("SELECT MAX(Id) FROM b", CancellationToken));

            await resetter.ResetAsync(CancellationToken);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_given_connection_that_checks_no_foreign_keys_still_checks_none_afterwards(bool checks)
    {
        await using MariaDbTestDatabase database = await CreateAsync(string.Empty);
        await using ScenarioContext context = Context(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);
        await resetter.CaptureAsync(CancellationToken);
        await context.Database.OpenConnectionAsync(CancellationToken);
        await context.Database.ExecuteSqlRawAsync(
            checks ? "SET SESSION foreign_key_checks = 1" : "SET SESSION foreign_key_checks = 0",
            CancellationToken);

        await resetter.ResetAsync(context, CancellationToken);

        string found = await context.Database
            .SqlQueryRaw<string>("SELECT CONCAT(@@foreign_key_checks + 0) AS \"Value\"")
            .SingleAsync(CancellationToken);
        Assert.Equal(checks ? "1" : "0", found);
    }

    private static Task<int> NextAsync(MariaDbTestDatabase database)
        => database.ScalarAsync<int>($"SELECT NEXTVAL({Sequence})", CancellationToken);

    private static ScenarioContext Context(MariaDbTestDatabase database, params string[] tables)
        => new(database, model =>
        {
            IdTables.Model(tables.Length == 0 ? ["a"] : tables)(model);
            model.HasSequence(Sequence);
        });

    private static async Task<MariaDbTestDatabase> CreateAsync(string options, string rows = "(DEFAULT), (DEFAULT), (DEFAULT)")
    {
        MariaDbTestDatabase database = await MariaDbTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            $"CREATE SEQUENCE {Sequence} {options}; CREATE TABLE a (Id int PRIMARY KEY DEFAULT NEXTVAL({Sequence})); "
                + $"INSERT INTO a (Id) VALUES {rows}",
            CancellationToken);
        return database;
    }
}
