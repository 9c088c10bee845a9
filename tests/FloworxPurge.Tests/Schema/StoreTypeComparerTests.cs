using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reading;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Schema;

/// <summary>
/// Two spellings of a type: one type, one type with other lengths, or two types. The second spelling is one that the catalog writes.
/// </summary>
public sealed class StoreTypeComparerTests
{
    private static readonly IRelationalTypeMappingSource PostgreSqlMappings = Mappings(options => options.UseNpgsql("Host=nowhere"));

    private static readonly IRelationalTypeMappingSource SqliteMappings = Mappings(options => options.UseSqlite("Data Source=:memory:"));

    [Theory]
    [InlineData("int4", "integer")]
    [InlineData("INT", "integer")]
    [InlineData("serial", "integer")]
    [InlineData("bigserial", "bigint")]
    [InlineData("smallserial", "smallint")]
    [InlineData("pg_catalog.int4", "integer")]
    [InlineData("pg_catalog.varchar(50)", "character varying(50)")]
    [InlineData("float8", "double precision")]
    [InlineData("float4", "real")]
    [InlineData("bool", "boolean")]
    [InlineData("decimal(10,2)", "numeric(10,2)")]
    [InlineData("decimal(10, 2)", "numeric(10,2)")]
    [InlineData("numeric(20)", "numeric(20,0)")]
    [InlineData("decimal", "numeric")]
    [InlineData("dec(10,2)", "numeric(10,2)")]
    [InlineData("nchar(3)", "character(3)")]
    [InlineData("char varying(3)", "character varying(3)")]
    [InlineData("national character varying(3)", "character varying(3)")]
    [InlineData("varchar(50)", "character varying(50)")]
    [InlineData("VARCHAR(50)", "character varying(50)")]
    [InlineData("varchar", "character varying")]
    [InlineData("char", "character(1)")]
    [InlineData("char(3)", "character(3)")]
    [InlineData("bpchar(3)", "character(3)")]
    [InlineData("bpchar", "bpchar")]
    [InlineData("bit", "bit(1)")]
    [InlineData("varbit(8)", "bit varying(8)")]
    [InlineData("timestamp", "timestamp without time zone")]
    [InlineData("timestamp(3)", "timestamp(3) without time zone")]
    [InlineData("timestamptz(3)", "timestamp(3) with time zone")]
    [InlineData("timestamp with time zone", "timestamp with time zone")]
    [InlineData("time", "time without time zone")]
    [InlineData("timetz(3)", "time(3) with time zone")]
    [InlineData("interval(3)", "interval(3)")]
    [InlineData("int4[]", "integer[]")]
    [InlineData("varchar(50)[]", "character varying(50)[]")]
    [InlineData("timestamptz(3)[]", "timestamp(3) with time zone[]")]
    [InlineData("public.mood", "mood")]
    [InlineData("mood", "public.mood")]
    [InlineData("\"Mood\"", "\"Mood\"")]
    [InlineData("kinds.\"Price\"", "kinds.\"Price\"")]
    [InlineData("citext", "public.citext")]
    [InlineData("xid", "xid")]
    [InlineData("text", "")]
    [InlineData("", "text")]
    public void PostgreSql_knows_one_type_by_its_aliases(string expected, string found)
        => Assert.Equal(StoreTypeMatch.Same, PostgreSql(expected, found));

    [Theory]
    [InlineData("varchar(50)", "character varying(60)")]
    [InlineData("varchar(50)", "character varying")]
    [InlineData("char(3)", "character(4)")]
    [InlineData("char(3)", "bpchar")]
    [InlineData("decimal(10,2)", "numeric(10,3)")]
    [InlineData("decimal(10,2)", "numeric")]
    [InlineData("numeric(20)", "numeric(20,2)")]
    [InlineData("timestamptz(3)", "timestamp with time zone")]
    [InlineData("timestamptz(3)", "timestamp(6) with time zone")]
    [InlineData("bit(8)", "bit(1)")]
    [InlineData("varchar(50)[]", "character varying(60)[]")]
    public void PostgreSql_distinguishes_lengths_and_precisions(string expected, string found)
        => Assert.Equal(StoreTypeMatch.OtherFacets, PostgreSql(expected, found));

