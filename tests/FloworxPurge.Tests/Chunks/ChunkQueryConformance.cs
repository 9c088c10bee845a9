using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Chunks;

/// <summary>
/// A query is run again for each transaction. The plan says which queries may select fewer rows then, and refuses rules that would keep
/// fewer.
/// </summary>
public abstract class ChunkQueryConformance(Engine engine) : ConformanceGroup(engine)
{
    private static readonly int[] Some = [1, 2];

    public static TheoryData<string, string> Noted() => new()
    {
        { "count", "other rows of {0}, of which the run deletes rows" },
        { "sibling", "other rows of {0}, of which the run deletes rows" },
        { "other", "other rows of {0}, of which the run deletes rows" },
        { "dependents of any", "other rows of {1}, of which the run deletes rows" },
        { "dependents or a code", "other rows of {1}, of which the run deletes rows" },
        { "sql", "other rows of {0}, of which the run deletes rows" },
        { "lost reference", "column \"OtherId\" of {2}, which the run sets to NULL" },
    };

    [Theory]
    [MemberData(nameof(Noted))]
    public async Task A_query_that_reads_what_the_run_deletes_is_named_in_the_plan(string query, string expected)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1!");

        PurgePlan plan = await PlanAsync(scenario, options => Configure(options, query, scenario.Chunked));

        TestDatabase database = scenario.Chunked.Database;
        string schema = database.HasSchemas ? "public." : string.Empty;
        string text = string.Format(
            System.Globalization.CultureInfo.InvariantCulture,
            expected,
            $"{schema}A",
            $"{schema}B",
            $"{schema}C");
        PlanNote[] notes = [.. plan.Notes.Where(note => note.Text.Contains("The query is run again", StringComparison.Ordinal))];
        PlanNote note = Assert.Single(notes);
        Assert.Equal(LogLevel.Warning, note.Grade);
        Assert.StartsWith("Rows<", note.Text, StringComparison.Ordinal);
        Assert.Contains(text, note.Text, StringComparison.Ordinal);
        Assert.Contains("store their keys or a flag", note.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("count")]
    [InlineData("sibling")]
    public async Task In_one_transaction_no_query_is_named(string query)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1!");

        PurgePlan plan = await Engine.Purger(options => Configure(options, query, scenario.Chunked))
            .PlanAsync(scenario.Chunked.Context, CancellationToken);

        Assert.DoesNotContain(plan.Notes, note => note.Text.Contains("again for each transaction", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("row")]
    [InlineData("list")]
    [InlineData("dependents")]
    [InlineData("principal")]
    [InlineData("other table")]
    [InlineData("literal")]
    public async Task A_query_that_reads_its_row_and_what_goes_with_it_is_not_named(string query)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! B 1>1");

        PurgePlan plan = await PlanAsync(scenario, options => Configure(options, query, scenario.Chunked));

        Assert.DoesNotContain(plan.Notes, note => note.Text.Contains("again for each transaction", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("sibling", "A 1! 2/1 3/1 4", "2 3 4")]
    [InlineData("count", "A 1!/1 2!/1 3!/1 4!/4", "3 4")]
    public async Task A_row_that_was_selected_because_of_a_deleted_row_stays_and_is_reported(string query, string rows, string left)
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, rows);

        PurgeReport report = await scenario.PurgeAsync(
            options => Configure(options, query, scenario.Chunked),
            options => options.InChunks(1));

        Assert.Equal(left, await scenario.Chunked.KeysAsync("A"));
        Assert.Equal(rows.Split(' ').Length - 1 - left.Split(' ').Length, report.RowsDeleted);
        Assert.Contains(report.Notes, note => note.Text.Contains("that the queries named when the run began stay", StringComparison.Ordinal)
            || note.Text.Contains("that the queries named when the run began stays", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_flag_that_is_stored_first_selects_the_rows_of_one_transaction()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1/1 2/1 3/1 4/4");
        DbSet<A> all = scenario.Chunked.Context.Set<A>();
        List<int> repeated = await all
            .Where(a => all.Count(b => b.OtherId == a.OtherId) > 1)
            .Select(a => a.Id)
            .ToListAsync(CancellationToken);
        await all.Where(a => repeated.Contains(a.Id)).ExecuteUpdateAsync(row => row.SetProperty(a => a.Marked, true), CancellationToken);

        await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked), options => options.InChunks(1));

        Assert.Equal("4", await scenario.Chunked.KeysAsync("A"));
    }

