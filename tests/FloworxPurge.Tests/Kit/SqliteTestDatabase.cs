using System.Data.Common;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Kit;

/// <summary>A SQLite database in a temporary file, or in memory with a shared cache.</summary>
public sealed class SqliteTestDatabase : TestDatabase
{
    private readonly DirectoryInfo? _folder;

    // A database in memory lives as long as one connection to it is open.
    private readonly SqliteConnection? _keeper;

    private SqliteTestDatabase(SqliteConnectionStringBuilder connectionString, DirectoryInfo? folder)
    {
        connectionString.ForeignKeys = true;
        ConnectionString = connectionString.ConnectionString;
        _folder = folder;
        if (folder is null)
        {
            _keeper = new SqliteConnection(ConnectionString);
            _keeper.Open();
        }
    }

    /// <inheritdoc/>
    public override string Engine => "SQLite";

    /// <inheritdoc/>
    public override bool HasSchemas => false;

    /// <inheritdoc/>
    public override T Pick<T>(T sqlite, T postgreSql, T mariaDb, T sqlServer) => sqlite;

    /// <inheritdoc/>
    public override string ConnectionString { get; }

    /// <summary>The file, where the database is one.</summary>
    public string? FileName => _folder is null ? null : new SqliteConnectionStringBuilder(ConnectionString).DataSource;

    /// <summary>A new, empty file.</summary>
    public static SqliteTestDatabase Create()
    {
        var folder = Directory.CreateTempSubdirectory("floworxpurge-sqlite-");
        return new(new() { DataSource = Path.Combine(folder.FullName, "test.db") }, folder);
    }

    /// <summary>A new, empty database in memory, which every connection of this process can open.</summary>
    public static SqliteTestDatabase CreateInMemory()
        => new(
            new()
            {
                DataSource = "test_" + Guid.NewGuid().ToString("N"),
                Mode = SqliteOpenMode.Memory,
                Cache = SqliteCacheMode.Shared,
            },
            folder: null);

    /// <inheritdoc/>
    private protected override void UseProvider(DbContextOptionsBuilder options) => options.UseSqlite(ConnectionString);

    /// <inheritdoc/>
    public override DbConnection CreateConnection() => new SqliteConnection(ConnectionString);

    /// <inheritdoc/>
    public override async Task ExecuteUncheckedAsync(string sql, CancellationToken cancellationToken = default)
    {
        var uncheckedKeys = new SqliteConnectionStringBuilder(ConnectionString) { ForeignKeys = false, Pooling = false };
        await using var connection = new SqliteConnection(uncheckedKeys.ConnectionString);
        await connection.OpenAsync(cancellationToken);

        // One commit for all statements: each costs a sync of the file.
        await ExecuteAsync(connection, $"BEGIN; {sql}; COMMIT", cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<string> ChecksumAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        var text = new ChecksumText(connection);
        await text.AddAsync("schema", "SELECT type, name, tbl_name, sql FROM sqlite_master", cancellationToken);

        // sqlite_sequence, the store of AUTOINCREMENT, is a row of sqlite_master and belongs to the state.
        var tables = await text.NamesAsync("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", cancellationToken);
        foreach (var table in tables)
        {
            await text.AddAsync("rows of " + table, $"SELECT * FROM {Quote(table)}", cancellationToken);
        }

        return text.ToString();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await using (var pooled = new SqliteConnection(ConnectionString))
        {
            SqliteConnection.ClearPool(pooled);
        }

        if (_keeper is not null)
        {
            await _keeper.DisposeAsync();
        }

        _folder?.Delete(recursive: true);
    }

    /// <inheritdoc/>
    internal override ProcessStartInfo ShellStart()
        => new(Shell.Find("sqlite3"), ["-init", "/dev/null", "-batch", new SqliteConnectionStringBuilder(ConnectionString).DataSource]);
}
