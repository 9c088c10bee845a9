using System.Globalization;
using System.Text.RegularExpressions;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>What deletes some rows of a large table reads only those, in one transaction and in several.</summary>
public abstract partial class LargeTableConformance(Engine engine) : ConformanceGroup(engine)
{
    private const int Rows = 12_000;

    [Theory]
    [InlineData(0)]
    [InlineData(60)]
    public async Task A_large_table_is_not_counted(int size)
    {
        await using RowScenario scenario = await CreateAsync();
        Purger purger = Purger(size);
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        var hook = new CommandHook();
        await using ScenarioContext context = scenario.CreateContext(hook);

        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.DoesNotContain(hook.Texts, text => WholeTable().IsMatch(text));
        Assert.Equal((PurgeVerdict.Complete, 240), (report.Verdict, report.RowsDeleted));
        Assert.All(report.Tables, table => Assert.Null(table.RowsKept));
        Assert.Equal(
            $"{Rows - 120} {Rows - 120}",
            await scenario.ValuesAsync("SELECT COUNT(*) FROM \"A\" UNION ALL SELECT COUNT(*) FROM \"B\""));
    }

    [Fact]
    public async Task What_a_statement_says_to_have_deleted_is_verified()
    {
        await using RowScenario scenario = await CreateAsync();

        (_, PurgeReport report) = await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        foreach (string table in new[] { "A", "B" })
        {
            CheckReport check = Assert.Single(
                report.Verifications,
                check => check.Name.StartsWith("rows deleted from table ", StringComparison.Ordinal)
                    && check.Name.EndsWith(table, StringComparison.Ordinal));
            Assert.Equal(("120", "120"), (check.Expected, check.Actual));
        }
    }

    [Fact]
    public async Task A_trigger_that_deletes_another_row_of_a_large_table_is_noticed()
    {
        await using RowScenario scenario = await CreateAsync();
        const string Other = "DELETE FROM \"B\" WHERE \"Id\" = 1";
        await scenario.Database.ExecuteAsync(
            Engine == Engine.PostgreSql
                ? $"CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN {Other}; RETURN OLD; END$$; "
                    + "CREATE TRIGGER other AFTER DELETE ON \"A\" FOR EACH ROW EXECUTE FUNCTION other()"
                : $"CREATE TRIGGER other AFTER DELETE ON \"A\" FOR EACH ROW BEGIN {Other}; END",
            CancellationToken);

        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked)));

        Assert.Equal(PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Contains("\"other\" on ", failed.Message, StringComparison.Ordinal);
        Assert.Equal($"{Rows}", await scenario.ValuesAsync("SELECT COUNT(*) FROM \"B\""));
    }

    private Purger Purger(int size) => Engine.Purger(options =>
    {
        options.Rows<A>(a => a.Marked);
        if (size > 0)
        {
            options.InChunks(size);
        }
    });

    // Row n of A is the parent of row n of B; one row in a hundred is marked.
    private async Task<RowScenario> CreateAsync()
    {
        RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => RowScenario.Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade),
            "A 1");
        await scenario.ClearAsync();
        string rows = Rows.ToString(CultureInfo.InvariantCulture);
        string series = Engine == Engine.Sqlite
            ? $"(WITH RECURSIVE s (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {rows}) SELECT n FROM s) AS s"
            : Engine == Engine.PostgreSql ? $"generate_series(1, {rows}) AS s (n)"
            : $"(SELECT seq AS n FROM seq_1_to_{rows}) AS s";
        await scenario.Database.ExecuteUncheckedAsync(
            $"INSERT INTO \"A\" (\"Id\", \"Marked\") SELECT n, n % 100 = 0 FROM {series}; "
                + $"INSERT INTO \"B\" (\"Id\", \"ParentId\", \"Marked\") SELECT n, n, 1 = 0 FROM {series}",
            CancellationToken);
        if (Engine != Engine.Sqlite)
        {
            await scenario.Database.ExecuteAsync(Engine == Engine.PostgreSql ? "ANALYZE" : "ANALYZE TABLE \"A\", \"B\"", CancellationToken);
        }

        return scenario;
    }

    [GeneratedRegex(
        """count\(\*\) FROM (ONLY )?(\w+\.)?["`][AB]["`](?! AS c WHERE)""",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex WholeTable();
}

public sealed class SqliteLargeTableConformance() : LargeTableConformance(Engine.Sqlite);

public sealed class PostgreSqlLargeTableConformance() : LargeTableConformance(Engine.PostgreSql);

public sealed class MariaDbLargeTableConformance() : LargeTableConformance(Engine.MariaDb);
