using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>Keys that the database compares by a collation of its own.</summary>
public sealed class RowCollationTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reference_in_another_case_is_followed_where_SQLite_compares_without_case()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.Sqlite, Coded(DeleteBehavior.Cascade), "");
        await scenario.Database.ExecuteAsync(
            """
            DROP TABLE "B"; DROP TABLE "A";
            CREATE TABLE "A" ("Id" INTEGER NOT NULL PRIMARY KEY, "Code" TEXT COLLATE NOCASE NOT NULL UNIQUE, "ParentId" INTEGER NULL, "OtherId" INTEGER NULL, "Marked" INTEGER NOT NULL);
            CREATE TABLE "B" ("Id" INTEGER NOT NULL PRIMARY KEY, "Code" TEXT NULL REFERENCES "A" ("Code") ON DELETE CASCADE, "ParentId" INTEGER NULL, "OtherId" INTEGER NULL, "Marked" INTEGER NOT NULL);
            INSERT INTO "A" VALUES (1, 'abc', NULL, NULL, 1), (2, 'x', NULL, NULL, 0);
            INSERT INTO "B" VALUES (1, 'ABC', NULL, NULL, 0), (2, 'abc', NULL, NULL, 0), (3, 'X', NULL, NULL, 0);
            """,
            CancellationToken);

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal(("2", "3", 3), (await scenario.KeysAsync("A"), await scenario.KeysAsync("B"), report.RowsDeleted));
    }

    [Fact]
    public async Task A_key_type_whose_operator_is_not_on_the_search_path_is_refused_by_name()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.PostgreSql, Coded(DeleteBehavior.Cascade), "");
        await scenario.Database.ExecuteAsync(
            """
            CREATE SCHEMA ext; CREATE EXTENSION citext SCHEMA ext;
            ALTER TABLE "B" DROP CONSTRAINT "FK_B_A_Code"; ALTER TABLE "A" ALTER "Code" TYPE ext.citext; ALTER TABLE "B" ALTER "Code" TYPE ext.citext;
            ALTER TABLE "B" ADD CONSTRAINT "FK_B_A_Code" FOREIGN KEY ("Code") REFERENCES "A" ("Code") ON DELETE CASCADE;
            INSERT INTO "A" ("Id", "Code", "Marked") VALUES (1, 'abc', TRUE), (2, 'x', FALSE);
            INSERT INTO "B" ("Id", "Code", "Marked") VALUES (1, 'ABC', FALSE), (2, 'abc', FALSE), (3, 'X', FALSE);
            """,
            CancellationToken);
        await using var context = new ScenarioContext(scenario.Database, model =>
        {
            Coded(DeleteBehavior.Cascade)(model);
            model.Entity<A>().Property(a => a.Code).HasColumnType("ext.citext");
            model.Entity<B>().Property(b => b.Code).HasColumnType("ext.citext");
        });
        Purger purger = Engine.PostgreSql.Purger(options => options.Rows<A>(a => a.Marked));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => purger.PlanAsync(context, CancellationToken));
        await scenario.Database.ExecuteAsync(
            $"ALTER DATABASE \"{((PostgreSqlTestDatabase)scenario.Database).Name}\" SET search_path = public, ext",
            CancellationToken);
        Npgsql.NpgsqlConnection.ClearAllPools();
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        Assert.Contains(
            "Foreign key \"FK_B_A_Code\" of \"public\".\"B\" is compared by an operator of schema \"ext\"",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal(2, plan.Tables.Single(table => table.Table.Name == "B").Rows);
    }

    [Theory]
    [InlineData("")]
    [InlineData("CREATE DOMAIN route AS integer[]; ALTER TABLE \"Routes\" ALTER \"Id\" TYPE route;")]
    public async Task Rows_whose_key_is_an_array_are_deleted(string change)
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await using var context = new ScenarioContext(database, model => model.Entity<Route>().ToTable("Routes"));
        await context.CreateTablesAsync(CancellationToken);
        await database.ExecuteAsync(
            change + "INSERT INTO \"Routes\" VALUES ('{1,2}', TRUE), ('{1}', FALSE), ('{3}', TRUE)",
            CancellationToken);
        Purger purger = Engine.PostgreSql.Purger(options => options.Rows<Route>(route => route.Marked));

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
        Assert.Equal(1, await database.CountAsync("Routes", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task A_role_that_may_not_create_temporary_tables_is_told_which_right_it_lacks()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.PostgreSql, _ => { }, "A 1! 2");
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        string role = "temp_" + Guid.NewGuid().ToString("N");
        await ExecuteAsync(
            scenario,
            $"DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$; CREATE ROLE {role}; "
                + $"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}; SET ROLE {role}");

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.PostgreSql.Purger(options => options.Rows<A>(a => a.Marked)).PlanAsync(scenario.Context, CancellationToken));

        Assert.EndsWith("Grant this role TEMPORARY on the database.", refused.Message, StringComparison.Ordinal);
        await ExecuteAsync(scenario, $"RESET ROLE; DROP OWNED BY {role}; DROP ROLE {role}");
    }

    [Fact]
    public async Task A_session_that_is_read_only_is_told_that_it_needs_temporary_tables()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.PostgreSql, _ => { }, "A 1! 2");
        await scenario.Context.Database.OpenConnectionAsync(CancellationToken);
        await ExecuteAsync(scenario, "SET default_transaction_read_only = on");

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.PostgreSql.Purger(options => options.Rows<A>(a => a.Marked)).PlanAsync(scenario.Context, CancellationToken));

        Assert.EndsWith("Use a connection that may write.", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE \"B\" SET \"Code\" = 'changed'")]
    [InlineData("TRUNCATE \"B\"")]
    public async Task An_event_trigger_that_the_temporary_tables_fire_changes_no_row_unseen(string write)
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.PostgreSql, _ => { }, "A 1! 2 B 1");
        await scenario.Database.ExecuteAsync(
            $"""
            CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN {write}; END $$;
            CREATE EVENT TRIGGER on_ddl ON ddl_command_end EXECUTE FUNCTION on_ddl();
            """,
            CancellationToken);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked)));

        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    private static async Task ExecuteAsync(RowScenario scenario, string sql)
    {
        await using var command = scenario.Context.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        await command.ExecuteNonQueryAsync(CancellationToken);
    }

    private static Action<ModelBuilder> Coded(DeleteBehavior behavior) => model =>
    {
        model.Entity<A>().Property(a => a.Code).IsRequired();
        model.Entity<B>().HasOne<A>().WithMany().HasForeignKey(b => b.Code).HasPrincipalKey(a => a.Code).OnDelete(behavior);
    };

    private sealed class Route
    {
        public int[] Id { get; set; } = [];

        public bool Marked { get; set; }
    }
}
