using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace FloworxPurge.Tests.Dialects;

/// <summary>Every text that SQL Server is sent outside of a plan is Transact-SQL, by Microsoft's own parser.</summary>
public sealed class SqlServerTextTests
{
    private static readonly SqlServerDialect Undetected = new();

    public static TheoryData<string> Servers =>
    [
        "case-insensitive", "is_edge case-sensitive", "ledger_type case-insensitive", "history_retention_period case-insensitive", "is_edge ledger_type case-insensitive",
        "is_edge history_retention_period case-insensitive", "ledger_type history_retention_period case-insensitive", SqlServerLive.Newest,
    ];

    [Theory]
    [MemberData(nameof(Servers))]
    public void Every_catalog_query_is_one_select(string server)
    {
        // 2016 has none of the newer columns, and its parser knows none of the newer words.
        TSqlParser parser = server is "case-insensitive"
            ? new TSql130Parser(initialQuotedIdentifiers: true)
            : new TSql160Parser(initialQuotedIdentifiers: true);
        foreach (string query in Queries(Undetected.Detect(server).Catalog!).Append(Undetected.ServerQuery!))
        {
            TSqlBatch batch = Assert.Single(((TSqlScript)TransactSql.Parse(query, parser)).Batches);
            Assert.IsType<SelectStatement>(Assert.Single(batch.Statements));
        }
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public void Every_query_gives_the_columns_that_are_read_by_position(string server)
    {
        CatalogQueries catalog = Undetected.Detect(server).Catalog!;

        Assert.All(Widths(catalog.Identity), width => Assert.Equal(7, width));
        Assert.All(Widths(catalog.Schemas!), width => Assert.Equal(1, width));
        Assert.All(Widths(catalog.Tables), width => Assert.Equal(13, width));
        Assert.All(Widths(catalog.Columns), width => Assert.Equal(6, width));
        Assert.All(Widths(catalog.ForeignKeys), width => Assert.Equal(12, width));
        Assert.All(Widths(catalog.Histories!), width => Assert.Equal(6, width));
        Assert.All(Widths(catalog.Identities), width => Assert.Equal(5, width));
        Assert.All(Widths(catalog.Objects), width => Assert.Equal(6, width));
        Assert.All(Widths(catalog.Facts!), width => Assert.Equal(5, width));
    }

    [Fact]
    public void What_a_server_answers_never_becomes_part_of_a_query()
        => Assert.Equal(
            Queries(Undetected.Detect("is_edge case-insensitive").Catalog!),
            Queries(Undetected.Detect("is_edge '; DROP TABLE t; -- case-insensitive").Catalog!));

    [Fact]
    public void Queries_read_views_of_sys_alone_and_spell_every_name_in_one_way()
    {
        foreach (string query in Queries(Undetected.Detect(SqlServerLive.Newest).Catalog!))
        {
            var names = new Sources();
            TransactSql.Parse(query).Accept(names);
            Assert.All(names.Found, name => Assert.Equal("sys", name.SchemaIdentifier?.Value));
            Assert.All(names.Found, name => Assert.Equal(name.BaseIdentifier.Value.ToLowerInvariant(), name.BaseIdentifier.Value));
        }
    }

    [Fact]
    public void The_database_is_found_by_its_name_since_its_ids_differ_on_Azure_SQL()
        => Assert.All(
            Queries(Undetected.Detect(SqlServerLive.Newest).Catalog!),
            query => Assert.DoesNotContain("DB_ID()", query, StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Servers))]
    public void An_external_table_is_one_however_the_version_lists_it(string server)
    {
        string tables = Undetected.Detect(server).Catalog!.Tables;

        Assert.Contains("t.type IN ('U', 'V', 'SN', 'ET')", tables, StringComparison.Ordinal);
        Assert.Contains("t.type = 'ET' THEN N'foreign'", tables, StringComparison.Ordinal);
        Assert.Contains("x.is_external = 1 THEN N'foreign'", tables, StringComparison.Ordinal);
    }

