using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Tables that change between two resets, and tables of unusual kinds and names.</summary>
public sealed class PostgreSqlResetSchemaTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_kept_table_that_begins_to_inherit_keeps_its_rows()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("""CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE heir ("Id" int PRIMARY KEY)""");
        await using DatabaseResetter resetter = await ResetterAsync(database, "p");
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("ALTER TABLE heir INHERIT p; INSERT INTO heir VALUES (1); INSERT INTO p VALUES (2)", CancellationToken);

        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);

        Assert.Equal(1, await database.CountAsync("heir", cancellationToken: CancellationToken));
        Assert.Equal(0, await database.ScalarAsync<long>("SELECT COUNT(*) FROM ONLY p", CancellationToken));
    }

    [Fact]
    public async Task A_table_that_takes_the_name_of_another_is_reset_by_its_own_foreign_keys()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            """
            CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE next ("Id" int PRIMARY KEY); CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int REFERENCES next);
            INSERT INTO next VALUES (1); INSERT INTO kept VALUES (1, 1)
            """);
        await using DatabaseResetter resetter = await ResetterAsync(database, "p");
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("ALTER TABLE p RENAME TO old; ALTER TABLE next RENAME TO p", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("cannot be reset", exception.Message, StringComparison.Ordinal);
        Assert.Contains("\"public\".\"kept\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept JOIN p ON p.\"Id\" = p_id", CancellationToken));
        await database.ExecuteAsync("DELETE FROM kept", CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Theory]
    [InlineData(
        "DROP TRIGGER g ON p; CREATE TRIGGER g BEFORE INSERT OR DELETE ON p FOR EACH ROW EXECUTE FUNCTION f()",
        "trigger \"g\" of \"public\".\"p\"",
        "DROP TRIGGER g ON p")]
    [InlineData("CREATE RULE b AS ON DELETE TO p DO INSTEAD NOTHING", "rule \"b\" of \"public\".\"p\"", "DROP RULE b ON p")]
    public async Task Rows_that_a_changed_trigger_or_rule_does_not_let_go_are_an_error_that_names_it(
        string change,
        string named,
        string undo)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            """
            CREATE TABLE p ("Id" int PRIMARY KEY);
            CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF TG_OP = ''DELETE'' THEN RETURN NULL; END IF; RETURN NEW; END';
            CREATE TRIGGER g BEFORE INSERT ON p FOR EACH ROW EXECUTE FUNCTION f(); CREATE RULE a AS ON UPDATE TO p DO ALSO NOTHING
            """);
        string login = await IdTables.OwnerAsync(database, ["p"], CancellationToken);
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["p"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync($"{change}; INSERT INTO p VALUES (1)", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains(
            "\"public\".\"p\" cannot be reset: there are rows again after each DELETE",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Contains(named, exception.Message, StringComparison.Ordinal);
        await database.ExecuteAsync(undo, CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_renamed_table_is_missed_by_its_name_and_keeps_its_rows()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("""CREATE TABLE p ("Id" int PRIMARY KEY)""");
        await using DatabaseResetter resetter = await ResetterAsync(database, "p");
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO p VALUES (1); ALTER TABLE p RENAME TO old", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("\"p\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("old", cancellationToken: CancellationToken));
        await database.ExecuteAsync("ALTER TABLE old RENAME TO p", CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
    }

    [Fact]
    public async Task A_foreign_key_of_a_kept_table_is_found_under_the_new_name_of_its_column()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("""CREATE TABLE p ("Id" int PRIMARY KEY); CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int REFERENCES p)""");
        await using DatabaseResetter resetter = await ResetterAsync(database, "p");
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("ALTER TABLE kept RENAME COLUMN p_id TO parent; INSERT INTO p VALUES (1)", CancellationToken);

        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);

        await database.ExecuteAsync("INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, 1)", CancellationToken);
        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));
        Assert.Contains("\"public\".\"kept\"", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Numbers_that_a_kept_heir_draws_from_too_go_on()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            """
            CREATE TABLE par ("Id" serial PRIMARY KEY); CREATE TABLE heir (PRIMARY KEY ("Id")) INHERITS (par);
            INSERT INTO heir DEFAULT VALUES; INSERT INTO par DEFAULT VALUES
            """);
        await using DatabaseResetter resetter = await ResetterAsync(database, "par");

        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);

        await database.ExecuteAsync("INSERT INTO heir DEFAULT VALUES", CancellationToken);
        Assert.Equal(
            "1,3",
            await database.ScalarAsync<string>("SELECT string_agg(\"Id\"::text, ',' ORDER BY \"Id\") FROM heir", CancellationToken));
    }

    [Fact]
    public async Task An_open_transaction_that_has_written_to_a_partition_is_reported()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("""CREATE TABLE p ("Id" int PRIMARY KEY) PARTITION BY RANGE ("Id"); CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (9)""");
        await using DatabaseResetter resetter = await ResetterAsync(database, "p");
        await using OpenTransaction writer = await OpenTransaction.BeginAsync(database, "INSERT INTO p1 VALUES (1)", CancellationToken);

        LeakReport open = await resetter.ResetAsync(CancellationToken);
        await writer.CommitAsync(CancellationToken);
        LeakReport ended = await resetter.ResetAsync(CancellationToken);

        Assert.StartsWith(
            $"\"public\".\"p1\" is written by session {writer.ProcessId} ",
            Assert.Single(open.OpenTransactions),
            StringComparison.Ordinal);
        Assert.False(open.IsClean);
        Assert.Equal("1 row: \"public\".\"p\" 1", ended.ToString());
    }

    [Fact]
    public async Task The_numbers_of_an_unlogged_table_restart_whenever_they_were_drawn()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("""CREATE UNLOGGED TABLE u ("Id" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)""");
        await using DatabaseResetter resetter = await ResetterAsync(database, "u");
        await resetter.ResetAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            await resetter.ResetAsync(CancellationToken);
            Assert.Equal(1, await database.ScalarAsync<long>("SELECT nextval('\"u_Id_seq\"')", CancellationToken));
        }
    }

    [Theory]
    [InlineData("a$floworx$b")]
    [InlineData("$floworx$ $_floworx$")]
    [InlineData("it's \"quoted\"")]
    public async Task A_name_may_hold_what_ends_a_text_of_SQL(string name)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            $"CREATE TABLE {TestDatabase.Quote(name)} (\"Id\" int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY)");
        await using DatabaseResetter resetter = await ResetterAsync(database, name);
        for (int i = 0; i < 2; i++)
        {
            await database.ExecuteAsync($"INSERT INTO {TestDatabase.Quote(name)} DEFAULT VALUES", CancellationToken);
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
            Assert.Equal(0, await database.CountAsync(name, cancellationToken: CancellationToken));
        }
    }

    private static Task<PostgreSqlTestDatabase> CreateAsync(string schema) => IdTables.CreateAsync(schema, CancellationToken);

    private static Task<DatabaseResetter> ResetterAsync(PostgreSqlTestDatabase database, params string[] tables)
        => IdTables.ResetterAsync(database, tables, cancellationToken: CancellationToken);

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_table_that_becomes_a_partition_of_a_kept_one_keeps_its_rows(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            """
            CREATE TABLE whole ("Id" int NOT NULL) PARTITION BY LIST ("Id");
            CREATE TABLE another PARTITION OF whole FOR VALUES IN (2);
            CREATE TABLE part ("Id" int NOT NULL PRIMARY KEY, CHECK ("Id" = 1));
            CREATE TABLE other ("Id" int PRIMARY KEY)
            """,
            CancellationToken);
        string login = role is "owner"
            ? await IdTables.OwnerAsync(database, ["whole", "part", "other"], CancellationToken)
            : database.ConnectionString;
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["part", "other"],
            options =>
            {
                options.ThrowOnSkips = false;
                options.Exclude("whole");
            },
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        for (int i = 0; i < 5; i++)
        {
            await database.ExecuteAsync("INSERT INTO part VALUES (1)", CancellationToken);
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        }

        await database.ExecuteAsync(
            "ALTER TABLE whole ATTACH PARTITION part FOR VALUES IN (1); INSERT INTO whole VALUES (1); INSERT INTO other VALUES (1)",
            CancellationToken);
        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.Equal("1 row: \"public\".\"other\" 1", report.ToString());
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM whole", CancellationToken));
    }

    [Theory]
    [InlineData("superuser")]
    [InlineData("owner")]
    public async Task A_sequence_from_which_a_kept_table_begins_to_draw_is_not_restarted(string role)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            "CREATE TABLE t (\"Id\" serial PRIMARY KEY); CREATE TABLE kept (\"Id\" int PRIMARY KEY)",
            CancellationToken);
        string login = role is "owner" ? await IdTables.OwnerAsync(database, ["t", "kept"], CancellationToken) : database.ConnectionString;
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["t"],
            over: options => options.UseNpgsql(login),
            cancellationToken: CancellationToken);
        for (int i = 0; i < 5; i++)
        {
            await database.ExecuteAsync("INSERT INTO t DEFAULT VALUES", CancellationToken);
            Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);
        }

        await database.ExecuteAsync(
            """
            ALTER TABLE kept ALTER COLUMN "Id" SET DEFAULT nextval('"t_Id_seq"');
            INSERT INTO kept DEFAULT VALUES; INSERT INTO t DEFAULT VALUES
            """,
            CancellationToken);
        Assert.Equal(1, (await resetter.ResetAsync(CancellationToken)).Rows);

        await database.ExecuteAsync("INSERT INTO kept DEFAULT VALUES", CancellationToken);
        Assert.Equal(2, await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept", CancellationToken));
    }

    [Theory]
    [InlineData("superuser", "CASCADE")]
    [InlineData("owner", "CASCADE")]
    [InlineData("superuser", "RESTRICT")]
    [InlineData("owner", "SET NULL")]
    public async Task Kept_rows_that_reference_a_partition_itself_block_the_reset(string role, string action)
    {
        await using PostgreSqlTestDatabase database = await IdTables.CreateAsync(
            $"""
            CREATE TABLE p ("Id" int NOT NULL) PARTITION BY RANGE ("Id");
            CREATE TABLE p1 PARTITION OF p (PRIMARY KEY ("Id")) FOR VALUES FROM (0) TO (9);
            CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int REFERENCES p1 ON DELETE {action})
            """,
            CancellationToken);
        string login = role is "owner" ? await IdTables.OwnerAsync(database, ["p", "p1", "kept"], CancellationToken) : database.ConnectionString;
        await using DatabaseResetter resetter = await IdTables.ResetterAsync(
            database,
            ["p"],
            options => options.ThrowOnSkips = false,
            options => options.UseNpgsql(login),
            CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, 1)", CancellationToken);

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        Assert.Contains("\"public\".\"kept\"", exception.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT COUNT(*) FROM kept JOIN p ON p.\"Id\" = p_id", CancellationToken));
    }

    [Fact]
    public async Task A_role_that_row_security_hides_rows_from_does_not_report_them_as_deleted()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync("""CREATE TABLE p ("Id" int PRIMARY KEY)""");
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, "p");
        await database.ExecuteAsync(
            $"""
            ALTER TABLE p ENABLE ROW LEVEL SECURITY; CREATE POLICY visible ON p USING ("Id" > 1); GRANT SELECT, DELETE ON p TO {role};
            """,
            CancellationToken);
        await resetter.ResetAsync(CancellationToken);
        await database.ExecuteAsync("INSERT INTO p VALUES (1), (2)", CancellationToken);
        await using var context = new ScenarioContext(database, IdTables.Model("p"), options => options.UseNpgsql(login));

        await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(context, CancellationToken));

        Assert.Equal(2, await database.CountAsync("p", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Kept_rows_that_row_security_hides_from_a_role_are_not_deleted_with_others()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync(
            """
            CREATE TABLE p ("Id" int PRIMARY KEY);
            CREATE TABLE kept ("Id" int PRIMARY KEY, p_id int REFERENCES p ON DELETE CASCADE);
            ALTER TABLE kept ENABLE ROW LEVEL SECURITY
            """);
        (string role, string login) = await database.CreateLoginAsync(CancellationToken);
        await using DatabaseResetter resetter = await ResetterAsync(database, "p");
        await database.ExecuteAsync(
            $"GRANT SELECT, DELETE, UPDATE ON p TO {role}; GRANT SELECT, UPDATE, DELETE ON kept TO {role}; "
                + "INSERT INTO p VALUES (1); INSERT INTO kept VALUES (1, 1)",
            CancellationToken);
        await using var context = new ScenarioContext(database, IdTables.Model("p"), options => options.UseNpgsql(login));

        await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(context, CancellationToken));

        Assert.Equal(1, await database.CountAsync("kept", cancellationToken: CancellationToken));
    }
}
