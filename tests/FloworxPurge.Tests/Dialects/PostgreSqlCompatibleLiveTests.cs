using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Reading;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Resetting;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// PostgreSQL-compatible engines with a faked version: a PostgreSQL server answers, and everything that is then planned and sent in the
/// engine's dialect runs there (CockroachDB's DELETE ... LIMIT rewritten). It shows that detection decides and that the statements are
/// PostgreSQL's; it does not show what the engine itself does with them.
/// </summary>
public sealed class PostgreSqlCompatibleLiveTests
{
    private const string Cockroach = "CockroachDB CCL v24.3.5 (x86_64-pc-linux-gnu, built 2025/02/03 17:28:15, go1.22.8)";
    private const string Yugabyte = "PostgreSQL 15.12-YB-2025.2.1.0-b0 on x86_64-pc-linux-gnu";
    private const string Citus = "PostgreSQL 17.4 on x86_64-pc-linux-gnu +citus";
    private const string Timescale = "PostgreSQL 16.2 on x86_64-pc-linux-musl +timescaledb";
    private const string Aurora = "PostgreSQL 16.6 on aarch64-unknown-linux-gnu +aurora";

    private const string TimescaleCatalog =
        "CREATE SCHEMA _timescaledb_catalog; CREATE SCHEMA _timescaledb_internal; CREATE TABLE _timescaledb_catalog.hypertable (id int "
            + "PRIMARY KEY, schema_name name, table_name name);";

    private const string ResetFunctions = "SELECT COUNT(*) FROM pg_proc WHERE proname = 'floworx_reset'";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Faked => new()
    {
        { Cockroach, "CockroachDB" }, { Yugabyte, "YugabyteDB" }, { Citus, "Citus" }, { Timescale, "TimescaleDB" }, { Aurora, "Amazon Aurora PostgreSQL" },
    };

    [Theory]
    [MemberData(nameof(Faked))]
    public async Task With_a_faked_version_a_whole_purge_runs_by_DELETE(string version, string dialect)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        GraphScenario graph = GraphScenario.Parse("c->b->a, d, e->e?, f->g?, g->f");
        await graph.CreateAsync(database, rows: 4, CancellationToken);
        var faked = new FakedVersion(version);
        await using ScenarioContext context = graph.CreateContext(database, faked.Options);
        var purger = new Purger(options =>
        {
            options.Truncate = true;
            options.LockTimeout = TimeSpan.FromSeconds(5);
        });

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(dialect, plan.Dialect);
        Assert.Equal((PurgeVerdict.Complete, 28L), (report.Verdict, report.RowsDeleted));
        Assert.All(await graph.CountAsync(database, CancellationToken), pair => Assert.Equal(0, pair.Value));
        Assert.DoesNotContain(faked.Texts, text => text.Contains("TRUNCATE TABLE", StringComparison.Ordinal));
        bool hasLocks = version is Citus or Timescale or Aurora;
        Assert.Equal(hasLocks, faked.Texts.Any(text => text.Contains("advisory", StringComparison.Ordinal)));
        Assert.Equal(
            hasLocks || version is Cockroach,
            faked.Texts.Any(text => text.Contains("set_config('lock_timeout'", StringComparison.Ordinal)));
        Assert.Equal(
            version is Timescale or Aurora,
            faked.Texts.Any(text => text.StartsWith("WITH d0 AS (DELETE ", StringComparison.Ordinal)));
        Assert.Equal(2, faked.Asked);
        Assert.Equal(
            version is Cockroach
                ? ["DELETE FROM public.d LIMIT 10000", "DELETE FROM public.d LIMIT 10000"]
                : [version is Citus ? "DELETE FROM public.d" : "DELETE FROM ONLY public.d"],
            faked.Texts.Where(text => text.StartsWith("DELETE FROM ", StringComparison.Ordinal) && text.Contains("public.d", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(Faked))]
    public async Task With_a_faked_version_a_reset_takes_ordered_statements(string version, string dialect)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        GraphScenario graph = GraphScenario.Parse("b->a, c");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        var faked = new FakedVersion(version);
        await using ScenarioContext context = graph.CreateContext(database, faked.Options);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);

        // The resetter's own connection is not seen by interceptors, so that CockroachDB's DELETE ... LIMIT could not be rewritten there.
        LeakReport report = version is Cockroach
            ? await resetter.ResetAsync(context, CancellationToken)
            : await resetter.ResetAsync(CancellationToken);

