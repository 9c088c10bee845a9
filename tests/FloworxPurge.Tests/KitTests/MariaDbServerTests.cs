using System.Net.Sockets;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using MySql.Data.MySqlClient;

namespace FloworxPurge.Tests.KitTests;

public sealed class MariaDbServerTests
{
    [Fact]
    public async Task A_throw_away_server_leaves_neither_a_process_nor_a_folder()
    {
        QuickRun.SkipBefore("A MariaDB server");
        var (install, server, reason) = MariaDbProcess.Find();
        Assert.SkipWhen(reason is not null, "No MariaDB programs to start a server with: " + reason);

        MariaDbProcess process = await MariaDbProcess.StartAsync(install!, server!, TestContext.Current.CancellationToken);
        Assert.True(Directory.Exists(process.Folder));
        await process.DisposeAsync();

        Assert.False(Directory.Exists(process.Folder));
        using var client = new TcpClient();
        await Assert.ThrowsAsync<SocketException>(() => client.ConnectAsync("127.0.0.1", process.Port));
    }

    [Fact]
    public async Task Programs_that_do_not_start_are_reported_with_their_own_words()
    {
        QuickRun.SkipBefore("A MariaDB server");
        Assert.SkipWhen(MariaDbProcess.Find().Reason is not null, "No MariaDB programs to start a server with.");

        var failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => MariaDbProcess.StartAsync("/nowhere/mariadb-install-db", "/nowhere/mariadbd", TestContext.Current.CancellationToken));

        Assert.Contains("/nowhere/mariadb-install-db", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_test_gets_an_empty_database_of_its_own()
    {
        await using var one = await MariaDbTestDatabase.CreateAsync();
        await using var two = await MariaDbTestDatabase.CreateAsync();

        await one.ExecuteAsync("CREATE TABLE a (id int)");

        Assert.NotEqual(one.Name, two.Name);
        Assert.StartsWith("test_", one.Name, StringComparison.Ordinal);
        Assert.Equal(0, await two.ScalarAsync<int>("SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()"));
    }

    [Fact]
    public async Task A_database_is_dropped_even_while_a_transaction_in_it_is_open()
    {
        var database = await MariaDbTestDatabase.CreateAsync();
        await database.ExecuteAsync("CREATE TABLE a (id int)");
        await using var forgotten = await database.OpenConnectionAsync();
        await using var transaction = await forgotten.BeginTransactionAsync();
        await using var command = forgotten.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = "SELECT COUNT(*) FROM a";
        await command.ExecuteScalarAsync();

        await database.DisposeAsync();

        await using var witness = await MariaDbTestDatabase.CreateAsync();
        Assert.Equal(
            0,
            await witness.ScalarAsync<int>($"SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '{database.Name}'"));

        // The driver cannot say goodbye to a session that was ended.
        await Assert.ThrowsAnyAsync<Exception>(() => transaction.RollbackAsync());
    }

    [Fact]
    public async Task A_login_of_a_test_has_no_rights_of_its_own()
    {
        await using var database = await MariaDbTestDatabase.CreateAsync();
        await database.ExecuteAsync("CREATE TABLE a (id int); CREATE TABLE b (id int)");
        var (role, connectionString) = await database.CreateLoginAsync();
        await database.ExecuteAsync($"GRANT SELECT ON a TO '{role}'@'%'");

        await using var connection = new MySqlConnection(connectionString);
        await connection.OpenAsync();
        await using var allowed = new MySqlCommand("SELECT COUNT(*) FROM a", connection);
        await using var refused = new MySqlCommand("SELECT COUNT(*) FROM b", connection);

        Assert.Equal(0L, await allowed.ExecuteScalarAsync());
        var failure = await Assert.ThrowsAsync<MySqlException>(() => refused.ExecuteScalarAsync());
        Assert.Equal((int)MySqlErrorCode.TableAccessDenied, failure.Number);
    }

    [Fact]
    public async Task A_checksum_distinguishes_rows_definitions_numbers_and_triggers()
    {
        await using var database = await MariaDbTestDatabase.CreateAsync();
        await database.ExecuteAsync("CREATE TABLE a (id int AUTO_INCREMENT PRIMARY KEY, txt varchar(10))");
        List<string> states = [await database.ChecksumAsync()];
        foreach (string change in (string[])
        [
            "INSERT INTO a VALUES (1, "
                + "'x')", "UPDATE a SET txt = NULL", "ALTER TABLE a ADD INDEX (txt)", "ALTER TABLE a AUTO_INCREMENT = 50",
            "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW SET NEW.txt = "
                + "'y'", "CREATE VIEW v AS SELECT id FROM a", "ALTER TABLE a ADD SYSTEM VERSIONING", "DELETE FROM a",
        ])
        {
            await database.ExecuteAsync(change);
            states.Add(await database.ChecksumAsync());
        }

        Assert.Equal(states.Count, states.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(states[^1], await database.ChecksumAsync());
    }
}
