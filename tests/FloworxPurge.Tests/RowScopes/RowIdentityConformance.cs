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

    [Fact]
    public async Task A_table_with_the_name_of_a_table_of_keys_is_not_hidden()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                model.Entity<A>().ToTable("floworxpurge_keys_1").Property(a => a.Code).HasColumnName("floworxpurge_0");
                Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
            },
            "D 1");
        string marked = scenario.Database.Pick(sqlite: "1", postgreSql: "TRUE", mariaDb: "1", sqlServer: "1");
        await scenario.Database.ExecuteAsync(
            $"INSERT INTO \"floworxpurge_keys_1\" (\"Id\", \"Marked\") VALUES (1, {marked}); "
                + $"INSERT INTO \"B\" (\"Id\", \"ParentId\", \"Marked\") VALUES (1, 1, {marked})",
            CancellationToken);

        await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal(("", ""), (await scenario.KeysAsync("floworxpurge_keys_1"), await scenario.KeysAsync("B")));
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

    // SQLite compares a foreign key by the collation of its principal.
    [Theory]
    [InlineData("COLLATE NOCASE", "", "3", "DEF")]
    [InlineData("", "COLLATE NOCASE", "2 3", "ABC DEF")]
    public async Task A_reference_is_followed_by_the_collation_of_its_principal(string principal, string dependent, string left, string parents)
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine,
            model =>
            {
                Labels(model);
                model.Entity<Part>().ToTable("Part").HasOne<Label>().WithMany().HasForeignKey(part => part.LabelId).OnDelete(DeleteBehavior.Cascade);
            },
            string.Empty);
        string more = principal.Length > 0 ? string.Empty : "INSERT INTO \"Label\" VALUES ('ABC', 0);";
        await scenario.Database.ExecuteAsync(
            $"""
            DROP TABLE "Part"; DROP TABLE "Label";
            CREATE TABLE "Label" ("Id" TEXT {principal} NOT NULL PRIMARY KEY, "Marked" INTEGER NOT NULL);
            CREATE TABLE "Part" ("Id" INTEGER NOT NULL PRIMARY KEY, "LabelId" TEXT {dependent} REFERENCES "Label" ("Id") ON DELETE CASCADE);
            INSERT INTO "Label" VALUES ('abc', 1), ('DEF', 0); {more}
            INSERT INTO "Part" VALUES (1, 'abc'), (2, 'ABC'), (3, 'DEF');
            """,
            CancellationToken);

        await scenario.PurgeAsync(options => options.Rows<Label>(label => label.Marked));

        Assert.Equal((left, parents), (await scenario.KeysAsync("Part"), await scenario.KeysAsync("Label")));
    }

    private static void Labels(ModelBuilder model) => model.Entity<Label>().ToTable("Label");

    private sealed class Part
    {
        public int Id { get; set; }

        public string? LabelId { get; set; }
    }

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

/// <summary>A foreign key between columns of different collations.</summary>
public sealed class PostgreSqlCollationTests
{
    [Fact]
    public async Task A_reference_is_followed_by_the_collation_of_its_principal()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine.PostgreSql,
            model =>
            {
                model.Entity<A>().Property(a => a.Code).IsRequired();
                model.Entity<B>().HasOne<A>().WithMany().HasForeignKey(b => b.Code).HasPrincipalKey(a => a.Code).OnDelete(DeleteBehavior.Cascade);
                Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
            },
            string.Empty);
        Assert.SkipWhen(
            await scenario.Database.ScalarAsync<int>(
                "SELECT current_setting('server_version_num')::int",
                TestContext.Current.CancellationToken) >= 180_000,
            "PostgreSQL 18 takes no foreign key between such collations.");
        await scenario.Database.ExecuteAsync(
            """
            CREATE COLLATION "any case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            ALTER TABLE "B" DROP CONSTRAINT "FK_B_A_Code";
            ALTER TABLE "A" ALTER "Code" TYPE varchar(40) COLLATE "any case";
            ALTER TABLE "B" ALTER "Code" TYPE varchar(40) COLLATE "C";
            ALTER TABLE "B" ADD CONSTRAINT "FK_B_A_Code" FOREIGN KEY ("Code") REFERENCES "A" ("Code") ON DELETE CASCADE;
            INSERT INTO "A" ("Id", "Code", "Marked") VALUES (1, 'one', TRUE), (2, 'two', FALSE);
            INSERT INTO "B" ("Id", "Code", "Marked") VALUES (1, 'ONE', FALSE), (2, 'Two', FALSE), (3, 'one', FALSE);
            INSERT INTO "C" ("Id", "ParentId", "Marked") VALUES (1, 1, FALSE), (2, 2, FALSE);
            """,
            TestContext.Current.CancellationToken);

        await scenario.PurgeAsync(options => options.Rows<A>(a => a.Marked));

        Assert.Equal(("2", "2"), (await scenario.KeysAsync("B"), await scenario.KeysAsync("C")));
    }
}

public sealed class MariaDbRowIdentityConformance() : RowIdentityConformance(Engine.MariaDb);
