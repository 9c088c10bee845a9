using System.Globalization;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>
/// The PostgreSQL server to measure on: the one that <c>FLOWORXPURGE_TEST_POSTGRES</c> names, else a throw-away one on a disk with the
/// settings of initdb; with a login that is no superuser and owns the databases.
/// </summary>
internal sealed class BenchmarkServer : IAsyncDisposable
{
    private const string Variable = "FLOWORXPURGE_TEST_POSTGRES";

    private readonly PostgreSqlCluster? _cluster;
    private readonly string _superuser;
    private readonly string _owner = "floworx_bench_" + Guid.NewGuid().ToString("N")[..8];
    private int _databases;

    private BenchmarkServer(PostgreSqlCluster? cluster, string superuser)
    {
        _cluster = cluster;
        _superuser = superuser;
    }

    public string Version { get; private set; } = string.Empty;

    // Before 15 a database was always copied by its files.
    private bool CanChooseStrategy { get; set; }

    /// <summary>Finds or starts the server, or gives the reason why there is none.</summary>
    public static async Task<(BenchmarkServer? Server, string? Reason)> StartAsync()
    {
        string? named = Environment.GetEnvironmentVariable(Variable);
        PostgreSqlCluster? cluster = null;
        if (string.IsNullOrEmpty(named))
        {
            (string? folder, string? reason) = PostgreSqlBinaries.Find();
            if (folder is null)
            {
                return (null, $"{reason}, and {Variable} is not set");
            }

            cluster = await PostgreSqlCluster.StartAsync(folder, isDurable: true, CancellationToken.None);
        }

        var server = new BenchmarkServer(cluster, named is { Length: > 0 } ? named : cluster!.ConnectionString);
        await ExecuteAsync(server._superuser, $"CREATE ROLE {server._owner} LOGIN CREATEDB PASSWORD '{server._owner}'");
        await using var connection = new NpgsqlConnection(server._superuser);
        await connection.OpenAsync();
        server.Version = connection.ServerVersion;
        server.CanChooseStrategy = connection.PostgreSqlVersion.Major >= 15;
        return (server, null);
    }

    /// <summary>A new name with one of the two logins; there is no such database yet.</summary>
    public string NewConnectionString(bool asSuperuser = false)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{_owner}_test_{++_databases}");
        var builder = new NpgsqlConnectionStringBuilder(_superuser) { Database = name, CommandTimeout = 120 };
        if (!asSuperuser)
        {
            builder.Username = _owner;
            builder.Password = _owner;
        }

        return builder.ConnectionString;
    }

    /// <summary>The same database with the login that owns it.</summary>
    public string AsOwner(string connectionString)
        => new NpgsqlConnectionStringBuilder(connectionString) { Username = _owner, Password = _owner }.ConnectionString;

    /// <summary>A database with the tables of a layout, made by EF as the owner; gives its connection string.</summary>
    public async Task<string> CreateAsync(Layout layout, bool asSuperuser = false)
    {
        string connectionString = NewConnectionString(asSuperuser);
        await using var context = new LayoutContext(layout, options => options.UseNpgsql(AsOwner(connectionString)));
        await context.Database.EnsureCreatedAsync();
        return connectionString;
    }

    public Task<PostgreSqlDatabase> OpenAsync(string connectionString, Layout layout)
        => new PostgreSqlDatabase(this, layout, connectionString).OpenAsync();

    /// <summary>A copy of a database that nobody is connected to.</summary>
    public async Task<PostgreSqlDatabase> CopyAsync(string template, Layout layout, bool asSuperuser)
    {
        return await OpenAsync(await CopyAsync(template, asSuperuser), layout);
    }

    /// <summary>A copy of a database that nobody is connected to; gives its connection string.</summary>
    public async Task<string> CopyAsync(string template, bool asSuperuser = false, bool isLarge = false)
    {
        await using (var pooled = new NpgsqlConnection(template))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        string connectionString = NewConnectionString(asSuperuser);
        await ExecuteAsync(
            _superuser,
            $"CREATE DATABASE \"{NameOf(connectionString)}\" TEMPLATE \"{NameOf(template)}\" OWNER {_owner}"
                + $"{(isLarge && CanChooseStrategy ? " STRATEGY FILE_COPY" : string.Empty)}");
        return connectionString;
    }

    public async Task DropAsync(string connectionString)
    {
        await using (var pooled = new NpgsqlConnection(connectionString))
        {
            NpgsqlConnection.ClearPool(pooled);
        }

        await ExecuteAsync(_superuser, $"DROP DATABASE IF EXISTS \"{NameOf(connectionString)}\" WITH (FORCE)");
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
            return;
        }

        await ExecuteAsync(_superuser, $"DROP ROLE {_owner}");
    }

    private static string NameOf(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString).Database!;

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();

        // Dropping a database of hundreds of tables that were truncated again and again deletes as many files, and waits for a checkpoint.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync();
    }
}
