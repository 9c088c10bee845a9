using System.Data.Common;
using System.Diagnostics;
using System.Transactions;
using FloworxPurge.Engines;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace FloworxPurge.Tests.Resetting;

/// <summary>What a resetter does with sessions, its own and those of others: scopes, pools, rights, waits, open transactions.</summary>
public sealed class PostgreSqlResetSessionTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reset_inside_of_a_transaction_scope_stays_when_the_scope_is_rolled_back()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        LeakReport report;
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            report = await resetter.ResetAsync(CancellationToken);
        }

        Assert.Equal(1, report.Rows);
        Assert.Equal(0, await database.CountAsync("t", cancellationToken: CancellationToken));
        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
    }

    [Fact]
    public async Task A_resetter_that_is_made_inside_of_a_transaction_scope_works_after_it()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        DatabaseResetter resetter;
        using (new TransactionScope(TransactionScopeAsyncFlowOption.Enabled))
        {
            resetter = await ResetterAsync(database);
        }

        await using (resetter)
        {
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        }
    }

    [Fact]
    public async Task A_reset_that_is_cancelled_while_its_session_is_made_ready_leaves_no_settings_in_the_pool()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string pooled = database.ConnectionString + ";No Reset On Close=true;Maximum Pool Size=1;Application Name=cancelled";
        await using (DatabaseResetter resetter = await ResetterAsync(database, pooled))
        {
            // The session's function is the last thing that it is given.
            await database.ExecuteAsync(
                """
                CREATE FUNCTION pause() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_advisory_xact_lock(1); END';
                CREATE EVENT TRIGGER pause ON ddl_command_end WHEN TAG IN ('CREATE FUNCTION') EXECUTE FUNCTION pause(); ALTER EVENT TRIGGER pause ENABLE ALWAYS
                """,
                CancellationToken);
            await using OpenTransaction holder = await OpenTransaction.BeginAsync(
                database,
                "SELECT pg_advisory_xact_lock(1)",
                CancellationToken);
            using var cancelled = new CancellationTokenSource();
            Task<LeakReport> reset = resetter.ResetAsync(cancelled.Token);
            await IdTables.UntilItWaitsAsync(database, reset, CancellationToken);
            await cancelled.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reset);
        }

        await using var next = new NpgsqlConnection(pooled);
        await next.OpenAsync(CancellationToken);
        await using var command = new NpgsqlCommand(
            "SELECT current_setting('session_replication_role') || ' ' || current_setting('synchronous_commit')",
            next);
        Assert.Equal("origin on", await command.ExecuteScalarAsync(CancellationToken));
        Assert.Equal(1, await database.CountAsync("t", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task The_context_may_come_from_a_scope_of_services_that_has_ended()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using ServiceProvider services = new ServiceCollection()
            .AddDbContext<RegisteredContext>(options => options.AllowManyProviders().UseNpgsql(database.ConnectionString))
            .BuildServiceProvider();
        DatabaseResetter resetter;
        await using (AsyncServiceScope scope = services.CreateAsyncScope())
        {
            resetter = await DatabaseResetter.CreateAsync(
                scope.ServiceProvider.GetRequiredService<RegisteredContext>(),
                cancellationToken: CancellationToken);
        }

        await using (resetter)
        {
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
            Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
        }
    }

    [Fact]
    public async Task A_resetter_can_be_disposed_after_its_database_was_dropped()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.ResetAsync(CancellationToken);
        await using (var context = new ScenarioContext(database, IdTables.Model("t")))
        {
            await context.Database.EnsureDeletedAsync(CancellationToken);
        }

        Assert.Null(await Record.ExceptionAsync(async () => await resetter.DisposeAsync()));
    }

    [Fact]
    public async Task A_role_that_may_not_restart_the_numbers_is_reported_and_can_keep_them()
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync("""CREATE TABLE t ("Id" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY); INSERT INTO t DEFAULT VALUES""", CancellationToken);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(
            $"GRANT SELECT, INSERT, UPDATE, DELETE ON t TO {role}; GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
            CancellationToken);
        await using (DatabaseResetter restarting = await ResetterAsync(database, login))
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => restarting.ResetAsync(CancellationToken));
            Assert.Contains("ResetIdentity", exception.Message, StringComparison.Ordinal);
            Assert.Contains("nothing was changed", exception.Message, StringComparison.Ordinal);
            Assert.Equal(1, await database.CountAsync("t", cancellationToken: CancellationToken));
        }

        await using DatabaseResetter resetter = await ResetterAsync(database, login, options => options.ResetIdentity = false);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT nextval('\"t_Id_seq\"')", CancellationToken));
    }

    [Fact]
    public async Task A_login_that_may_only_read_is_refused()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => ResetterAsync(database, database.ConnectionString + ";Options=-c default_transaction_read_only=on"));

        Assert.Contains("The connection is read-only", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("t", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_command_timeout_does_not_end_a_wait_before_LockTimeout_does()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(
            database,
            database.ConnectionString + ";Command Timeout=1",
            options => options.LockTimeout = TimeSpan.FromSeconds(2));
        await using (OpenTransaction writer = await OpenTransaction.BeginAsync(database, "UPDATE t SET \"Id\" = 2", CancellationToken))
        {
            PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
            Assert.Contains("the lock wait timed out after 00:00:02", exception.Message, StringComparison.Ordinal);
            Assert.Contains($"public.t is in use by session {writer.ProcessId} ", exception.Message, StringComparison.Ordinal);
        }

        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task Open_transactions_are_reported_over_a_context_too()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(database, "INSERT INTO t VALUES (2)", CancellationToken);
        await using var context = new ScenarioContext(database, IdTables.Model("t"));

        LeakReport open = await resetter.ResetAsync(context, CancellationToken);
        await writer.CommitAsync(CancellationToken);
        LeakReport ended = await resetter.ResetAsync(context, CancellationToken);

        AssertWrittenBy(writer, open);
        Assert.Equal("1 row: \"public\".\"t\" 1", ended.ToString());
    }

    [Fact]
    public async Task Open_transactions_are_reported_where_a_kept_table_has_a_cascading_foreign_key_too()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(
            "CREATE TABLE kept (\"Id\" int PRIMARY KEY, t_id int REFERENCES t ON DELETE CASCADE)",
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(database, "INSERT INTO t VALUES (2)", CancellationToken);

        LeakReport open = await resetter.ResetAsync(CancellationToken);
        await writer.CommitAsync(CancellationToken);
        LeakReport ended = await resetter.ResetAsync(CancellationToken);

        AssertWrittenBy(writer, open);
        Assert.Equal("1 row: \"public\".\"t\" 1", ended.ToString());
    }

    [Fact]
    public async Task Interceptors_that_know_the_contexts_of_their_application_are_not_asked_about_another()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = database.ConnectionString + ";Application Name=intercepted";
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["t"],
            over: options => options.UseNpgsql(login).AddInterceptors(new CommandsOfOneContext()),
            cancellationToken: CancellationToken);

        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
        Assert.InRange(await IdTables.SessionsAsync(database, "intercepted", CancellationToken), 1, 2);
    }

    [Fact]
    public async Task A_connection_interceptor_that_fails_costs_no_connection_each_time()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        string login = database.ConnectionString + ";Application Name=failing";
        var interceptor = new FailingConnections();
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["t"],
            over: options => options.UseNpgsql(login).AddInterceptors(interceptor),
            cancellationToken: CancellationToken);
        interceptor.Fails = true;
        for (int i = 0; i < 4; i++)
        {
            Assert.NotNull(await Record.ExceptionAsync(() => resetter.ResetAsync(CancellationToken)));
        }

        Assert.InRange(await IdTables.SessionsAsync(database, "failing", CancellationToken), 0, 2);
        interceptor.Fails = false;
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_driver_that_spreads_its_commands_over_several_sessions_resets_too()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await using DatabaseResetter resetter = await ResetterAsync(database, database.ConnectionString + ";Multiplexing=true");
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
            Assert.Equal(0, await database.CountAsync("t", cancellationToken: CancellationToken));
            await database.ExecuteAsync("INSERT INTO t VALUES (1)", CancellationToken);
        }
    }

    private static Task<PostgreSqlTestDatabase> CreateAsync() => IdTables.CreateAsync("""CREATE TABLE t ("Id" int PRIMARY KEY); INSERT INTO t VALUES (1)""", CancellationToken);

    private static Task<DatabaseResetter> ResetterAsync(
        PostgreSqlTestDatabase database,
        string? login = null,
        Action<ResetOptions>? configure = null)
        => IdTables.ResetterAsync(
            database,
            ["t"],
            configure,
            options => options.UseNpgsql(login ?? database.ConnectionString),
            CancellationToken);

    private static void AssertWrittenBy(OpenTransaction writer, LeakReport report)
    {
        Assert.StartsWith(
            $"\"public\".\"t\" is written by session {writer.ProcessId} ",
            Assert.Single(report.OpenTransactions),
            StringComparison.Ordinal);
        Assert.False(report.IsClean);
    }

    public sealed class RegisteredContext(DbContextOptions<RegisteredContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder) => IdTables.Model("t")(modelBuilder);
    }

    private sealed class CommandsOfOneContext : DbCommandInterceptor
    {
        public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
            DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
        {
            Assert.IsType<ScenarioContext>(eventData.Context);
            return ValueTask.FromResult(result);
        }
    }

    private sealed class FailingConnections : DbConnectionInterceptor
    {
        public bool Fails { get; set; }

        public override Task ConnectionOpenedAsync(
            DbConnection connection,
            ConnectionEndEventData eventData,
            CancellationToken cancellationToken = default)
            => Fails ? throw new NotSupportedException("Not this one.") : Task.CompletedTask;
    }

    [Fact]
    public async Task Large_objects_that_a_trigger_of_the_extension_lo_deletes_are_deleted_too()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(
            """
            CREATE EXTENSION lo; ALTER TABLE t ADD lob oid;
            CREATE TRIGGER lobs BEFORE UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION lo_manage(lob)
            """,
            CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO t VALUES (7, lo_from_bytea(0, 'bytes'))", CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(*) FROM pg_largeobject_metadata", CancellationToken));
    }

    [Fact]
    public async Task No_time_limit_of_a_role_applies_to_the_session_of_a_resetter()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        bool limitsTransactions = await database.ScalarAsync<long>(
            "SELECT COUNT(*) FROM pg_settings WHERE name = 'transaction_timeout'",
            CancellationToken) > 0;
        string limitTransactions = limitsTransactions ? $"ALTER ROLE {role} SET transaction_timeout = '2min'" : string.Empty;
        await database.ExecuteAsync(
            $"ALTER TABLE t OWNER TO {role}; ALTER ROLE {role} SET statement_timeout = '1min'; {limitTransactions}",
            CancellationToken);
        var opened = new OpenedConnections();
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["t"],
            over: options => options.UseNpgsql(login).AddInterceptors(opened),
            cancellationToken: CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        await using DbCommand command = opened.Last!.CreateCommand();
        foreach (string setting in limitsTransactions ? (string[])["statement_timeout", "transaction_timeout"] : ["statement_timeout"])
        {
            command.CommandText = $"SHOW {setting}";
            Assert.Equal("0", await command.ExecuteScalarAsync(CancellationToken));
        }
    }

    [Fact]
    public async Task A_server_of_one_session_for_all_clients_has_no_process_of_a_client()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();

        Assert.Equal(
            PostgreSqlResetFunction.ClientProcess,
            await database.ScalarAsync<string>(
                $"SELECT q.backend_type FROM ({PostgreSqlResetFunction.Process}) AS q",
                CancellationToken));
        Assert.SkipWhen(PostgreSqlBinaries.Find().Folder is null, "The server is not one that the tests start.");
        string answer = await RunAloneAsync(PostgreSqlBinaries.Find().Folder!, PostgreSqlResetFunction.Process);
        Assert.Contains("backend_type", answer, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgreSqlResetFunction.ClientProcess, answer, StringComparison.Ordinal);
    }

    // A server without other processes answers what it reads, as one in WebAssembly does for all of its clients.
    private static async Task<string> RunAloneAsync(string programs, string sql)
    {
        const string Script = """
            folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
            "$0/initdb" -D "$folder/data" -U postgres -A trust --no-sync >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
            echo "$1" | "$0/postgres" --single -D "$folder/data" postgres
            """;
        string[] shell = ["sh", "-c", Script, programs, sql.ReplaceLineEndings(" ")];
        string[] command = Environment.IsPrivilegedProcess ? ["runuser", "-u", "postgres", "--", .. shell] : shell;
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = Path.GetTempPath(),
        };
        using var process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync(CancellationToken);
        string output = await process.StandardOutput.ReadToEndAsync(CancellationToken);
        await process.WaitForExitAsync(CancellationToken);
        Assert.True(process.ExitCode == 0, await errors);
        return output;
    }
}
