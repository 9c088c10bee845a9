using System.Text.RegularExpressions;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Dialects;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Shop = FloworxPurge.Tests.Conformance.Shop;

namespace FloworxPurge.Tests.KitTests;

/// <summary>What the suite writes for a SQL Server is T-SQL, as far as its parser can tell without a server.</summary>
public sealed partial class SqlServerKitTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_graph_has_tables_and_rows_that_it_reads()
    {
        await using var database = new SqlServerOnPaper();
        string[] more = ["a->a:restrict, b->a?:restrict", "a->a?, b->c, c->b, c->d:restrict", "kept->a:cascade, b->a"];
        foreach (string notation in GraphShapes.All().Select(row => row.Data.Item2).Concat(more))
        {
            GraphScenario graph = GraphScenario.Parse(notation);
            await using ScenarioContext context = graph.CreateContext(database);
            TransactSql.Parse(context.Database.GenerateCreateScript());
            int before = database.Batches.Count;

            await graph.FillAsync(database, cancellationToken: CancellationToken);

            Assert.Equal(graph.Tables.Count, database.Batches.Count - before);
        }
    }

    [Fact]
    public async Task Every_model_that_it_can_hold_has_tables_and_rows_that_it_reads()
    {
        await using var database = new SqlServerOnPaper();
        List<ModelCase> models = [MigrationModels.ExcludedTables, .. ModelCase.All.Values];
        foreach (ModelCase model in models.Where(model => model.Gap(Engine.SqlServer) is null))
        {
            await using ScenarioContext context = model.CreateContext(database);
            TransactSql.Parse(context.Database.GenerateCreateScript());
            var history = context.GetService<IHistoryRepository>();
            foreach (string sql in model.Before
                .Concat(model.MoreRows)
                .Append(history.GetCreateIfNotExistsScript())
                .Append(history.GetCreateScript()))
            {
                await database.ExecuteAsync(sql, CancellationToken);
            }
        }

        Assert.True(database.Batches.Count > 100);
    }

    [Fact]
    public async Task Every_table_of_the_shop_is_read_as_the_model_has_it_and_as_it_differs()
    {
        await using var database = new SqlServerOnPaper();
        string[] customers =
        [
            Shop.Customers(),
            Shop.Customers(email: null),
            Shop.Customers(id: "\"Id\" bigint NOT NULL PRIMARY KEY", age: "\"Age\" text NOT NULL"),
            Shop.Customers(country: "\"CountryId\" integer NULL", more: "\"Nick\" text NULL"),
        ];
        foreach (string sql in customers)
        {
            await Shop.CreateAsync(database, CancellationToken, ("customers", sql));
        }

        Assert.Equal(customers.Length * 8, database.Batches.Count);
        Assert.Contains("CREATE TABLE countries (\"Id\" integer NOT NULL PRIMARY KEY, \"Name\" nvarchar(max) NULL)", database.Batches);
    }

    [Fact]
    public async Task Every_trigger_is_read_with_the_statement_that_it_runs_for_each_row()
    {
        await using var database = new SqlServerOnPaper();
        string[] writes = [
            .. TriggerWriteConformance.Writes().Select(row => row.Data.Item1).Distinct(),
            "DELETE FROM \"b\" WHERE \"Id\" = OLD.\"Id\"",
            "UPDATE other SET txt = 'changed'"];
        await database.RaiseOnDeleteAsync("a", "not this one", CancellationToken);
        foreach (string write in writes)
        {
            await database.RunOnDeleteAsync("a", write, CancellationToken);
            await database.RunOnUpdateAsync("a", write, CancellationToken);
        }

        Assert.Equal(1 + (2 * writes.Length), database.Batches.Count);
        Assert.DoesNotContain(database.Batches, batch => batch.Contains("OLD.", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_statement_that_a_group_has_written_out_is_read()
    {
        await using var database = new SqlServerOnPaper();
        string[] folders = ["Conformance", "Extensibility", "Faults", "Resetting"];
        foreach (string file in folders.SelectMany(folder => Directory.GetFiles(Path.Combine(Repository.Tests, folder), "*Conformance.cs")))
        {
            string text = await File.ReadAllTextAsync(file, CancellationToken);
            foreach (Match match in WrittenOut().Matches(LineBreak().Replace(text, string.Empty)))
            {
                await database.ExecuteAsync(Regex.Unescape(match.Groups["sql"].Value), CancellationToken);
            }
        }

        Assert.True(database.Batches.Count > 40);
    }

    [Fact]
    public void Every_statement_of_the_kit_itself_is_read()
        => Assert.All(
            [
                SqlServerTestDatabase.KeysOff,
                SqlServerTestDatabase.KeysOn,
                SqlServerServer.Create("test_1"),
                SqlServerServer.Drop("test_1"),
                SqlServerChecksum.Tables.Shown,
                SqlServerChecksum.Tables.Quoted,
                new SqlServerOnPaper().SessionSettings,
                .. SqlServerChecksum.Objects.Select(part => part.Sql),
            ],
            sql => TransactSql.Parse(sql));

    [Theory]
    [InlineData("CREATE SCHEMA x; CREATE TABLE x.t (n integer)", "CREATE SCHEMA x", "CREATE TABLE x.t (n integer)")]
    [InlineData(
        "CREATE TABLE t (\"a;b\" TEXT, text text NULL); -- c; d\n",
        "CREATE TABLE t (\"a;b\" nvarchar(max), text nvarchar(max) NULL)",
        "-- c; d")]
    [InlineData("INSERT INTO t VALUES ('a; text', true, 'it''s', FALSE)", "INSERT INTO t VALUES ('a; text', 1, 'it''s', 0)")]
    [InlineData(
        "ALTER TABLE t ADD COLUMN later integer; UPDATE t SET later = CASE WHEN n = 1 THEN 2 END; BEGIN TRANSACTION; COMMIT",
        "ALTER TABLE t ADD  later integer",
        "UPDATE t SET later = CASE WHEN n = 1 THEN 2 END",
        "BEGIN TRANSACTION",
        "COMMIT")]
    [InlineData(
        "CREATE TRIGGER r ON t AFTER DELETE AS BEGIN SELECT 1; BEGIN SELECT 2; END END; SELECT 3;",
        "CREATE TRIGGER r ON t AFTER DELETE AS BEGIN SELECT 1; BEGIN SELECT 2; END END",
        "SELECT 3")]
    public void Statements_are_sent_one_by_one_in_its_own_words(string sql, params string[] batches)
        => Assert.Equal(batches, TransactSqlBatches.Split(sql));

    // Within a text that is written in several lines.
    [GeneratedRegex(@"""\s*\+\s*""", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LineBreak();

    // Handed over as it stands, and not as one engine's choice of several; PRAGMA is SQLite's alone.
    [GeneratedRegex(@"(ExecuteAsync|UncheckedAsync|SqlRawAsync|RefusedAsync)\(\s*""(?<sql>(?!PRAGMA)([^""\\]|\\.)*)""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex WrittenOut();
}
