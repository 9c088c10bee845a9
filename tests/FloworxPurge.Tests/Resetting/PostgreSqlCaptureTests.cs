using FloworxPurge.Tests.Kit;
using static FloworxPurge.Tests.Resetting.FourTables;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Captured rows on PostgreSQL: for every role that owns the tables, with a cycle of keys.</summary>
public sealed class PostgreSqlCaptureTests
{
    private const string Seen = "SELECT string_agg(xmin::text, ',') FROM p";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static TheoryData<string> Roles => ["superuser", "owner", WithoutTemp];

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Rows_of_a_cycle_come_back_with_their_numbers(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        Assert.Equal(6, await resetter.CaptureAsync(CancellationToken));
        string before = await database.ChecksumAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await database.ExecuteUncheckedAsync("DELETE FROM c; DELETE FROM x; UPDATE p SET d = 5", CancellationToken);
            await database.ExecuteAsync("INSERT INTO p DEFAULT VALUES", CancellationToken);

            await resetter.ResetAsync(CancellationToken);

            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
            Assert.Equal(3, await database.ScalarAsync<long>("SELECT nextval('\"p_Id_seq\"')", CancellationToken));
            await resetter.ResetAsync(CancellationToken);
        }
    }

    [Theory]
    [MemberData(nameof(Roles))]
    public async Task Rows_that_no_test_touched_are_not_written_again(string role)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = await LoginAsync(database, role);
        await database.ExecuteAsync("INSERT INTO p VALUES (DEFAULT), (DEFAULT)", CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, login);
        await resetter.CaptureAsync(CancellationToken);
        string? seen = await database.ScalarAsync<string>(Seen, CancellationToken);
        await database.ExecuteAsync("INSERT INTO c (\"pId\") SELECT \"Id\" FROM p", CancellationToken);

        Assert.Equal(2, (await resetter.ResetAsync(CancellationToken)).Rows);

        Assert.Equal(seen, await database.ScalarAsync<string>(Seen, CancellationToken));
        Assert.Equal(0, await database.CountAsync("c", cancellationToken: CancellationToken));
        await database.ExecuteAsync("UPDATE p SET d = d", CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        Assert.NotEqual(seen, await database.ScalarAsync<string>(Seen, CancellationToken));
    }

    [Fact]
    public async Task Copies_that_are_gone_are_an_error_that_says_what_to_do()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(Rows, CancellationToken);
        await using DatabaseResetter first = await ResetterAsync(database);
        await using DatabaseResetter second = await ResetterAsync(database);
        await first.CaptureAsync(CancellationToken);
        await second.CaptureAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO p DEFAULT VALUES", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => first.ResetAsync(CancellationToken));

        Assert.Contains("capture again", exception.Message, StringComparison.Ordinal);
        await second.ResetAsync(CancellationToken);
        Assert.Equal(6, await RowsAsync(database));
    }
}
