using System.Net.Sockets;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Npgsql;

namespace FloworxPurge.Tests.KitTests;

public sealed class PostgreSqlServerTests
{
    [Fact]
    public async Task A_throw_away_server_leaves_neither_a_process_nor_a_folder()
    {
        QuickRun.SkipBefore("A PostgreSQL server");
        var (binaries, reason) = PostgreSqlBinaries.Find();
        Assert.SkipWhen(binaries is null, "No PostgreSQL programs to start a server with: " + reason);

        var cluster = await PostgreSqlCluster.StartAsync(binaries!, isDurable: false, TestContext.Current.CancellationToken);
        Assert.True(Directory.Exists(cluster.Folder));
        await cluster.DisposeAsync();

        Assert.False(Directory.Exists(cluster.Folder));
        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync("127.0.0.1", cluster.Port));
    }

    [Fact]
    public async Task Programs_that_do_not_start_are_reported_with_their_own_words()
    {
        QuickRun.SkipBefore("A PostgreSQL server");
        Assert.SkipWhen(PostgreSqlBinaries.Find().Folder is null, "No PostgreSQL programs to start a server with.");

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => PostgreSqlCluster.StartAsync("/nowhere", isDurable: false, TestContext.Current.CancellationToken));

        Assert.Contains("/nowhere/initdb", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_test_gets_an_empty_database_of_its_own()
    {
        await using var one = await PostgreSqlTestDatabase.CreateAsync();
        await using var two = await PostgreSqlTestDatabase.CreateAsync();

        await one.ExecuteAsync("CREATE TABLE a (id int)");

        Assert.NotEqual(one.Name, two.Name);
        Assert.StartsWith("test_", one.Name, StringComparison.Ordinal);
        Assert.Equal(0, await two.ScalarAsync<int>("SELECT COUNT(*) FROM pg_tables WHERE schemaname = 'public'"));
    }

    [Fact]
    public async Task A_database_is_dropped_even_while_a_connection_to_it_is_open()
    {
        var database = await PostgreSqlTestDatabase.CreateAsync();
        await using var forgotten = await database.OpenConnectionAsync();

        await database.DisposeAsync();

        await using var witness = await PostgreSqlTestDatabase.CreateAsync();
        Assert.Equal(0, await witness.ScalarAsync<int>($"SELECT COUNT(*) FROM pg_database WHERE datname = '{database.Name}'"));
    }

    [Fact]
    public async Task A_login_of_a_test_has_no_rights_of_its_own()
    {
        await using var database = await PostgreSqlTestDatabase.CreateAsync();
        await database.ExecuteAsync("CREATE TABLE a (id int); CREATE TABLE b (id int)");
        var (role, connectionString) = await database.CreateLoginAsync();
        await database.ExecuteAsync($"GRANT SELECT ON a TO {role}");

        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var allowed = new NpgsqlCommand("SELECT COUNT(*) FROM a", connection);
        await using var refused = new NpgsqlCommand("SELECT COUNT(*) FROM b", connection);

        Assert.Equal(0L, await allowed.ExecuteScalarAsync());
        var failure = await Assert.ThrowsAsync<PostgresException>(() => refused.ExecuteScalarAsync());
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, failure.SqlState);
    }
}
