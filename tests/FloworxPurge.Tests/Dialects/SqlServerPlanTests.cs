using System.Text;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// What a purge of SQL Server would run, for every shape of a graph and every model of the suite: approved texts, each of which Microsoft's
/// own parser reads.
/// </summary>
public sealed class SqlServerPlanTests
{
    [Fact]
    public async Task Graphs()
    {
        var cases = GraphShapes.All().Select(row => (row.Data.Item1, row.Data.Item2)).Concat(
        [
            ("cycle with only NOT NULL keys", "a->b, b->a"), (
                "cycle of three with only NOT NULL keys",
                "a->b->c, c->a, d->a"), ("NOT NULL self reference", "a->a"),
            ("self reference RESTRICT", "a->a:restrict"), ("two interlocking NOT NULL cycles", "a->b->c, c->a, c->b"),
        ]);
        var text = new StringBuilder();
        foreach ((string name, string notation) in cases)
        {
            await AddAsync(text, $"{name}: {notation}", GraphScenario.Parse(notation).BuildModel);
        }

        await AddAsync(text, "composite and overlapping keys, a key to an alternate key", CompositeKeyConformance.BuildShop);
        Snapshot.Match("sqlserver.graphs", text.ToString());
    }

    [Fact]
    public async Task A_thousand_tables()
    {
        QuickRun.SkipLongTest();
        GraphScenario graph = GraphScenario.Parse(GraphShapes.Thousand());

        PurgePlan plan = await SqlServerLive.PlanAsync(graph.BuildModel);

        GraphProof.OrderIsRespected(graph, plan);
        TransactSql.AssertParses(plan);
    }

    [Fact]
    public async Task Models()
    {
        var text = new StringBuilder();
        foreach ((string name, ModelCase model) in ModelCase.All.Where(pair => GapOf(pair.Key) is null))
        {
            await AddAsync(text, name, model.Build, change: null, options => options.ResetIdentity = true);
        }

        await AddAsync(text, nameof(MigrationModels.ExcludedTables), MigrationModels.ExcludedTables.Build);
        await AddAsync(
            text,
            "two contexts on one database",
            GraphScenario.Parse("a->b->c").BuildModel,
            other: GraphScenario.Parse("b->c").BuildModel);
        await AddAsync(text, "sequences and HiLo", NumberedByHand, Sequences, options => options.ResetIdentity = true);
        Snapshot.Match("sqlserver.models", text.ToString());
    }

    [Fact]
    public async Task Keys_in_every_state()
    {
        var text = new StringBuilder();
        foreach ((string name, Func<ForeignKey, ForeignKey> change) in (IEnumerable<(string, Func<ForeignKey, ForeignKey>)>)
        [
            ("one key is not trusted", key => key with { IsTrusted = key.Dependent.Name != "a" }),
            ("one key is off", key => key with { IsOff = key.Dependent.Name == "a", IsTrusted = key.Dependent.Name != "a" }),
            ("every key is off", key => key with { IsOff = true, IsTrusted = false }),
            ("the role may not turn them off", key => key with { MayBeTurnedOff = false }),
        ])
        {
            await AddAsync(text, name, GraphScenario.Parse("a->b, b->a, c->a").BuildModel, live => SqlServerLive.WithKeys(live, change));
        }

        Snapshot.Match("sqlserver.keys", text.ToString());
    }

