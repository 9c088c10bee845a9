using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A table that stays needs the rows that it references, which need theirs: a block reaches as far as there are rows.</summary>
public abstract class BlockedChainConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_kept_table_blocks_its_principals_three_levels_up_and_each_names_its_cause()
    {
        PurgeReport report = await PurgeAsync("d->c->b->a, e->a, f", rows: 2, options => options.Exclude("d"), kept: ["a", "b", "c", "d"]);

        Assert.Equal(["a", "b", "c"], report.Skips.Select(skip => skip.Table.Name));
        Assert.All(report.Skips, skip => Assert.Equal(PlanReason.Blocked, skip.Reason));
        Assert.Contains(
            $"2 rows of {Quoted("d")}, which is kept (Excluded), through foreign key ",
            Skip(report, "c").Explanation,
            StringComparison.Ordinal);
        Assert.Contains(
            $"2 rows of {Quoted("c")}, which is skipped (Blocked by {Quoted("d")})",
            Skip(report, "b").Explanation,
            StringComparison.Ordinal);
        Assert.Contains(
            $"2 rows of {Quoted("b")}, which is skipped (Blocked by {Quoted("d")})",
            Skip(report, "a").Explanation,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_ends_where_no_row_references()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse("d->c->b?->a");
        await graph.CreateAsync(database, rows: 2, CancellationToken);
        await database.ExecuteAsync("UPDATE c SET b_id = NULL", CancellationToken);
        string before = await Shop.ContentAsync(database, CancellationToken, "c", "d");
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude("d"));

        Assert.Equal(["c"], report.Skips.Select(skip => skip.Table.Name));
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "c", "d"));
        await AssertEmptyAsync(database, "a", "b");
    }

    [Theory]
    [InlineData("d->c:cascade, c->b:cascade, b->a:cascade")]
    [InlineData("d->c?:setnull, c->b?:setnull, b->a?:setnull")]
    [InlineData("d->c:restrict, c->b:restrict, b->a:restrict")]
    public async Task An_excluded_table_in_the_middle_of_a_chain_keeps_its_rows_and_those_above(string notation)
    {
        PurgeReport report = await PurgeAsync(notation, rows: 3, options => options.Exclude("b"), kept: ["a", "b"]);

        Assert.Equal(["a"], report.Skips.Select(skip => skip.Table.Name));
        Assert.Equal(6, report.RowsDeleted);
    }

    [Theory]
    [InlineData("a<->b")]
    [InlineData("a->b?:cascade, b->a?:cascade")]
    [InlineData("a->b?:setnull, b->a?:setnull")]
    public async Task A_kept_table_in_a_cycle_keeps_the_whole_cycle(string notation)
    {
        PurgeReport report = await PurgeAsync(notation + ", c->a, z", rows: 2, options => options.Exclude("b"), kept: ["a", "b"]);

        Assert.Equal(["a"], report.Skips.Select(skip => skip.Table.Name));
        Assert.Equal(4, report.RowsDeleted);
    }

    [Fact]
    public async Task A_kept_table_in_a_cycle_that_references_nothing_keeps_only_its_own_rows()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse("a->b?:cascade, b->a?:cascade");
        await graph.CreateAsync(database, rows: 2, CancellationToken);
        await database.ExecuteAsync("UPDATE b SET a_id = NULL", CancellationToken);
        string before = await Shop.ContentAsync(database, CancellationToken, "b");
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude("b"));

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "b"));
        await AssertEmptyAsync(database, "a");
    }

    [Fact]
    public async Task A_kept_table_with_a_foreign_key_that_only_the_model_has_blocks_too()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("customers", Shop.Customers(country: "\"CountryId\" integer NULL")));
        string before = await Shop.ContentAsync(database, CancellationToken, "customers", "countries");
        await using ScenarioContext context = Shop.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, options => options.Exclude("customers"));

        PlanTable skip = Assert.Single(report.Skips);
        Assert.Equal(Name("countries"), skip.Table);
        Assert.Contains(
            $"through foreign key FK_customers_countries_CountryId: {Name("customers")}(CountryId) -> {Name("countries")}(Id) (ON DELETE "
                + $"NO ACTION, known to the model only)",
            skip.Explanation,
            StringComparison.Ordinal);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "customers", "countries"));
        await AssertEmptyAsync(database, "orders", "logs");
    }

    [Fact]
    public async Task A_kept_self_reference_blocks_nothing_but_its_principals()
    {
        PurgeReport report = await PurgeAsync("b->b?:cascade, b->a, c->b", rows: 3, options => options.Exclude("b"), kept: ["a", "b"]);

        Assert.Equal(["a"], report.Skips.Select(skip => skip.Table.Name));
    }

    [Fact]
    public async Task A_drifted_table_blocks_its_principals_as_a_kept_one_does()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await Shop.CreateAsync(database, CancellationToken, ("orders", """
            CREATE TABLE orders ("OrderNumber" integer NOT NULL PRIMARY KEY, "CustomerId" integer NOT NULL REFERENCES customers ("Id"));
            INSERT INTO orders VALUES (1, 3), (2, 1), (3, 2);
            """));
        string before = await Shop.ContentAsync(database, CancellationToken, "orders", "customers", "countries");
        await using ScenarioContext context = Shop.CreateContext(database);

        PurgeReport report = await PurgeAsync(context);

        Assert.Equal([PlanReason.Blocked, PlanReason.Blocked, PlanReason.ColumnMissing], report.Skips.Select(skip => skip.Reason));
        Assert.Contains(
            $"which is skipped (Blocked by {Quoted("orders")})",
            Skip(report, "countries").Explanation,
            StringComparison.Ordinal);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, "orders", "customers", "countries"));
        await AssertEmptyAsync(database, "logs");
    }

    /// <summary>
    /// Purges a graph and asserts that every row of the named tables stays as it was, and that all other tables are empty.
    /// </summary>
    private async Task<PurgeReport> PurgeAsync(string notation, int rows, Action<PurgeOptions> configure, string[] kept)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows, CancellationToken);
        string before = await Shop.ContentAsync(database, CancellationToken, kept);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgeReport report = await PurgeAsync(context, configure);

        Assert.Equal(PurgeVerdict.CompleteWithSkips, report.Verdict);
        Assert.Equal(before, await Shop.ContentAsync(database, CancellationToken, kept));
        await AssertEmptyAsync(database, [.. graph.Tables.Except(kept)]);
        return report;
    }

    private string Quoted(string table) => Name(table).ToQuotedString();
}

public sealed class SqliteBlockedChainConformance() : BlockedChainConformance(Engine.Sqlite);

public sealed class PostgreSqlBlockedChainConformance() : BlockedChainConformance(Engine.PostgreSql);

public sealed class AnsiBlockedChainConformance() : BlockedChainConformance(Engine.Ansi);

public sealed class MariaDbBlockedChainConformance() : BlockedChainConformance(Engine.MariaDb);