    [Fact]
    public void A_script_whose_transaction_has_ended_runs_nothing_more()
    {
        string[] end = Undetected.ScriptEnd.Split('\n');

        Assert.Equal(["GO", "IF @@TRANCOUNT = 0 SET NOEXEC ON;", "GO"], Undetected.ScriptSeparator!.Split('\n'));
        Assert.Equal(["COMMIT TRANSACTION;", "GO", "SET NOEXEC OFF;", "GO"], end);

        // A client that does not know the directive refuses its batch, which must not be that of the settings.
        string[] batches = Undetected.ScriptBegin.Split("\nGO\n");
        Assert.EndsWith(":on error exit", batches[0], StringComparison.Ordinal);
        Assert.Contains("XACT_ABORT ON", batches[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Every_other_statement_parses()
    {
        TableName[] tables = [new("dbo", "a"), new("it's [x]", "say \"hi\"")];
        RowSet[] sets = [.. tables.Select(table => new RowSet { Table = table })];
        string[] statements =
        [
            Undetected.AcquirePurgeLock, Undetected.WaitForPurgeLock!, Undetected.LockTimeoutState, Undetected.Lock(SqlServerLive.Quoting, tables), Undetected.Truncate(
                SqlServerLive.Quoting,
                tables),
            Undetected.Count(SqlServerLive.Quoting, sets), Undetected.CountSeen("[dbo].[a]"), Undetected.CountReferencing(
                SqlServerLive.Quoting,
                sets[0],
                ["x", "y]"]),
            Undetected.ReadCurrent(
                Undetected.CountReferencing(SqlServerLive.Quoting, sets[0], ["x"])), Undetected.SelectAll(SqlServerLive.Quoting, sets[0]), Undetected.Delete(SqlServerLive.Quoting, sets[0]),
            Undetected.SetNull(SqlServerLive.Quoting, sets[0], ["x", "y]"]), Undetected.CountHistory(
                SqlServerLive.Quoting,
                tables[0],
                tables[1])!,
            Undetected.ResetIdentity(
                SqlServerLive.Quoting,
                tables[1],
                "Id",
                sequence: null).Sql, Undetected.SelectReferencing(SqlServerLive.Quoting, sets[0], ["x"]),
        ];

        Assert.All(statements, statement => TransactSql.Parse(statement, new TSql130Parser(initialQuotedIdentifiers: true)));
    }

    [Theory]
    [InlineData("Orders")]
    [InlineData("it's")]
    [InlineData("say \"hi\"")]
    [InlineData("a.b")]
    [InlineData("[x]")]
    [InlineData("'); DROP TABLE t; --")]
    [InlineData("日本語")]
    public void A_reseed_names_its_table_whatever_it_is_called(string name)
    {
        var table = new TableName("odd'] schema", name);

        SqlStatement statement = Undetected.ResetIdentity(SqlServerLive.Quoting, table, "Id", sequence: null);

        Assert.Empty(statement.Parameters);
        Assert.Equal([table], TransactSql.TablesOf(statement.Sql));
    }

    private static IEnumerable<string> Queries(CatalogQueries catalog)
        => [
            catalog.Identity,
            catalog.Schemas!,
            catalog.Tables,
            catalog.Columns,
            catalog.ForeignKeys,
            catalog.Histories!,
            catalog.Identities,
            catalog.Objects,
            catalog.Facts!];

    private static List<int> Widths(string query)
    {
        var select = (SelectStatement)((TSqlScript)TransactSql.Parse(query)).Batches[0].Statements[0];
        static IEnumerable<int> Of(QueryExpression expression) => expression switch
        {
            BinaryQueryExpression union => [.. Of(union.FirstQueryExpression), .. Of(union.SecondQueryExpression)],
            QuerySpecification query => [query.SelectElements.Count],
            _ => [],
        };
        return [.. Of(select.QueryExpression)];
    }

    private sealed class Sources : TSqlFragmentVisitor
    {
        public List<SchemaObjectName> Found { get; } = [];

        public override void Visit(NamedTableReference node) => Found.Add(node.SchemaObject);
    }
}
