using System.Data.Common;
using System.Diagnostics;
using FloworxPurge.Tests.Servers;
using Microsoft.Data.SqlClient;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// A fresh database on the SQL Server that <c>FLOWORXPURGE_TEST_SQLSERVER</c> names. The test is skipped where it names none.
/// </summary>
/// <remarks>
/// Written without a server to run it on: its statements are read by Microsoft's parser in every test run, and nothing else is known of
/// them.
/// </remarks>
public sealed class SqlServerTestDatabase : TestDatabase
{
    // "Introducing FOREIGN KEY constraint ... may cause cycles or multiple cascade paths."
    private const int SeveralCascadePaths = 1785;

    private readonly SqlServerServer _server;

    private SqlServerTestDatabase(SqlServerServer server, string connectionString)
    {
        _server = server;
        ConnectionString = connectionString;
    }

    /// <inheritdoc/>
    public override string Engine => "SQL Server";

    /// <inheritdoc/>
    public override bool HasSchemas => true;

    /// <inheritdoc/>
    public override T Pick<T>(T sqlite, T postgreSql, T mariaDb, T sqlServer) => sqlServer;

    /// <inheritdoc/>
    public override string ConnectionString { get; }

    /// <summary>Turns every foreign key off. A key of a table that is created after it is on.</summary>
    internal static string KeysOff => ForEachTableWithKeys("NOCHECK CONSTRAINT ALL");

    /// <summary>
    /// Turns every foreign key on and checks the rows that are there: without WITH CHECK a key would be on and no longer trusted.
    /// </summary>
    internal static string KeysOn => ForEachTableWithKeys("WITH CHECK CHECK CONSTRAINT ALL");

    /// <summary>A new, empty database.</summary>
    public static async Task<SqlServerTestDatabase> CreateAsync(CancellationToken cancellationToken = default)
    {
        var server = await SqlServerServer.GetAsync();
        return new(server, await server.CreateDatabaseAsync(cancellationToken));
    }

    /// <inheritdoc/>
    private protected override void UseProvider(DbContextOptionsBuilder options) => options.UseSqlServer(ConnectionString);

    /// <inheritdoc/>
    public override DbConnection CreateConnection() => new SqlConnection(ConnectionString);

    /// <inheritdoc/>
    /// <remarks>
    /// The keys of tables that <paramref name="sql"/> itself creates are on at once, so that it has to write their principals' rows first;
    /// and it leaves no row without its principal, since every key is checked when it is turned on again.
    /// </remarks>
    public override async Task ExecuteUncheckedAsync(string sql, CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        await RunAsync(connection, KeysOff, cancellationToken);
        await ExecuteAsync(connection, sql, cancellationToken);
        await RunAsync(connection, KeysOn, cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task<string> ChecksumAsync(CancellationToken cancellationToken = default)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken);
        return await SqlServerChecksum.ReadAsync(connection, cancellationToken);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync() => await _server.DropDatabaseAsync(ConnectionString);

    /// <inheritdoc/>
    internal override string? WhyRefused(DbException exception) => exception is SqlException { Number: SeveralCascadePaths }
        ? "SQL Server takes no foreign keys whose actions form a cycle or reach a table twice (error 1785), so there is no such database "
            + "to purge: "
            + exception.Message
        : null;

    /// <inheritdoc/>
    internal override ProcessStartInfo ShellStart()
    {
        var connection = new SqlConnectionStringBuilder(ConnectionString);

        // -b and -x as the script asks for; no headings, no padding, errors apart from the rows. Read as a file, since a prompt would be in
        // the output.
        List<string> arguments = [
            "-b",
            "-x",
            "-h",
            "-1",
            "-W",
            "-s",
            "|",
            "-r",
            "0",
            "-i",
            "/dev/stdin",
            "-S",
            connection.DataSource,
            "-d",
            connection.InitialCatalog];
        arguments.AddRange(connection.TrustServerCertificate ? ["-C"] : []);
        arguments.AddRange(connection.IntegratedSecurity ? ["-E"] : ["-U", connection.UserID]);
        var start = new ProcessStartInfo(Shell.Find("sqlcmd"), arguments);
        start.Environment["SQLCMDPASSWORD"] = connection.Password;
        return start;
    }

    private protected override IReadOnlyList<string> Translate(string sql) => TransactSqlBatches.Split(sql);

    private static string ForEachTableWithKeys(string action) => $"""
        DECLARE @sql nvarchar(max) = (
            SELECT STRING_AGG(CONVERT(nvarchar(max), N'ALTER TABLE ' + QUOTENAME(SCHEMA_NAME(t.schema_id)) + N'.' + QUOTENAME(t.name) + N' {action}'), N'; ')
            FROM sys.tables AS t WHERE t.object_id IN (SELECT k.parent_object_id FROM sys.foreign_keys AS k));
        IF @sql IS NOT NULL EXEC sys.sp_executesql @sql
        """;

    private static async Task RunAsync(DbConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
