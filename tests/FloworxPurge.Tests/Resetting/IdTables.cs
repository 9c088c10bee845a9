using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Tables that a test makes itself, of which the model knows an <c>Id</c> and nothing else.</summary>
internal static class IdTables
{
    private const string Waiting = """
        SELECT COUNT(*) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE a.datname = current_database() AND NOT l.granted
        """;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);

    public static Action<ModelBuilder> Model(params string[] tables) => model =>
    {
        foreach (string table in tables)
        {
            model.SharedTypeEntity<Dictionary<string, object>>(table, entity =>
            {
                entity.ToTable(table);
                entity.IndexerProperty<int>("Id");
                entity.HasKey("Id");
            });
        }
    };

    public static async Task<PostgreSqlTestDatabase> CreateAsync(string schema, CancellationToken cancellationToken)
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(cancellationToken);
        await database.ExecuteAsync(schema, cancellationToken);
        return database;
    }

    /// <summary>The connection string of a new login that owns these tables and is no superuser.</summary>
    public static async Task<string> OwnerAsync(PostgreSqlTestDatabase database, string[] tables, CancellationToken cancellationToken)
    {
        (string role, string login) = await database.CreateLoginAsync(cancellationToken);
        await database.ExecuteAsync(
            $"GRANT ALL ON SCHEMA public TO {role}; {string.Concat(tables.Select(table => $"ALTER TABLE {table} OWNER TO {role};"))}",
            cancellationToken);
        return login;
    }

    /// <summary>
    /// The connection string of the superuser, or of a login that owns these tables; <see cref="FourTables.WithoutTemp"/> may not create
    /// temporary objects either.
    /// </summary>
    public static async Task<string> LoginAsync(
        PostgreSqlTestDatabase database,
        string[] tables,
        string role,
        CancellationToken cancellationToken)
    {
        if (role is FourTables.WithoutTemp)
        {
            await database.ExecuteAsync($"REVOKE TEMP ON DATABASE {TestDatabase.Quote(database.Name)} FROM PUBLIC", cancellationToken);
        }

        return role is "superuser" ? database.ConnectionString : await OwnerAsync(database, tables, cancellationToken);
    }

    /// <summary>A resetter of these tables, made by a context that is gone afterwards.</summary>
    /// <param name="database">Where they are.</param>
    /// <param name="tables">The tables of the model; all others are kept.</param>
    /// <param name="configure">Sets the options of the resetter.</param>
    /// <param name="over">Sets the options of the context, after those of the database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<DatabaseResetter> ResetterAsync(
        TestDatabase database, string[] tables, Action<ResetOptions>? configure = null, Action<DbContextOptionsBuilder>? over = null, CancellationToken cancellationToken = default)
    {
        await using var context = new ScenarioContext(database, Model(tables), over);
        return await DatabaseResetter.CreateAsync(context, configure, cancellationToken);
    }

    /// <summary>Ends when somebody waits for a lock in the database.</summary>
    /// <param name="database">The database.</param>
    /// <param name="work">What is about to wait; when it ends instead, the test fails.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task UntilItWaitsAsync(PostgreSqlTestDatabase database, Task work, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(LongestWait);
        while (await database.ScalarAsync<long>(Waiting, limit.Token) == 0)
        {
            Assert.False(work.IsCompleted, "It has ended without waiting for a lock.");
            await Task.Delay(10, limit.Token);
        }
    }

    /// <summary>How many sessions an application has in the database.</summary>
    public static Task<long> SessionsAsync(PostgreSqlTestDatabase database, string application, CancellationToken cancellationToken)
        => database.ScalarAsync<long>(
            $"SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = '{application}'",
            cancellationToken);
}
