using FloworxPurge.Tests.Conformance;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>A row that no query names is never deleted in place of one that has the same key in the model.</summary>
public abstract class RowIdentityConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task A_key_of_the_model_that_several_rows_have_in_the_database_is_refused()
    {
        await using RowScenario scenario = await CreateAsync("A 1/1 1/2 2/1");
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.OtherId == 1)));

        Assert.Contains("1 key belongs to several rows", refused.Message, StringComparison.Ordinal);
        Assert.Contains("\"Id\"", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_key_of_the_model_that_happens_to_be_unique_names_its_rows()
    {
        await using RowScenario scenario = await CreateAsync("A 1/1 2/1 3/2");

        await scenario.PurgeAsync(options => options.Rows<A>(a => a.OtherId == 1));

        Assert.Equal("3", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_condition_that_several_rows_share_by_their_key_is_refused()
    {
        await using RowScenario scenario = await CreateAsync("A 1/1 1/2 B 1!");

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(
            options => options.Rows<B>(b => b.Marked).Reference<A, B>(a => a.Id, a => a.OtherId == 1)));

        Assert.Contains("belongs to several rows", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1 1", await scenario.KeysAsync("A"));
    }

    // The key in the database is of two columns, and in the model of one.
    private async Task<RowScenario> CreateAsync(string rows)
    {
        RowScenario scenario = await RowScenario.CreateAsync(Engine, _ => { }, "D 1");
        string boolean = scenario.Database.Pick(sqlite: "boolean", postgreSql: "boolean", mariaDb: "boolean", sqlServer: "bit");
        await scenario.Database.ExecuteAsync(
            "DROP TABLE \"A\"; CREATE TABLE \"A\" (\"Id\" int NOT NULL, \"ParentId\" int NULL, \"OtherId\" int NOT NULL, "
                + $"\"Code\" varchar(40) NULL, \"Marked\" {boolean} NOT NULL, PRIMARY KEY (\"Id\", \"OtherId\"))",
            CancellationToken);
        await scenario.InsertAsync(rows);
        return scenario;
    }
}

public sealed class SqliteRowIdentityConformance() : RowIdentityConformance(Engine.Sqlite)
{
    [Fact]
    public async Task Keys_of_a_column_without_a_type_are_told_apart_as_they_are_stored()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Labels, string.Empty);
        await scenario.Database.ExecuteAsync(
            """
            DROP TABLE "Label"; CREATE TABLE "Label" ("Id" NOT NULL PRIMARY KEY, "Marked" INTEGER NOT NULL);
            INSERT INTO "Label" VALUES ('01', 1), ('1', 0), ('1.0', 1);
            """,
            CancellationToken);

        await scenario.PurgeAsync(options => options.Rows<Label>(label => label.Marked));

        Assert.Equal("1", await scenario.KeysAsync("Label"));
    }

    [Fact]
    public async Task A_row_without_a_key_is_refused_by_name()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Labels, string.Empty);
        await scenario.Database.ExecuteAsync(
            """
            DROP TABLE "Label"; CREATE TABLE "Label" ("Id" TEXT PRIMARY KEY, "Marked" INTEGER NOT NULL);
            INSERT INTO "Label" VALUES (NULL, 1), ('1', 1);
            """,
            CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<Label>(label => label.Marked)));

        Assert.Contains("has NULL in its primary key", refused.Message, StringComparison.Ordinal);
        Assert.Equal(2, await scenario.Database.CountAsync("Label", cancellationToken: CancellationToken));
    }

    private static void Labels(ModelBuilder model) => model.Entity<Label>().ToTable("Label");

    private sealed class Label
    {
        public string Id { get; set; } = "";

        public bool Marked { get; set; }
    }
}

public sealed class PostgreSqlRowIdentityConformance() : RowIdentityConformance(Engine.PostgreSql)
{
    [Fact]
    public async Task A_query_that_returns_rows_of_tables_which_inherit_is_refused()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model => Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade),
            "A 1 2! B 1>1");
        await scenario.Database.ExecuteAsync(
            """
            CREATE TABLE heirs () INHERITS ("A");
            INSERT INTO heirs ("Id", "Marked") VALUES (1, TRUE);
            """,
            CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked)));

        Assert.Contains("Rows<A>(a => a.Marked) reads \"public\".\"A\", from which other tables inherit", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1", await scenario.KeysAsync("B"));
    }
}

public sealed class MariaDbRowIdentityConformance() : RowIdentityConformance(Engine.MariaDb);