    [Fact]
    public async Task A_trigger_of_a_table_whose_keys_are_set_to_NULL_is_reported_beforehand()
    {
        PurgePlan plan = await SqlServerLive.PlanAsync(GraphScenario.Parse("a->b?, b->a").BuildModel, live => live with
        {
            Objects = [.. live.Tables.Select(table => new SchemaObject("trigger", table.Name, "tr_" + table.Name.Name, "on update"))],
        });

        PlanNote note = Assert.Single(plan.Notes, note => note.Text.StartsWith("Trigger", StringComparison.Ordinal));
        Assert.Contains("\"tr_a\" may fire when foreign keys of its table are set to NULL", note.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Temporal_tables()
    {
        static void Build(ModelBuilder model)
        {
            model.SharedTypeEntity<Dictionary<string, object>>("Price", entity =>
            {
                entity.ToTable("Prices", "shop", table => table.IsTemporal(temporal => temporal.UseHistoryTable("Prices]Old", "log")));
                entity.IndexerProperty<int>("Id");
            });
            model.SharedTypeEntity<Dictionary<string, object>>("Rate", entity =>
            {
                entity.ToTable("Rates", table => table.IsTemporal());
                entity.IndexerProperty<int>("Id");
            });
        }

        static DatabaseSchema Retained(DatabaseSchema live)
            => live with
            {
                Histories = [.. live.Histories
                    .Select(history => history.Table.Name == "Prices" ? history with { Retention = "6 MONTH" } : history)],
            };
        static DatabaseSchema Unowned(DatabaseSchema live)
            => live with { Histories = [.. live.Histories.Select(history => history with { MayBePurged = false })] };
        var text = new StringBuilder();
        await AddAsync(text, "histories are kept", Build);
        await AddAsync(text, "histories are purged", Build, Retained, options => options.PurgeHistory = true);
        await AddAsync(
            text,
            "SQL Server 2016 tells no retention",
            Build,
            live => live with { Histories = [.. live.Histories.Select(history => history with { Retention = null })] },
            options => options.PurgeHistory = true);
        await AddAsync(text, "the role may not turn versioning off", Build, Unowned, options => options.PurgeHistory = true);

        Snapshot.Match("sqlserver.temporal", text.ToString());
    }

    [Fact]
    public async Task Truncation_identities_and_locks()
    {
        GraphScenario graph = GraphScenario.Parse("a->b, b->c?, d, e->e?");
        static void Numbered(ModelBuilder model)
        {
            foreach (string name in (string[])["Tickets", "it's", "a]b"])
            {
                model.SharedTypeEntity<Dictionary<string, object>>(name, entity =>
                {
                    entity.ToTable(name, name + " schema");
                    entity.IndexerProperty<int>("Id").UseIdentityColumn(seed: 100, increment: -10);
                });
            }
        }

        var text = new StringBuilder();
        await AddAsync(text, "truncate", graph.BuildModel, change: null, options => options.Truncate = true);
        await AddAsync(text, "locks", graph.BuildModel, change: null, options =>
        {
            options.LockTables = true;
            options.LockTimeout = TimeSpan.FromSeconds(5);
        });
        await AddAsync(text, "identities", Numbered, change: null, options => options.ResetIdentity = true);
        await AddAsync(text, "identities that cannot be restarted", Numbered, live => live with
        {
            Identities = [],
            Facts = [.. live.Identities
                .Select(counter => new SchemaFact(SchemaFact.IdentityKept, counter.Table, counter.Column, "the value before its seed "
                    + "does not fit into its type"))],
        }, options => options.ResetIdentity = true);
        await AddAsync(text, "a role that does not see the whole catalog", graph.BuildModel, live => live with
        {
            Tables = [.. live.Tables
                .Select(table => table with { HidesRows = true, MayTruncate = false, MayHaveHiddenDependents = table.Name.Name is "b" or "c" })],
            Facts = [new SchemaFact(SchemaFact.HiddenCatalog, new TableName(null, ""), "no VIEW DEFINITION on the database", Detail: null)],
        });

        Snapshot.Match("sqlserver.options", text.ToString());
    }

    [Fact]
    public async Task Tables_that_are_no_ordinary_ones()
    {
        var kinds = new Dictionary<string, TableKind>(StringComparer.Ordinal)
        {
            ["evidence"] = TableKind.Ledger,
            ["memory"] = TableKind.MemoryOptimized,
            ["person"] = TableKind.Graph,
            ["elsewhere"] = TableKind.ForeignTable,
            ["old"] = TableKind.History,
        };
        var text = new StringBuilder();
        await AddAsync(text, "ledger, memory-optimized, graph, external, history", GraphScenario.Parse("plain, evidence, memory, person, elsewhere, old").BuildModel, live => live with
        {
            Tables = [.. live.Tables.Select(table => table with { Kind = kinds.GetValueOrDefault(table.Name.Name, table.Kind) })],
        });

        Snapshot.Match("sqlserver.kinds", text.ToString());
    }

    [Theory]
    [InlineData(nameof(NameModels.AwkwardNames))]
    [InlineData(nameof(NameModels.AwkwardNamesInAnAwkwardSchema))]
    [InlineData(nameof(NameModels.LongNames))]
    public async Task Every_statement_names_the_tables_of_its_step_and_nothing_else(string model)
    {
        foreach (bool truncate in (bool[])[false, true])
        {
            PurgePlan plan = await SqlServerLive.PlanAsync(ModelCase.All[model].Build, change: null, options =>
            {
                options.ResetIdentity = true;
                options.LockTables = true;
                options.Truncate = truncate;
            });

            Assert.All(plan.Steps, step => Assert.Equal(step.Tables, TransactSql.TablesOf(step.Sql)));
        }
    }

    private static void NumberedByHand(ModelBuilder model)
    {
        model.HasSequence<int>("VoucherNumbers", "numbers").StartsAt(500).IncrementsBy(5);
        model.Entity<Coupon>(
            coupon => SqlServerPropertyBuilderExtensions.UseHiLo(coupon.ToTable("Coupons").Property(row => row.Id), "CouponNumbers"));
        model.Entity<Badge>(
            badge => SqlServerPropertyBuilderExtensions.UseSequence(badge.ToTable("Badges").Property(row => row.Id), "BadgeNumbers"));
    }

    private static DatabaseSchema Sequences(DatabaseSchema live) => live with
    {
        Facts =
        [
            new SchemaFact(SchemaFact.UnusedSequence, new TableName("numbers", "VoucherNumbers"), "VoucherNumbers", Detail: null),
            new SchemaFact(SchemaFact.UnusedSequence, new TableName("dbo", "CouponNumbers"), "CouponNumbers", Detail: null),
            new SchemaFact(SchemaFact.FreeSequence, new TableName("dbo", "Badges"), "BadgeNumbers", "Id"),
            new SchemaFact(SchemaFact.Sequence, new TableName("numbers", "VoucherNumbers"), "", Detail: null),
            new SchemaFact(SchemaFact.Sequence, new TableName("dbo", "CouponNumbers"), "", Detail: null),
            new SchemaFact(SchemaFact.Sequence, new TableName("dbo", "BadgeNumbers"), "", Detail: null),
            new SchemaFact(SchemaFact.SequenceUse, new TableName("dbo", "BadgeNumbers"), "Badges", "dbo"),
        ],
    };

    // A model that only one other provider can build.
    private static string? GapOf(string model) => model switch
    {
        nameof(StoreTypeModels.PostgreSqlTypes) or nameof(StoreTypeModels.PostgreSqlMultiranges) or nameof(
            StoreTypeModels.PostgreSqlMappedEnums) or nameof(StoreTypeModels.PostgreSqlKeys) => "PostgreSQL's own types",
        nameof(StoreTypeModels.SqliteTypes) => "SQLite's own types",
        nameof(NumberModels.EverySourceOfNumbers) => "PostgreSQL's own sources of numbers",
        nameof(NameModels.NamesThatDifferByCase) => "names are compared without case",
        _ => null,
    };

    private static async Task AddAsync(
        StringBuilder text,
        string name,
        Action<ModelBuilder> build,
        Func<DatabaseSchema, DatabaseSchema>? change = null,
        Action<PurgeOptions>? configure = null,
        Action<ModelBuilder>? other = null)
    {
        PurgePlan plan = await SqlServerLive.PlanAsync(build, change, configure, other);
        TransactSql.AssertParses(plan);
        text.Append("======== ")
            .Append(name)
            .Append('\n')
            .Append(plan)
            .Append("\n-------- script\n")
            .Append(plan.ToSqlScript())
            .Append('\n');
        text.Replace(plan.Fingerprint, "<fingerprint>");
    }
}