        Assert.Equal(9, report.Tables.Sum(table => table.RowsBefore));
        Assert.All(await graph.CountAsync(database, CancellationToken), pair => Assert.Equal(0, pair.Value));
        Assert.Equal(0, await database.ScalarAsync<long>(ResetFunctions, CancellationToken));
        Assert.Equal((dialect, 1), (new PostgreSqlDialect().Detect(version).Name, faked.Asked));
    }

    [Fact]
    public async Task PostgreSQL_itself_is_reset_by_its_function()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        GraphScenario graph = GraphScenario.Parse("b->a");
        await graph.CreateAsync(database, rows: 3, CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(context, cancellationToken: CancellationToken);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(1, await database.ScalarAsync<long>(ResetFunctions, CancellationToken));
    }

    [Theory]
    [MemberData(nameof(Faked))]
    public async Task The_catalog_queries_of_a_faked_compatible_engine_return_what_those_of_PostgreSQL_return(
        string version,
        string dialect)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(
            """
            CREATE SCHEMA "pgboss"; CREATE SCHEMA other;
            CREATE TABLE a (id int GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, code varchar(20) NOT NULL, n numeric(10,2), at timestamptz, UNIQUE (id, code));
            CREATE TABLE other.b (id serial PRIMARY KEY, a_id int REFERENCES a ON DELETE CASCADE, a2 int, code varchar(20), self int REFERENCES other.b ON DELETE SET NULL,
                CONSTRAINT pair FOREIGN KEY (a2, code) REFERENCES a (id, code) ON DELETE RESTRICT);
            CREATE TABLE pgboss.c (id uuid PRIMARY KEY, b_id int DEFAULT 1 REFERENCES other.b ON DELETE SET DEFAULT, "Größe ""q"" x" text);
            CREATE VIEW v AS SELECT id FROM a;
            CREATE MATERIALIZED VIEW m AS SELECT id FROM a;
            CREATE INDEX ON other.b (a_id);
            CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
            CREATE TRIGGER gone BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION quiet();
            CREATE TRIGGER come AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION quiet();
            """,
            CancellationToken);
        if (version is not Cockroach)
        {
            await database.ExecuteAsync(
                """
                CREATE TABLE p (id int, day int, a_id int REFERENCES a, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
                CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10) PARTITION BY RANGE (day);
                CREATE TABLE p11 PARTITION OF p1 FOR VALUES FROM (0) TO (5);
                CREATE TABLE q (id int PRIMARY KEY, p_id int, p_day int, FOREIGN KEY (p_id, p_day) REFERENCES p (id, day));
                CREATE TABLE parent (id int); CREATE TABLE child (more int) INHERITS (parent);
                """,
                CancellationToken);
        }

        (string Engine, string Facts) postgreSql = await ReadAsync(database, []);
        (string Engine, string Facts) faked = await ReadAsync(database, [new FakedVersion(version)]);

        Assert.Equal("PostgreSQL", postgreSql.Engine);
        Assert.Equal(new PostgreSqlDialect().Detect(version).Engine, faked.Engine);
        Assert.Equal(dialect, new PostgreSqlDialect().Detect(version).Name);

        // What CockroachDB documents of pg_catalog is enough for less.
        Assert.Equal(
            version is Cockroach
                ? string.Join('\n', postgreSql.Facts.Split('\n').Where(line => line.Split(' ')[0] is not ("column" or "default" or "view")))
                : postgreSql.Facts,
            faked.Facts);
    }

    [Fact]
    public async Task A_hypertable_of_a_faked_TimescaleDB_is_deleted_with_its_chunks_and_nothing_of_the_extension_is_touched()
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        await database.ExecuteAsync(
            """
            CREATE SCHEMA elsewhere;
            CREATE TABLE device ("Id" int PRIMARY KEY);
            CREATE TABLE metric ("Id" int PRIMARY KEY, device_id int REFERENCES device);
            CREATE TABLE _timescaledb_internal._hyper_1_1_chunk (PRIMARY KEY ("Id"), FOREIGN KEY (device_id) REFERENCES public.device) INHERITS (metric);
            CREATE TABLE elsewhere._hyper_1_2_chunk (PRIMARY KEY ("Id"), FOREIGN KEY (device_id) REFERENCES public.device) INHERITS (metric);
            CREATE TABLE _timescaledb_internal._compressed_hypertable_2 (x int);
            CREATE TABLE _timescaledb_internal.compress_hyper_2_3_chunk () INHERITS (_timescaledb_internal._compressed_hypertable_2);
            INSERT INTO _timescaledb_catalog.hypertable VALUES (1, 'public', 'metric'), (2, '_timescaledb_internal', '_compressed_hypertable_2');
            INSERT INTO device VALUES (1);
            INSERT INTO _timescaledb_internal._hyper_1_1_chunk VALUES (1, 1), (2, 1);
            INSERT INTO elsewhere._hyper_1_2_chunk VALUES (3, 1);
            INSERT INTO _timescaledb_internal.compress_hyper_2_3_chunk VALUES (1);
            """,
            CancellationToken);
        await using var context = new ScenarioContext(database, IdTables.Model("device", "metric"), new FakedVersion(Timescale).Options);
        var purger = new Purger();

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(["DELETE FROM public.metric", "DELETE FROM ONLY public.device"], plan.Steps.Select(step => step.Sql));
        Assert.Contains(plan.Notes, note => note.Text == "Has 2 partitions, purged with it.");
        Assert.DoesNotContain(plan.Notes, note => note.Text.Contains("inherits", StringComparison.Ordinal));
        Assert.Single(plan.ForeignKeys);
        Assert.Equal((PurgeVerdict.Complete, 4L), (report.Verdict, report.RowsDeleted));
        Assert.Equal(0, await database.CountAsync("metric", cancellationToken: CancellationToken));
        Assert.Equal(1, await database.CountAsync("compress_hyper_2_3_chunk", "_timescaledb_internal", CancellationToken));
        Assert.Equal(2, await database.CountAsync("hypertable", "_timescaledb_catalog", CancellationToken));
    }

    [Theory]
    [InlineData(Citus, "citus.multi_shard_modify_mode", "parallel", "sequential")]
    [InlineData(Timescale, "timescaledb.max_tuples_decompressed_per_dml_transaction", "100000", "0")]
    public async Task A_setting_of_a_faked_compatible_engine_is_the_purges_and_a_callers_transaction_gets_its_own_back(
        string version,
        string setting,
        string before,
        string during)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        GraphScenario graph = GraphScenario.Parse("a");
        await graph.CreateAsync(database, rows: 1, CancellationToken);
        var faked = new FakedVersion(version);
        await using ScenarioContext context = graph.CreateContext(database, faked.OptionsOver(database, $"-c {setting}={before}"));
        await using var transaction = await context.Database.BeginTransactionAsync(CancellationToken);

        PurgeReport report = await context.PurgeAsync(cancellationToken: CancellationToken);

        string after = await context.Database.SqlQuery<string>(
            $"SELECT current_setting({setting}) AS \"Value\"").SingleAsync(CancellationToken);
        Assert.Equal((PurgeVerdict.Complete, before), (report.Verdict, after));
        Assert.Equal(
            [$" @{during}", $" @{before}"],
            faked.Texts.Where(text => text.StartsWith($"SELECT pg_catalog.set_config('{setting}'", StringComparison.Ordinal)).Select(text => text[text.IndexOf(" @", text.IndexOf("true)", StringComparison.Ordinal), StringComparison.Ordinal)..]));
    }

    [Fact]
    public async Task A_server_that_is_no_compatible_engine_is_PostgreSQL()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE FUNCTION public.aurora_version() RETURNS text LANGUAGE sql AS $$ SELECT '1' $$",
            CancellationToken);

        string answer = (await database.ScalarAsync<string>(new PostgreSqlDialect().ServerQuery!, CancellationToken))!;

        Assert.StartsWith("PostgreSQL ", answer, StringComparison.Ordinal);
        Assert.Equal("PostgreSQL", new PostgreSqlDialect().Detect(answer).Name);
    }

    private static async Task<PostgreSqlTestDatabase> CreateAsync()
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(TimescaleCatalog, CancellationToken);
        return database;
    }

    // Estimates and the wording of definitions are an engine's own; facts that CockroachDB is not asked for are left out.
    private static async Task<(string Engine, string Facts)> ReadAsync(TestDatabase database, FakedVersion[] faked)
    {
        await using var context = new ScenarioContext(database, IdTables.Model("a"), options => options.AddInterceptors(faked));
        await using DatabaseSession session = await DatabaseSession.OpenAsync(context, new PostgreSqlDialect(), CancellationToken);
        DatabaseSchema schema = await LiveSchemaReader.ReadAsync(session, CancellationToken);
        IEnumerable<TableSchema> tables = schema.Tables.Where(table => table.Name.Schema != "_timescaledb_catalog");
        return (schema.Identity.Engine, string.Join('\n',
        [
            $"{schema.Identity.Database} {schema.Identity.DatabaseId?.Split('/')[0]} {schema.Identity.Role} "
                + $"{schema.Identity.DefaultSchema} {schema.ForeignKeysAreOff} "
                + $"{string.Join(',', schema.SchemaNames.Order(StringComparer.Ordinal))}",
            .. tables.Select(table =>
                $"{table.Name} {table.Kind} {table.PartOf} {table.IsVisible} {table.IsExtensionOwned} {table.CanDelete} {table.CanSelect} "
                    + $"{table.HidesRows} {string.Join("; ", table.Columns.Where(column => !column.IsSystem))}"),
            .. schema.ForeignKeys.Select(key => $"{key.Name} {key.Shape} {key.OnDelete} {string.Join(',', key.NullableColumns)}"),
            .. schema.Identities.Select(counter => counter.ToString()),
            .. schema.Objects.Where(o => o.Table.Schema != "_timescaledb_catalog").Select(
                o => $"{o.Kind} {o.Table} {o.Name} {o.FiresOnDelete}"),
        ]));
    }
}