    [Fact]
    public async Task A_rule_that_would_keep_fewer_rows_is_refused_by_name()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(Engine, ChunkScenario.Model, "A 1! 2! B 1>1");
        DbContext context = scenario.Chunked.Context;
        void Rules(PurgeOptions options) => options
            .Rows<A>(a => a.Marked)
            .Rows<B>(b => b.Id > 0)
            .Keep<A>(a => context.Set<B>().Any(b => b.ParentId == a.Id));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => PlanAsync(scenario, Rules));
        PurgePlan whole = await Engine.Purger(Rules).PlanAsync(context, CancellationToken);

        Assert.Contains("Keep<A>", refused.Message, StringComparison.Ordinal);
        Assert.Contains("other rows of", refused.Message, StringComparison.Ordinal);
        Assert.NotEmpty(whole.Tables);
    }

    [Fact]
    public async Task A_rule_that_keeps_a_row_because_of_its_dependents_is_followed()
    {
        await using ChunkScenario scenario = await ChunkScenario.CreateAsync(
            Engine,
            ChunkScenario.Model,
            "A 1! 2! 3! 4! B 1>1 2>2 3>3");
        await scenario.PurgeWholeAsync(options => Rules(options, scenario.Whole.Context));

        DbContext context = scenario.Chunked.Context;
        Purger purger = scenario.Purger(options => Rules(options, context), options => options.InChunks(1));
        PurgeReport report = await purger.ExecuteAsync(
            context,
            await purger.PlanAsync(context, CancellationToken),
            cancellationToken: CancellationToken);

        (string chunked, string expected) = await scenario.StatesAsync();
        Assert.Equal(expected, chunked);
        Assert.Equal("2", await scenario.Chunked.KeysAsync("A"));
        Assert.Equal(5, report.RowsDeleted);

        static void Rules(PurgeOptions options, DbContext context)
            => options.Rows<A>(a => a.Marked).Keep<A>(a => context.Set<B>().Any(b => b.ParentId == a.Id && b.Code == "c2"));
    }

    private static void Configure(PurgeOptions options, string query, RowScenario scenario)
    {
        DbContext context = scenario.Context;
        string sql = scenario.Database.Pick(
            "SELECT * FROM \"A\" WHERE \"Id\" IN (SELECT MAX(\"Id\") FROM \"A\")",
            "SELECT * FROM \"A\" WHERE \"Id\" IN (SELECT MAX(\"Id\") FROM \"A\")",
            "SELECT * FROM A WHERE Id IN (SELECT MAX(Id) FROM A)",
            "SELECT * FROM A WHERE Id IN (SELECT MAX(Id) FROM A)");
        _ = query switch
        {
            "count" => options.Rows<A>(rows => rows.Where(a => rows.Count(b => b.OtherId == a.OtherId) > 1)),
            "sibling" => options.Rows<A>(a => a.Marked).Rows<A>(rows => rows.Where(a => rows.Any(b => b.Id == a.OtherId && b.Marked))),
            "other" => options.Rows<A>(rows => rows.Where(a => rows.Max(b => b.Id) == a.Id)),
            "dependents of any" => options.Rows<A>(a => context.Set<B>().Any(b => b.ParentId == 7)),
            "dependents or a code" => options.Rows<A>(a => context.Set<B>().Any(b => b.ParentId == a.Id || b.Code == a.Code)),
            "sql" => options.Rows<A>(_ => context.Set<A>().FromSqlRaw(sql)),
            "lost reference" => options.Rows<A>(a => a.Marked).Rows<C>(c => c.OtherId != null),
            "row" => options.Rows<A>(a => a.Marked && a.Code != "A"),
            "list" => options.Rows<A>(a => Some.Contains(a.Id)),
            "dependents" => options.Rows<A>(a => context.Set<B>().Any(b => b.ParentId == a.Id)),
            "principal" => options.Rows<A>(a => a.Marked).Rows<B>(b => context.Set<A>().Any(a => a.Id == b.ParentId && a.Marked)),
            "other table" => options.Rows<B>(b => context.Set<A>().Any(a => a.Code == b.Code)),
            "literal" => options.Rows<A>(a => a.Code != "x FROM \"A\" AS a"),
            _ => throw new InvalidOperationException(query),
        };
    }

    private static Task<PurgePlan> PlanAsync(ChunkScenario scenario, Action<PurgeOptions> configure)
        => scenario.Purger(configure, options => options.InChunks(1)).PlanAsync(scenario.Chunked.Context, CancellationToken);
}

public sealed class SqliteChunkQueryConformance() : ChunkQueryConformance(Engine.Sqlite);

public sealed class PostgreSqlChunkQueryConformance() : ChunkQueryConformance(Engine.PostgreSql);

public sealed class MariaDbChunkQueryConformance() : ChunkQueryConformance(Engine.MariaDb);
