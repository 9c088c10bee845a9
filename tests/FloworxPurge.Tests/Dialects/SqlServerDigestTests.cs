using FloworxPurge.Schema;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace FloworxPurge.Tests.Dialects;

/// <summary>The digest of a row is Transact-SQL that SQL Server 2016 parses, and covers every column by its binary form.</summary>
public sealed class SqlServerDigestTests
{
    private static readonly string[] Readable =
    [
        "bigint", "int", "smallint", "tinyint", "bit", "decimal(18,2)", "numeric(38,10)", "money", "smallmoney", "float", "real", "date", "time", "time(3)", "datetime", "datetime2", "datetime2(3)", "smalldatetime",
        "datetimeoffset", "char(3)", "varchar(max)", "nchar(3)", "nvarchar(100)", "nvarchar(max)", "binary(8)", "varbinary(max)", "text", "ntext", "image", "rowversion", "uniqueidentifier", "xml", "sql_variant",
    ];

    [Fact]
    public void One_select_reads_every_column_and_gives_counts_and_a_sum()
    {
        Column[] columns = [.. Readable.Select((type, i) => new Column($"c{i}]", type, IsNullable: true))];

        string sql = SqlServerLive.Dialect.SumDigests(
            SqlServerLive.Quoting,
            new RowSet { Table = new("dbo", "kept") },
            SqlServerLive.Dialect.RowDigest(SqlServerLive.Quoting, columns)!);

        TSqlBatch batch = Assert.Single(((TSqlScript)TransactSql.Parse(sql, new TSql130Parser(initialQuotedIdentifiers: true))).Batches);
        var select = (QuerySpecification)Assert.IsType<SelectStatement>(Assert.Single(batch.Statements)).QueryExpression;
        Assert.Equal(3, select.SelectElements.Count);
        Assert.All(
            columns,
            column => Assert.Contains("t." + SqlServerLive.Quoting.DelimitIdentifier(column.Name), sql, StringComparison.Ordinal));
        Assert.Equal([new TableName("dbo", "kept")], TransactSql.TablesOf(sql));
    }

    [Fact]
    public void Every_readable_type_is_hashed_by_its_binary_form_and_not_as_text()
        => Assert.All(Readable, type =>
        {
            string row = SqlServerLive.Dialect.RowDigest(SqlServerLive.Quoting, [new Column("c", type, IsNullable: true)])!;
            Assert.True(SqlServerLive.Dialect.IsReadInFull(type));
            Assert.Contains(" AS varbinary(", row, StringComparison.Ordinal);
            Assert.DoesNotContain("CONVERT", row, StringComparison.Ordinal);
            Assert.Contains("COALESCE(HASHBYTES('SHA2_256', ", row, StringComparison.Ordinal);
        });

    [Theory]
    [InlineData("geography")]
    [InlineData("geometry")]
    [InlineData("hierarchyid")]
    [InlineData("json")]
    [InlineData("vector(3)")]
    [InlineData("some_type")]
    public void A_type_of_which_that_is_not_known_leaves_the_content_unknown(string type)
        => Assert.False(SqlServerLive.Dialect.IsReadInFull(type));
}
