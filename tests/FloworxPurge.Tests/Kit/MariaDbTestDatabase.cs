using System.Data.Common;
using System.Diagnostics;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using MySql.Data.MySqlClient;

namespace FloworxPurge.Tests.Kit;

/// <summary>A fresh database on the test run's MariaDB server. The test is skipped where there is none.</summary>
public sealed class MariaDbTestDatabase : TestDatabase
{
    private static readonly DefaultValuesInterceptor DefaultValues = new();

    private readonly MariaDbServer _server;
    private readonly List<string> _logins = [];

    private MariaDbTestDatabase(MariaDbServer server, string connectionString)
    {
        _server = server;
        ConnectionString = connectionString;
    }

    /// <inheritdoc/>
    public override string Engine => "MariaDB";

    /// <inheritdoc/>
    public override bool HasSchemas => false;

    /// <inheritdoc/>
    public override T Pick<T>(T sqlite, T postgreSql, T mariaDb, T sqlServer) => mariaDb;

    /// <inheritdoc/>
    public override string ConnectionString { get; }

    /// <summary>The database's own name.</summary>
    public string Name => new MySqlConnectionStringBuilder(ConnectionString).Database;

    /// <summary>A new, empty database.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<MariaDbTestDatabase> CreateAsync(CancellationToken cancellationToken = default)
    {
        var server = await MariaDbServer.GetAsync();
        return new(server, await server.CreateDatabaseAsync(cancellationToken));
    }

    /// <summary>
    /// A new login without any right of its own, gone with the database: its name and its connection string to this database.
    /// </summary>
    public async Task<(string Role, string ConnectionString)> CreateLoginAsync(CancellationToken cancellationToken = default)
    {
        var role = "login_" + Guid.NewGuid().ToString("N")[..12];
        var password = Guid.NewGuid().ToString("N");
        await ExecuteAsync($"CREATE USER '{role}'@'%' IDENTIFIED BY '{password}'", cancellationToken);
        _logins.Add(role);
        return (role, new MySqlConnectionStringBuilder(ConnectionString) { UserID = role, Password = password }.ConnectionString);
    }

    /// <inheritdoc/>
    private protected override void UseProvider(DbContextOptionsBuilder options)
    {
        options.UseMySQL(ConnectionString);
        options.AddInterceptors(DefaultValues);
    }

    /// <inheritdoc/>
    public override DbConnection CreateConnection() => new MySqlConnection(ConnectionString);

    private static string WithoutDefaultValues(string sql)
        => sql.Replace(
            "DEFAULT VALUES()",
            "() VALUES ()",
            StringComparison.Ordinal).Replace("DEFAULT VALUES", "() VALUES ()", StringComparison.Ordinal);

    // A phrase of the others that it does not know, and the type that EF's text has here.
    private protected override IReadOnlyList<string> Translate(string sql)
        => [WithoutDefaultValues(sql).Replace("\" text", "\" longtext", StringComparison.Ordinal)];

    /// <inheritdoc/>
    internal override ProcessStartInfo ShellStart()
    {
        var connection = new MySqlConnectionStringBuilder(ConnectionString);
        var start = new ProcessStartInfo(
            Shell.Find("mariadb"),
            ["--no-defaults", "--batch", "--skip-column-names", "--default-character-set=utf8mb4", "-h", connection.Server, "-P", $"{connection.Port}", "-u", connection.UserID, connection.Database]);
        start.Environment["MYSQL_PWD"] = connection.Password;
        return start;
    }

    /// <inheritdoc/>
    public override async Task ExecuteUncheckedAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = new MySqlConnection(
            new MySqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        await ExecuteAsync(
            connection,
            $"SET SESSION foreign_key_checks = 0; START TRANSACTION; {sql.TrimEnd(';', ' ', '\n')}; COMMIT",
            cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<string> ChecksumAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        var text = new ChecksumText(connection);
        await text.AddAsync(
            "tables",
            "SELECT TABLE_NAME, TABLE_TYPE, ENGINE, AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()",
            cancellationToken);
        await text.AddAsync(
            "triggers",
            "SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER, ACTION_STATEMENT FROM "
                + "information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()",
            cancellationToken);
        await text.AddAsync(
            "views",
            "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()",
            cancellationToken);
        await text.AddAsync(
            "routines",
            "SELECT ROUTINE_NAME, ROUTINE_DEFINITION FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()",
            cancellationToken);
        foreach (var table in await NamesAsync("'BASE TABLE', 'SYSTEM VERSIONED'"))
        {
            await text.AddAsync("definition of " + table, $"SHOW CREATE TABLE {table}", cancellationToken);
        }

        foreach (var table in await NamesAsync("'BASE TABLE', 'SEQUENCE'"))
        {
            await text.AddAsync("rows of " + table, $"SELECT * FROM {table}", cancellationToken);
        }

        foreach (var table in await NamesAsync("'SYSTEM VERSIONED'"))
        {
            await text.AddAsync(
                "rows and history of " + table,
                $"SELECT *, ROW_START, ROW_END FROM {table} FOR SYSTEM_TIME ALL",
                cancellationToken);
        }

        return text.ToString();

        Task<List<string>> NamesAsync(string types) => text.NamesAsync(
            $"""
            SELECT CONCAT('"', REPLACE(TABLE_NAME, '"', '""'), '"') FROM information_schema.TABLES
            WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE IN ({types}) ORDER BY BINARY TABLE_NAME
            """,
            cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _server.DropDatabaseAsync(ConnectionString);
        foreach (var role in _logins)
        {
            await _server.ExecuteAsync($"DROP USER '{role}'@'%'");
        }
    }

    // For a row without values EF's provider writes what no server reads.
    private sealed class DefaultValuesInterceptor : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            command.CommandText = WithoutDefaultValues(command.CommandText);
            return new(result);
        }
    }
}
