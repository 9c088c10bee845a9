using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Archives;

/// <summary>What only PostgreSQL can refuse, count, or move while an archive is restored.</summary>
public sealed class PostgreSqlRestoreGuardTests
{
    private const string SequenceOfB = "CREATE SEQUENCE b_seq OWNED BY \"B\".\"Id\"; SELECT setval('b_seq', 7); "
        + "ALTER TABLE \"B\" ALTER COLUMN \"Id\" SET DEFAULT nextval('b_seq')";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("GRANT ALL ON ALL TABLES IN SCHEMA public TO @; REVOKE SELECT ON \"B\" FROM @", "SELECT on \"public\".\"B\"")]
    [InlineData(
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA public TO @; GRANT UPDATE ON \"C\", floworxpurge_runs TO @",
        "DELETE (to lock the table) on \"public\".\"A\"")]
    public async Task A_role_that_may_not_read_a_table_or_not_lock_it_is_refused(string grants, string missing)
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine.PostgreSql);
        var database = (PostgreSqlTestDatabase)scenario.Database;
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await database.ExecuteAsync(grants.Replace("@", role, StringComparison.Ordinal), CancellationToken);
        await using var context = new ScenarioContext(null, Tables, options => options.UseNpgsql(login));
        string purged = await database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeArchive.RestoreAsync(scenario.Folder, context, cancellationToken: CancellationToken));

        Assert.Contains(
            refused.RestoreReport!.Refusals,
            refusal => refusal.Kind == RestoreRefusalKind.Permission
                && refusal.Text == $"This role has no right to {missing}. Grant it for the restore.");
        Assert.Equal(purged, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_reference_that_the_server_does_not_enforce_needs_no_row()
    {
        await using RowScenario rows = await RowScenario.CreateAsync(Engine.PostgreSql, _ => { }, "A 1 D 1>1/99");
        var database = (PostgreSqlTestDatabase)rows.Database;
        await database.RequireAsync(18, "A foreign key that is not enforced", CancellationToken);
        await database.ExecuteAsync(
            "ALTER TABLE \"D\" ADD CONSTRAINT not_enforced FOREIGN KEY (\"OtherId\") REFERENCES \"A\" NOT ENFORCED",
            CancellationToken);
        using var archive = new ArchiveFiles();
        string before = await database.ChecksumAsync(CancellationToken);
        await rows.PurgeAsync(options => options.ArchiveTo(archive.Folder));

        await PurgeArchive.RestoreAsync(archive.Folder, rows.Context, cancellationToken: CancellationToken);
        await database.ExecuteAsync("DROP TABLE floworxpurge_runs", CancellationToken);

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_row_that_a_named_trigger_swallows_is_missed_where_rows_are_inserted(bool isCycle)
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine.PostgreSql,
            model =>
            {
                Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                if (isCycle)
                {
                    Optional<A, B>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                }
            },
            "A 1!>1 B 1>1 2>1");
        await scenario.Database.ExecuteAsync(
            "CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS "
                + "'BEGIN IF NEW.\"Id\" = 2 THEN RETURN NULL; END IF; RETURN NEW; END'; "
                + "CREATE TRIGGER swallow BEFORE INSERT ON \"B\" FOR EACH ROW EXECUTE FUNCTION swallow()",
            CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.RestoreAsync(options => options.AllowTrigger("swallow")));

        Assert.Contains("rows inserted into public.B: expected 2, measured 1", failed.Message, StringComparison.Ordinal);
        Assert.Equal(string.Empty, await scenario.Rows.KeysAsync("A"));
    }

    [Fact]
    public async Task A_sequence_that_was_set_back_is_where_it_was_when_the_rows_were_archived()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine.PostgreSql, prepare: _ => SequenceOfB);
        await scenario.Database.ExecuteAsync("SELECT setval('b_seq', 2)", CancellationToken);

        await scenario.RestoreAsync();

        Assert.Equal(8, await scenario.Database.ScalarAsync<long>("SELECT nextval('b_seq')", CancellationToken));
    }

    [Fact]
    public async Task A_sequence_that_would_give_the_number_of_a_restored_row_moves_behind_it()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine.PostgreSql, prepare: _ => SequenceOfB);
        await scenario.Database.ExecuteAsync("ALTER SEQUENCE b_seq RESTART WITH 7", CancellationToken);

        await scenario.RestoreAsync();

        Assert.Equal(8, await scenario.Database.ScalarAsync<long>("SELECT nextval('b_seq')", CancellationToken));
    }

    [Fact]
    public async Task A_row_with_a_number_that_its_sequence_cannot_give_does_not_move_it()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine.PostgreSql,
            prepare: _ => SequenceOfB + "; ALTER SEQUENCE b_seq MAXVALUE 100; INSERT INTO \"B\" (\"Id\", \"ParentId\", \"Marked\") VALUES (5000, 1, FALSE)");
        Assert.DoesNotContain("5000", await scenario.Rows.KeysAsync("B"), StringComparison.Ordinal);

        await scenario.RestoreAsync();

        Assert.Contains("5000", await scenario.Rows.KeysAsync("B"), StringComparison.Ordinal);
        Assert.Equal(8, await scenario.Database.ScalarAsync<long>("SELECT nextval('b_seq')", CancellationToken));
    }

    [Theory]
    [InlineData("INCREMENT 2", 101, 102, 1, 103)]
    [InlineData("INCREMENT 2", 101, 102, 101, 103)]
    [InlineData("INCREMENT 2", 101, 105, 1, 107)]
    [InlineData("INCREMENT 2", 101, 102, 2, 104)]
    [InlineData("INCREMENT 2", 101, 50, 2, 102)]
    [InlineData("INCREMENT 10", 101, 250, 1, 111)]
    [InlineData("INCREMENT -2", -101, -102, -101, -103)]
    [InlineData("INCREMENT -2", -101, -105, -1, -107)]
    [InlineData("INCREMENT -2", -101, -50, -2, -102)]
    public async Task A_sequence_moves_to_a_number_that_it_can_give(string options, int last, int row, int restart, int next)
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine.PostgreSql,
            prepare: _ => $"CREATE SEQUENCE b_seq {options} OWNED BY \"B\".\"Id\"; SELECT setval('b_seq', {last}); "
                + "ALTER TABLE \"B\" ALTER COLUMN \"Id\" SET DEFAULT nextval('b_seq'); "
                + $"INSERT INTO \"B\" (\"Id\", \"ParentId\", \"Marked\") VALUES ({row}, 1, FALSE)");
        await scenario.Database.ExecuteAsync($"ALTER SEQUENCE b_seq RESTART {restart}", CancellationToken);

        RestorePlan plan = await scenario.PlanAsync();
        await scenario.RestoreAsync();

        Assert.True(plan.CanRun, plan.ToString());
        Assert.Equal(next, await scenario.Database.ScalarAsync<long>("SELECT nextval('b_seq')", CancellationToken));
    }

    [Theory]
    [InlineData("text", "'INV-' || nextval('inv')", "INV-20", 8)]
    [InlineData("invoice", "'INV-' || nextval('inv')", "INV-20", 8)]
    [InlineData("text", "CAST(nextval('inv') AS text)", "20", 21)]
    [InlineData("numeric(10, 2)", "nextval('inv')", "20", 21)]
    [InlineData("numeric(10, 2)", "nextval('inv')", "20.50", 8)]
    [InlineData("numeric", "nextval('inv')", "99999999999999999999999999999999", 8)]
    [InlineData("double precision", "nextval('inv')", "20", 21)]
    [InlineData("double precision", "nextval('inv')", "Infinity", 8)]
    [InlineData("smallint", "nextval('inv')", "20", 21)]
    [InlineData("bigint", "nextval('inv')", "20", 21)]
    [InlineData("counted", "nextval('inv')", "20", 21)]
    public async Task A_sequence_of_a_column_of_any_type_moves_behind_what_was_archived(string type, string filled, string value, int next)
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine.PostgreSql,
            prepare: _ => $"""
                CREATE DOMAIN counted AS integer CHECK (VALUE > 0); CREATE DOMAIN invoice AS text; CREATE SEQUENCE inv;
                ALTER TABLE "B" ADD n {type} DEFAULT {filled}; ALTER SEQUENCE inv OWNED BY "B".n;
                UPDATE "B" SET n = '{value}' WHERE "Id" = 3; SELECT setval('inv', 7)
                """);
        await scenario.Database.ExecuteAsync("ALTER SEQUENCE inv RESTART", CancellationToken);

        RestorePlan plan = await scenario.PlanAsync();
        await scenario.RestoreAsync();

        Assert.True(plan.CanRun, plan.ToString());
        Assert.Equal(next, await scenario.Database.ScalarAsync<long>("SELECT nextval('inv')", CancellationToken));
    }

    [Fact]
    public async Task A_sequence_that_counts_down_moves_down()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(
            Engine.PostgreSql,
            prepare: _ => "CREATE SEQUENCE b_seq INCREMENT -1 OWNED BY \"B\".\"Id\"; SELECT setval('b_seq', -7); "
                + "ALTER TABLE \"B\" ALTER COLUMN \"Id\" SET DEFAULT nextval('b_seq')");
        await scenario.Database.ExecuteAsync("ALTER SEQUENCE b_seq RESTART WITH -1", CancellationToken);

        await scenario.RestoreAsync();

        Assert.Equal(-8, await scenario.Database.ScalarAsync<long>("SELECT nextval('b_seq')", CancellationToken));
    }

    [Fact]
    public async Task A_sequence_that_another_session_sets_back_meanwhile_fails_the_restore()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine.PostgreSql, prepare: _ => SequenceOfB);
        await scenario.Database.ExecuteAsync("SELECT setval('b_seq', 2)", CancellationToken);
        var hook = new CommandHook
        {
            After = (command, _) => command.CommandText.Contains("setval", StringComparison.Ordinal)
                ? new ValueTask(scenario.Database.ExecuteAsync("SELECT setval('b_seq', 1)", CancellationToken))
                : ValueTask.CompletedTask,
        };
        await using ScenarioContext context = scenario.Rows.CreateContext(hook);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => PurgeArchive.RestoreAsync(scenario.Folder, context, cancellationToken: CancellationToken));

        Assert.Contains("column \"Id\" is behind its rows: expected no, measured yes", failed.Message, StringComparison.Ordinal);
        Assert.Equal("2", await scenario.Rows.KeysAsync("B"));
    }

    [Fact]
    public async Task A_large_table_that_another_session_empties_behind_the_commit_is_reported()
    {
        await using RestoreScenario scenario = await RestoreScenario.CreateAsync(Engine.PostgreSql);
        await scenario.Database.ExecuteAsync(
            "UPDATE pg_catalog.pg_class SET reltuples = 1000001, relpages = 1 WHERE relname = 'D'",
            CancellationToken);
        bool isMarked = false;
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (isMarked && command.Transaction is null)
                {
                    await scenario.Database.ExecuteAsync("DELETE FROM \"D\"", CancellationToken);
                }

                isMarked |= command.CommandText.StartsWith("UPDATE", StringComparison.Ordinal)
                    && command.CommandText.Contains("restored_at", StringComparison.Ordinal);
            },
        };
        await using ScenarioContext context = scenario.Rows.CreateContext(hook);

        RestoreReport report = await PurgeArchive.RestoreAsync(scenario.Folder, context, cancellationToken: CancellationToken);

        CheckReport found = report.Verifications.Single(check => check.Name == "after the commit: rows in public.D");
        Assert.Equal(
            (Outcome.Unknown, "none, which another session may have deleted since"),
            (found.Outcome, found.Actual));
    }

    [Fact]
    public async Task A_computed_key_of_rows_that_would_lose_a_reference_refuses_the_run()
    {
        await using RowScenario rows = await RowScenario.CreateAsync(
            Engine.PostgreSql,
            model => Optional<C, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientSetNull),
            "A 1! 2 C 1>1/1");
        using var archive = new ArchiveFiles();
        await rows.Database.ExecuteAsync(
            "ALTER TABLE \"C\" DROP CONSTRAINT \"PK_C\", ADD COLUMN computed integer GENERATED ALWAYS AS (\"Id\" * 10) STORED; "
                + "ALTER TABLE \"C\" ADD PRIMARY KEY (computed)",
            CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => rows.PurgeAsync(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder)));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains(
            "column \"computed\" of \"public\".\"C\" is computed, so that its value cannot be written back",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal("1", await rows.ValuesAsync("SELECT \"OtherId\" FROM \"C\""));
    }
}
