using FloworxPurge.Reporting;
using FloworxPurge.Tests.Chunks;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Archives;

/// <summary>What a run deletes is in tables of another schema, exactly; and where nothing is deleted, there are none.</summary>
public abstract class SchemaArchiveConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task The_tables_hold_exactly_the_rows_that_were_deleted()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        string[] names = ["A", "B", "C", "D"];
        Dictionary<string, string> deleted = [];
        foreach (string name in names)
        {
            deleted[name] = await scenario.RowsOfAsync($"\"{name}\" WHERE \"Id\" IN (1, 3)");
        }

        PurgeReport report = await scenario.PurgeAsync(options => options.ArchiveTo(
            schema: scenario.Schema,
            retainUntil: new DateOnly(2036, 12, 31)));

        foreach (string name in names)
        {
            Assert.Equal(deleted[name], await scenario.RowsOfAsync(await scenario.TableAsync(name)));
        }

        Assert.Equal("2 1", await scenario.Rows.ValuesAsync(
            $"SELECT CONCAT(\"Id\", ' ', \"OtherId\") FROM {await scenario.TableAsync("C", 1)}"));
        Assert.Equal((PurgeVerdict.Complete, 8, 9), (report.Verdict, report.RowsDeleted, report.Archive!.Rows));
        Assert.Equal((scenario.Schema, null), (report.Archive.Schema, report.Archive.Directory));
        Assert.Equal(await scenario.TablesAsync(), report.Archive.Tables.Order(StringComparer.Ordinal));
        Assert.All(report.Archive.Tables, table => Assert.StartsWith($"r{report.Archive.RunId![..8]}_", table, StringComparison.Ordinal));
        Assert.Equal(new DateOnly(2036, 12, 31), report.Archive.RetainUntil);
        Assert.Contains(report.Verifications, check => check.Name == $"rows of table {Name("A")} in the archive"
            && check is { Expected: "2", Actual: "2", Outcome: Outcome.Passed });
        Assert.Equal(report.Archive.Hash, await scenario.Database.ScalarAsync<string>(
            "SELECT archive_hash FROM floworxpurge_runs",
            CancellationToken));
    }

    [Fact]
    public async Task The_plan_the_report_and_the_pages_name_the_schema_and_the_tables()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        Purger purger = Engine.Purger(scenario.Marked);
        PurgePlan plan = await purger.PlanAsync(scenario.Rows.Context, CancellationToken);

        PurgeReport report = await scenario.PurgeAsync();

        Assert.Equal((scenario.Schema, null), (plan.Archive!.Schema, plan.Archive.Directory));
        Assert.Contains($"tables of schema \"{scenario.Schema}\"", plan.ToString(), StringComparison.Ordinal);
        Assert.Contains($"\"schema\": \"{scenario.Schema}\"", report.ToJson(), StringComparison.Ordinal);
        await using var text = new StringWriter();
        await PurgeReportTemplates.Text.RenderAsync(report, text, CancellationToken);
        Assert.Contains(scenario.Schema, text.ToString(), StringComparison.Ordinal);
        Assert.Contains(report.Archive!.Tables[0], text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restored_database_is_what_it_was_and_the_tables_stay()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        PurgeReport purged = await scenario.PurgeAsync();

        RestorePlan plan = await scenario.PlanAsync();
        RestoreReport report = await scenario.RestoreAsync();

        Assert.True(plan.CanRun, plan.ToString());
        Assert.Equal((purged.Archive!.RunId, scenario.Schema, null), (plan.ArchiveId, plan.Schema, plan.Directory));
        Assert.Equal((RestoreVerdict.Restored, scenario.Schema, null), (report.Verdict, report.Schema, report.Directory));
        Assert.Contains($"from schema \"{scenario.Schema}\"", report.Summary, StringComparison.Ordinal);
        Assert.Equal(
            ["A 2 False", "B 2 False", "C 1 True", "C 2 False", "D 2 False"],
            report.Tables.Select(table => $"{table.Table.Name} {table.Rows} {table.IsDetached}").Order(StringComparer.Ordinal));
        Assert.Equal(5, (await scenario.TablesAsync()).Length);
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task An_archive_without_rows_stands_in_no_way_of_another()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        PurgeReport[] runs = [await scenario.PurgeAsync(), await scenario.PurgeAsync()];
        Assert.Equal(runs[0].Archive!.RunId, (await scenario.RestoreAsync()).ArchiveId);
    }

    [Fact]
    public async Task Whole_tables_and_cycles_come_back()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(
            Engine,
            references: model =>
            {
                RowScenario.Optional<A, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientCascade);
                RowScenario.Optional<A, B>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                RowScenario.Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
            },
            rows: "A 1!>1 2>1/1 3 B 1>1 2>2 3>3 C 1 D 1");

        (_, PurgeReport report) = await scenario.Rows.PurgeAsync(options => options.ArchiveTo(schema: scenario.Schema));
        await scenario.RestoreAsync();

        Assert.Equal((8, 8), (report.RowsDeleted, report.Archive!.Rows));
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_run_that_is_rolled_back_leaves_no_tables()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine, references: _ => { }, rows: "A 1 D 1 2");
        string no = scenario.Database.Pick(sqlite: "0", postgreSql: "FALSE", mariaDb: "0", sqlServer: "0");
        await scenario.Database.RunOnDeleteAsync("A", $"INSERT INTO \"D\" (\"Id\", \"Marked\") VALUES (100, {no})", CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.Rows.PurgeAsync(options => options.ArchiveTo(schema: scenario.Schema)));

        Assert.True(failed.Report!.Verdict == PurgeVerdict.Failed, failed.Message);
        ArchiveReport archive = failed.Report!.Archive!;
        Assert.Null(archive.Hash);
        Assert.Empty(archive.Tables);
        Assert.Empty(await scenario.TablesAsync());
        Assert.Equal("1 2", await scenario.Rows.KeysAsync("D"));
        Assert.Equal(0, await scenario.Database.CountAsync("floworxpurge_runs", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task An_archive_is_restored_once_and_named_by_its_run_where_there_are_several()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        PurgeReport first = (await scenario.Rows.PurgeAsync(
            options => options.Rows<A>(a => a.Id == 1).ArchiveTo(schema: scenario.Schema))).Report;
        PurgeReport second = (await scenario.Rows.PurgeAsync(
            options => options.Rows<A>(a => a.Id == 3).ArchiveTo(schema: scenario.Schema))).Report;

        PurgeException several = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());
        Assert.Contains(first.Archive!.RunId!, several.Message, StringComparison.Ordinal);
        Assert.Contains(second.Archive!.RunId!, several.Message, StringComparison.Ordinal);
        Assert.Contains($"{first.Archive.Rows} rows", several.Message, StringComparison.Ordinal);
        await scenario.RestoreAsync(second.Archive.RunId);
        PurgeException twice = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync(second.Archive.RunId));
        Assert.Contains("The archive was restored at", twice.Message, StringComparison.Ordinal);
        PurgeException unknown = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync("unknown"));
        Assert.Contains("holds no archive of run \"unknown\"", unknown.Message, StringComparison.Ordinal);
        await scenario.RestoreAsync();
        PurgeException all = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());
        Assert.Contains("Every archive in schema", all.Message, StringComparison.Ordinal);
        await scenario.AssertOriginalAsync();
    }

    [Theory]
    [InlineData("Odd \"schema' of ; -- {0} @p0 é")]
    [InlineData("select")]
    public async Task Any_name_of_a_schema_is_only_a_name(string name)
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine, SchemaScenario.NewName(name));

        await scenario.PurgeAsync();
        Assert.Equal(5, (await scenario.TablesAsync()).Length);
        await scenario.RestoreAsync();

        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_plan_fits_although_archives_were_written_since()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        Purger purger = Engine.Purger(options => options.Rows<A>(a => a.Id == 2).ArchiveTo(schema: scenario.Schema));
        PurgePlan plan = await purger.PlanAsync(scenario.Rows.Context, CancellationToken);
        await scenario.PurgeAsync();
        int tables = (await scenario.TablesAsync()).Length;

        PurgeReport report = await purger.ExecuteAsync(scenario.Rows.Context, plan, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(2 * tables, (await scenario.TablesAsync()).Length);
        Assert.Equal(string.Empty, await scenario.Rows.KeysAsync("A"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Several_transactions_fill_the_same_tables_and_everything_comes_back(bool isOfRows)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(20));
        string schema = SchemaScenario.NewName();
        string before = await ChunkScenario.StateAsync(scenario.Chunked);

        PurgeReport report = await scenario.PurgeAsync(Chosen(isOfRows), options => options.InChunks(3, 6).ArchiveTo(schema: schema));
        await RestoreAsync(scenario, schema);

        Assert.Equal(before, await ChunkScenario.StateAsync(scenario.Chunked));
        Assert.Equal(report.RowsDeleted, report.Archive!.Rows - (report.Scope?.Detached ?? 0));
        Assert.Equal(report.Archive.Tables.Order(StringComparer.Ordinal), await TablesAsync(scenario, schema));
        Assert.True(report.Chunks!.Transactions > 3);
        await DropAsync(scenario, schema);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_is_stopped_anywhere_continues_its_archive(bool isOfRows)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, ChunkScenario.Data(20));
        string schema = SchemaScenario.NewName();
        string before = await ChunkScenario.StateAsync(scenario.Chunked);
        int seed = Environment.TickCount;
        var random = new Random(seed);
        for (int i = 0; i < 15; i++)
        {
            int at = random.Next(1, 200);
            var hook = new CommandHook
            {
                Before = (_, number) => number == at ? throw new InvalidOperationException("killed") : ValueTask.CompletedTask,
            };
            try
            {
                await scenario.PurgeAsync(Chosen(isOfRows), options => options.InChunks(3, 6).ArchiveTo(schema: schema), hook);
                break;
            }
            catch (Exception e) when (e is PurgeException or InvalidOperationException)
            {
            }
        }

        // The last of them may have ended the run.
        if (await scenario.Chunked.Database.CountAsync("A", cancellationToken: CancellationToken) > (isOfRows ? 6 + 2 : 0))
        {
            await scenario.PurgeAsync(Chosen(isOfRows), options => options.InChunks(3, 6).ArchiveTo(schema: schema));
        }

        await RestoreAsync(scenario, schema);

        Assert.True(
            string.Equals(before, await ChunkScenario.StateAsync(scenario.Chunked), StringComparison.Ordinal),
            $"seed {seed}");
        await DropAsync(scenario, schema);
    }

    [Fact]
    public async Task A_run_that_is_stopped_at_any_statement_leaves_rows_and_no_tables()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        string before = await RowsAsync(scenario);
        for (int at = 1; ; at++)
        {
            bool wasStopped = false;
            var hook = new CommandHook
            {
                Before = (command, number) =>
                {
                    // What undoes the rest is not stopped: it would leave empty tables, and say so.
                    if (number < at || wasStopped || command.CommandText.StartsWith("DROP ", StringComparison.Ordinal))
                    {
                        return ValueTask.CompletedTask;
                    }

                    wasStopped = true;
                    throw new InvalidOperationException("stopped");
                },
            };
            await using ScenarioContext context = scenario.Rows.CreateContext(hook);
            Purger purger = Engine.Purger(scenario.Marked);
            PurgePlan plan = await purger.PlanAsync(scenario.Rows.Context, CancellationToken);
            PurgeReport? done = await TryAsync(() => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));
            if (done is not null || await scenario.Rows.KeysAsync("A") == "2")
            {
                break;
            }

            Assert.True(wasStopped);
            Assert.Equal(before, await RowsAsync(scenario));
            Assert.Empty(await scenario.TablesAsync());
        }

        await scenario.RestoreAsync();
        await scenario.AssertOriginalAsync();

        static async Task<PurgeReport?> TryAsync(Func<Task<PurgeReport>> run)
        {
            try
            {
                return await run();
            }
            catch (Exception e) when (e is PurgeException or InvalidOperationException)
            {
                return null;
            }
        }

        static async Task<string> RowsAsync(SchemaScenario scenario)
            => string.Join(
                " | ",
                await scenario.RowsOfAsync("\"A\""),
                await scenario.RowsOfAsync("\"B\""),
                await scenario.RowsOfAsync("\"C\""),
                await scenario.RowsOfAsync("\"D\""));
    }

    [Fact]
    public async Task A_journal_without_the_column_of_manifests_gets_it()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        await scenario.PurgeAsync();
        await scenario.RestoreAsync();
        await scenario.Database.ExecuteAsync("ALTER TABLE floworxpurge_runs DROP COLUMN manifest", CancellationToken);

        PurgeException none = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());
        await scenario.PurgeAsync();
        await scenario.RestoreAsync();

        Assert.Contains("The database has no receipt of an archive in schema", none.Message, StringComparison.Ordinal);
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_changed_archive_is_refused_and_every_missing_table_is_named()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        await scenario.PurgeAsync();
        string a = await scenario.TableAsync("A");
        string b = await scenario.TableAsync("B");
        string d = await scenario.TableAsync("D");
        string purged = await scenario.RowsOfAsync("\"C\"");

        await scenario.Database.ExecuteAsync($"DELETE FROM {d} WHERE \"Id\" = 1", CancellationToken);
        PurgeException fewer = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());
        await scenario.Database.ExecuteAsync($"DROP TABLE {a}; DROP TABLE {b}", CancellationToken);
        RestorePlan plan = await scenario.PlanAsync();

        Assert.Contains("of the archive holds 1 row, and the receipt says 2", fewer.Message, StringComparison.Ordinal);
        Assert.Equal(2, plan.Refusals.Count(refusal => refusal.Kind == RestoreRefusalKind.Archive
            && refusal.Text.Contains("of the archive does not exist", StringComparison.Ordinal)));
        Assert.Equal(purged, await scenario.RowsOfAsync("\"C\""));
    }

    [Fact]
    public async Task An_archive_whose_description_was_changed_is_refused()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        await scenario.PurgeAsync();
        string purged = await scenario.RowsOfAsync("\"A\"");

        await scenario.Database.ExecuteAsync(
            "UPDATE floworxpurge_runs SET manifest = REPLACE(manifest, 'Marked', 'marked')",
            CancellationToken);
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.RestoreAsync());
        await scenario.Database.ExecuteAsync(
            "UPDATE floworxpurge_runs SET manifest = REPLACE(manifest, 'marked', 'Marked')",
            CancellationToken);

        Assert.Contains("The SHA-256 of the manifest in \"floworxpurge_runs\" is ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(purged, await scenario.RowsOfAsync("\"A\""));
        await scenario.RestoreAsync();
        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_stream_that_reads_files_is_none_for_an_archive_in_a_schema()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        await scenario.PurgeAsync();

        RestorePlan plan = await PurgeArchive.RestoreSchemaPlanAsync(
            scenario.Schema,
            scenario.Rows.Context,
            configure: options => options.Unwrap = stream => stream,
            cancellationToken: CancellationToken);

        Assert.Equal(
            ("An archive in a schema has no files. Leave RestoreOptions.Unwrap out.", RestoreRefusalKind.Archive),
            (plan.Refusals.Single().Text, plan.Refusals.Single().Kind));
    }

    [Fact]
    public async Task The_schema_of_the_model_is_no_place_for_an_archive()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        string schema = scenario.Database is MariaDbTestDatabase mariaDb ? mariaDb.Name : "public";

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.ArchiveTo(schema: schema)));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("an archive belongs in another one", refused.Message, StringComparison.Ordinal);
        await scenario.AssertOriginalAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task In_a_transaction_of_the_caller_the_archive_is_written_with_it_or_refused(bool commits)
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        Purger purger = Engine.Purger(scenario.Marked);
        PurgePlan plan = await purger.PlanAsync(scenario.Rows.Context, CancellationToken);
        await using IDbContextTransaction transaction = await scenario.Rows.Context.Database.BeginTransactionAsync(CancellationToken);
        if (!scenario.Database.HasSchemas)
        {
            PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
                () => purger.ExecuteAsync(scenario.Rows.Context, plan, cancellationToken: CancellationToken));
            Assert.Contains("would commit the caller's transaction", refused.Message, StringComparison.Ordinal);
            await transaction.RollbackAsync(CancellationToken);
            await scenario.AssertOriginalAsync();
            return;
        }

        await purger.ExecuteAsync(scenario.Rows.Context, plan, cancellationToken: CancellationToken);
        await (commits ? transaction.CommitAsync(CancellationToken) : transaction.RollbackAsync(CancellationToken));

        Assert.Equal(commits ? 5 : 0, (await scenario.TablesAsync()).Length);
        if (commits)
        {
            await scenario.RestoreAsync();
        }

        await scenario.AssertOriginalAsync();
    }

    [Fact]
    public async Task A_role_that_may_create_nothing_is_refused_with_the_statement()
    {
        await using SchemaScenario scenario = await SchemaScenario.CreateAsync(Engine);
        await using ScenarioContext context = await LimitedAsync(scenario);
        Purger purger = Engine.Purger(scenario.Marked);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.True(refused.Report!.Verdict == PurgeVerdict.Refused, refused.Message);
        Assert.Contains("The statement was: CREATE SCHEMA ", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1 2 3", await scenario.Rows.KeysAsync("A"));
    }

    private static Action<PurgeOptions> Chosen(bool isOfRows)
        => options => _ = isOfRows ? options.Rows<A>(a => a.Marked) : options;

    private static async Task RestoreAsync(ChunkScenario scenario, string schema)
    {
        await using ScenarioContext context = scenario.Chunked.CreateContext(new CommandHook());
        await PurgeArchive.RestoreSchemaAsync(schema, context, cancellationToken: CancellationToken);
    }

    private static async Task<IEnumerable<string>> TablesAsync(ChunkScenario scenario, string schema)
        => (await scenario.Chunked.ValuesAsync(
            $"SELECT table_name FROM information_schema.tables WHERE table_schema = '{schema}'")).Split(' ').Order(StringComparer.Ordinal);

    private static Task DropAsync(ChunkScenario scenario, string schema)
        => scenario.Chunked.Database.ExecuteAsync(
            $"DROP SCHEMA {TestDatabase.Quote(schema)}{(scenario.Chunked.Database.HasSchemas ? " CASCADE" : string.Empty)}",
            CancellationToken);

    // Everything in its own tables, and nothing else.
    private static async Task<ScenarioContext> LimitedAsync(SchemaScenario scenario)
    {
        void Model(ModelBuilder model)
        {
            RowScenario.Tables(model);
            RestoreScenario.Model(model);
        }

        if (scenario.Database is MariaDbTestDatabase mariaDb)
        {
            (string role, string login) = await mariaDb.CreateLoginAsync(CancellationToken);
            await mariaDb.ExecuteAsync($"GRANT ALL ON `{mariaDb.Name}`.* TO '{role}'@'%'", CancellationToken);
            return new ScenarioContext(mariaDb, Model, options => options.UseMySQL(login));
        }

        var postgreSql = (PostgreSqlTestDatabase)scenario.Database;
        (string user, string connection) = await postgreSql.CreateLoginAsync(CancellationToken);
        await postgreSql.ExecuteAsync(
            $"GRANT ALL ON SCHEMA public TO \"{user}\"; GRANT ALL ON ALL TABLES IN SCHEMA public TO \"{user}\"",
            CancellationToken);
        return new ScenarioContext(postgreSql, Model, options => options.UseNpgsql(connection));
    }
}

public sealed class PostgreSqlSchemaArchiveConformance() : SchemaArchiveConformance(Engine.PostgreSql);

public sealed class MariaDbSchemaArchiveConformance() : SchemaArchiveConformance(Engine.MariaDb);
