using System.Data.Common;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Respawn;
using Weasel.Core;
using Weasel.Sqlite;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// A database in a file, or in one connection, made by EF with its defaults: write-ahead log, foreign keys on, synchronous full.
/// </summary>
internal sealed class SqliteDatabase : ResetDatabase
{
    private readonly string? _folder;
    private readonly string _connectionString;
    private readonly SqliteConnection _side;
    private readonly List<SqliteConnection> _connections = [];

    private SqliteDatabase(Layout layout, string? folder)
        : base(layout)
    {
        _folder = folder;
        _connectionString = folder is null ? "Data Source=:memory:" : $"Data Source={Path.Combine(folder, "bench.db")};Pooling=False";
        _side = new SqliteConnection(_connectionString);
    }

    public override IDbAdapter RespawnAdapter => DbAdapter.Sqlite;

    public override bool HasCounters => Layout.Keys == KeyKind.Identity;

    public override Migrator WeaselMigrator { get; } = new SqliteMigrator();

    protected override DbConnection Side => _side;

    protected override string MovedCounters => HasCounters ? "SELECT COUNT(*) FROM sqlite_sequence WHERE seq > 0" : "SELECT 0";

    /// <summary>Makes the database. One that is deleted again and again is not watched by a side connection.</summary>
    public static async Task<SqliteDatabase> CreateAsync(Layout layout, bool inMemory, bool isWatched = true)
    {
        var database = new SqliteDatabase(layout, inMemory ? null : Directory.CreateTempSubdirectory("floworxpurge-bench-").FullName);
        if (inMemory)
        {
            await database._side.OpenAsync();
        }

        // A file gets its write-ahead log from a connection that EF opens itself.
        await using LayoutContext context = database.CreateContext();
        await context.Database.EnsureCreatedAsync();
        if (isWatched && !inMemory)
        {
            await database._side.OpenAsync();
        }

        return database;
    }

    public override LayoutContext CreateContext()
        => _folder is null
            ? new(Layout, options => options.UseSqlite(_side))
            : new(Layout, options => options.UseSqlite(_connectionString));

    public override async Task<DbConnection> ConnectAsync()
    {
        if (_folder is null)
        {
            return _side;
        }

        var connection = new SqliteConnection(_connectionString);
        _connections.Add(connection);
        await connection.OpenAsync();
        return connection;
    }

    public override string RestartCounters(IEnumerable<int> tables)
        => HasCounters
            ? $"DELETE FROM sqlite_sequence WHERE name IN ({string.Join(", ", tables.Select(table => $"'{Layout.Name(table)}'"))}); "
            : string.Empty;

    public override string InTransaction(string sql) => $"BEGIN IMMEDIATE; {sql}COMMIT";

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        foreach (SqliteConnection connection in _connections.Append(_side))
        {
            await connection.DisposeAsync();
        }

        if (_folder is not null)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }
}
