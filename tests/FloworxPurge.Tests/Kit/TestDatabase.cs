using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FloworxPurge.Tests.Kit;

/// <summary>A database of its own for one test, gone when it is disposed.</summary>
public abstract class TestDatabase : IAsyncDisposable
{
    /// <summary>The engine's name, as people say it.</summary>
    public abstract string Engine { get; }

    /// <summary>Whether tables live in schemas.</summary>
    public abstract bool HasSchemas { get; }

    /// <summary>What is this engine's of what differs from engine to engine.</summary>
    public abstract T Pick<T>(T sqlite, T postgreSql, T mariaDb, T sqlServer);

    /// <summary>A query that gives the settings of a session as one text.</summary>
    public string SessionSettings => Pick(
        sqlite: "SELECT 'foreign_keys=' || foreign_keys || ', defer_foreign_keys=' || defer_foreign_keys FROM pragma_foreign_keys, "
            + "pragma_defer_foreign_keys",

        // Those of PL/pgSQL are there once a function has run in the session.
        postgreSql: "SELECT current_user || ' ' || current_schema() || ' ' || string_agg(name || '=' || setting, ', ' ORDER BY name) "
            + "FROM pg_settings WHERE name NOT LIKE 'plpgsql.%'",
        mariaDb: """
            SELECT CONCAT(CURRENT_USER(), ' ', GROUP_CONCAT(VARIABLE_NAME, '=', VARIABLE_VALUE ORDER BY VARIABLE_NAME)) FROM information_schema.SESSION_VARIABLES
            WHERE VARIABLE_NAME NOT IN ('ERROR_COUNT', 'WARNING_COUNT', 'TIMESTAMP', 'IDENTITY', 'INSERT_ID', 'LAST_INSERT_ID', 'IN_TRANSACTION', 'RAND_SEED1', 'RAND_SEED2', 'PSEUDO_THREAD_ID')
              AND VARIABLE_NAME NOT LIKE 'GTID%' AND VARIABLE_NAME NOT LIKE 'LAST_GTID%'
            """,
        sqlServer: """
            SELECT CONCAT(USER_NAME(), ' ', s.lock_timeout, ' ', s.deadlock_priority, ' ', s.transaction_isolation_level, ' ', s.text_size, ' ', s.language, ' ', s.date_format, ' ', s.date_first, ' ', @@OPTIONS)
            FROM sys.dm_exec_sessions AS s WHERE s.session_id = @@SPID
            """);

    /// <summary>The connection string, foreign keys enforced.</summary>
    public abstract string ConnectionString { get; }

    /// <summary>Points a context at this database.</summary>
    public void Configure(DbContextOptionsBuilder options)
    {
        UseProvider(options);
        options.AllowManyProviders();
    }

    /// <summary>Points a context at this database, with options that every relational provider has.</summary>
    public void ConfigureRelational(DbContextOptionsBuilder options, Func<RelationalOptionsExtension, RelationalOptionsExtension> configure)
    {
        Configure(options);
        ((IDbContextOptionsBuilderInfrastructure)options).AddOrUpdateExtension(
            configure(RelationalOptionsExtension.Extract(options.Options)));
    }

    /// <summary>A text of every schema object and every row of every user table: equal texts mean that nothing changed.</summary>
    public abstract Task<string> ChecksumAsync(CancellationToken cancellationToken = default);

    /// <summary>Runs SQL with no foreign key checked, so that rows can be written in any order.</summary>
    public abstract Task ExecuteUncheckedAsync(string sql, CancellationToken cancellationToken = default);

    /// <summary>Drops the database.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>A new connection, not yet open.</summary>
    public abstract DbConnection CreateConnection();

    /// <summary>A new open connection.</summary>
    public async Task<DbConnection> OpenConnectionAsync(CancellationToken cancellationToken = default)
    {
        var connection = CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs SQL on a connection of its own.</summary>
    public virtual async Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        await ExecuteAsync(connection, sql, cancellationToken);
    }

    /// <summary>The first column of the first row, on a connection of its own; <see langword="default"/> for NULL or no row.</summary>
    public async Task<T?> ScalarAsync<T>(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        var value = await command.ExecuteScalarAsync(cancellationToken);
        return value switch
        {
            null or DBNull => default,
            T exact => exact,
            _ => (T)Convert.ChangeType(value, Nullable.GetUnderlyingType(typeof(T)) ?? typeof(T), CultureInfo.InvariantCulture),
        };
    }

    /// <summary>The number of rows of a table.</summary>
    public Task<long> CountAsync(string table, string? schema = null, CancellationToken cancellationToken = default)
        => ScalarAsync<long>($"SELECT COUNT(*) FROM {Quote(schema, table)}", cancellationToken);

    /// <summary>The quoted name of a table, as SQL writes it.</summary>
    public string Quote(string? schema, string table)
        => schema is null || !HasSchemas ? Quote(table) : Quote(schema) + "." + Quote(table);

    /// <summary>One quoted identifier.</summary>
    public static string Quote(string identifier)
        => "\"" + identifier.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <summary>Names the engine, so that it is seen in test output.</summary>
    public override string ToString() => Engine;

    /// <summary>Why the engine has no such tables, which ends the test as a skip; <see langword="null"/> for any other error.</summary>
    internal virtual string? WhyRefused(DbException exception) => null;

    /// <summary>How the engine's own shell is started, to read a script from its standard input.</summary>
    internal abstract ProcessStartInfo ShellStart();

    /// <summary>Points a context at this database, and nothing more.</summary>
    private protected abstract void UseProvider(DbContextOptionsBuilder options);

    /// <summary>SQL as this engine writes it, in as many commands as it takes.</summary>
    private protected virtual IReadOnlyList<string> Translate(string sql) => [sql];

    private protected async Task ExecuteAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        foreach (string text in Translate(sql))
        {
            command.CommandText = text;
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