    [Theory]
    [InlineData("uuid", "bigint")]
    [InlineData("integer", "bigint")]
    [InlineData("integer", "smallint")]
    [InlineData("integer", "integer[]")]
    [InlineData("int4[]", "bigint[]")]
    [InlineData("text", "integer")]
    [InlineData("text", "uuid")]
    [InlineData("text", "citext")]
    [InlineData("text", "character(10)")]
    [InlineData("text", "character varying(450)")]
    [InlineData("text", "name")]
    [InlineData("text", "text[]")]
    [InlineData("json", "jsonb")]
    [InlineData("json", "text")]
    [InlineData("timestamp", "timestamp with time zone")]
    [InlineData("timestamptz", "timestamp without time zone")]
    [InlineData("date", "timestamp without time zone")]
    [InlineData("time", "time with time zone")]
    [InlineData("time", "interval")]
    [InlineData("real", "double precision")]
    [InlineData("numeric", "double precision")]
    [InlineData("numeric", "money")]
    [InlineData("boolean", "smallint")]
    [InlineData("bit(1)", "boolean")]
    [InlineData("bit(8)", "bit varying(8)")]
    [InlineData("oid", "xid")]
    [InlineData("xid", "cid")]
    [InlineData("xid8", "bigint")]
    [InlineData("inet", "cidr")]
    [InlineData("macaddr", "macaddr8")]
    [InlineData("tsrange", "tstzrange")]
    [InlineData("int4range", "int8range")]
    [InlineData("int4range", "int4multirange")]
    [InlineData("tsvector", "tsquery")]
    [InlineData("mood", "text")]
    [InlineData("one.mood", "two.mood")]
    [InlineData("bytea", "text")]
    public void PostgreSql_distinguishes_types(string expected, string found)
        => Assert.Equal(StoreTypeMatch.Different, PostgreSql(expected, found));

    [Theory]
    [InlineData("INTEGER", "int")]
    [InlineData("INTEGER", "BIGINT")]
    [InlineData("TEXT", "varchar(50)")]
    [InlineData("varchar(50)", "nvarchar(60)")]
    [InlineData("TEXT", "CLOB")]
    [InlineData("REAL", "double precision")]
    [InlineData("decimal(10,2)", "NUMERIC")]
    [InlineData("DATETIME", "BOOLEAN")]
    [InlineData("BLOB", "blob")]
    [InlineData("TEXT", "")]
    public void SQLite_compares_by_affinity_and_ignores_lengths(string expected, string found)
        => Assert.Equal(StoreTypeMatch.Same, Sqlite(expected, found));

    [Theory]
    [InlineData("INTEGER", "TEXT")]
    [InlineData("TEXT", "BLOB")]
    [InlineData("REAL", "INTEGER")]
    [InlineData("TEXT", "uniqueidentifier")]
    [InlineData("decimal(10,2)", "TEXT")]
    public void SQLite_distinguishes_affinities(string expected, string found)
        => Assert.Equal(StoreTypeMatch.Different, Sqlite(expected, found));

    [Theory]
    [InlineData("INTEGER", "integer", nameof(StoreTypeMatch.Same))]
    [InlineData("varchar(50)", "VARCHAR(50)", nameof(StoreTypeMatch.Same))]
    [InlineData("varchar(50)", "varchar(60)", nameof(StoreTypeMatch.OtherFacets))]
    [InlineData("TEXT", "INTEGER", nameof(StoreTypeMatch.Different))]
    [InlineData("BLOB", "TEXT", nameof(StoreTypeMatch.Different))]
    public void A_provider_without_a_dialect_is_asked_for_its_aliases(string expected, string found, string match)
        => Assert.Equal(match, new StoreTypeComparer(SqliteMappings, new AnsiDialect()).Compare(expected, found).ToString());

    private static StoreTypeMatch PostgreSql(string expected, string found)
        => new StoreTypeComparer(PostgreSqlMappings, new PostgreSqlDialect()).Compare(expected, found);

    private static StoreTypeMatch Sqlite(string expected, string found)
        => new StoreTypeComparer(SqliteMappings, new SqliteDialect()).Compare(expected, found);

    private static IRelationalTypeMappingSource Mappings(Action<DbContextOptionsBuilder> configure)
    {
        DbContextOptionsBuilder options = new DbContextOptionsBuilder().AllowManyProviders();
        configure(options);
        using var context = new DbContext(options.Options);
        return context.GetService<IRelationalTypeMappingSource>();
    }
}
