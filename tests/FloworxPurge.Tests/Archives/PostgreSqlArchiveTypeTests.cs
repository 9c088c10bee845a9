using System.Text;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>A row of a table whose other columns the model does not know.</summary>
public sealed class Typed
{
    public int Id { get; set; }
}

/// <summary>What PostgreSQL can store comes into an archive so that COPY reads the same values from it.</summary>
public sealed class PostgreSqlArchiveTypeTests
{
    private const string Types = """
        CREATE TYPE mood AS ENUM ('sad', 'o\k', 'ha,ppy');
        CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
        CREATE TYPE pair AS (a integer, b text);
        CREATE DOMAIN place AS pair;
        CREATE TYPE floats AS RANGE (subtype = float8);
        CREATE SCHEMA other;
        CREATE TABLE other.named (id integer);
        CREATE FUNCTION other.twice(integer) RETURNS integer LANGUAGE sql AS 'SELECT 2 * $1';
        CREATE TABLE typed ("Id" integer PRIMARY KEY, kind text, v_bool boolean, v_bytea bytea, v_char "char", v_name name, v_int8 bigint, v_int2 smallint, v_int4 integer,
            v_text text, v_oid oid, v_json json, v_jsonb jsonb, v_xml xml, v_point point, v_lseg lseg, v_path path, v_box box, v_polygon polygon, v_line line, v_circle circle,
            v_float4 real, v_float8 double precision, v_money money, v_macaddr macaddr, v_macaddr8 macaddr8, v_inet inet, v_cidr cidr, v_bpchar char(6), v_varchar varchar(6),
            v_date date, v_time time, v_timestamp timestamp, v_timestamptz timestamptz, v_interval interval, v_timetz timetz, v_bit bit(5), v_varbit bit varying, v_numeric numeric,
            v_uuid uuid, v_tsvector tsvector, v_tsquery tsquery, v_int4range int4range, v_numrange numrange, v_tstzrange tstzrange, v_daterange daterange, v_multi int4multirange,
            v_mood mood, v_moods mood[], v_positive positive, v_pair pair, v_pairs pair[], v_place place, v_floats floats, v_texts text[][], v_ints integer[], v_byteas bytea[],
            v_class regclass, v_proc regprocedure, v_type regtype, v_classes regclass[], v_lsn pg_lsn, v_snapshot pg_snapshot, v_tid tid, v_xid xid, v_path_json jsonpath,
            v_identity integer GENERATED ALWAYS AS IDENTITY, v_generated integer GENERATED ALWAYS AS (v_int4 * 2) STORED, "Strange ""Name" text DEFAULT 'x')
        """;

    private const string Rows = """
        INSERT INTO typed VALUES (1, 'all', true, '\x00ff5c0a09', 'c', 'a_name', 9223372036854775807, -32768, 7, E'tab\there\nline\r\\N \\. "quoted" \b\f\v é 😀', 4294967295, '{"a" :  1, "a": 2}', '{"b": [1, null, "x\\n"], "a": 1e3}', '<a b="1">x</a>tail',
            '(1.1,-0.0)', '[(1,2),(3,4.5)]', '[(0,0),(1,1),(2,0)]', '(2,2),(0,0)', '((0,0),(1,1),(1,0))', '{1,2,3}', '<(1,2),3.3>', 0.1, 0.1, 1234567.89, '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', '192.168.1.5/24', '10.0.0.0/8', 'ab', 'cd ',
            '2026-02-28', '23:59:59.999999', '2026-01-02 03:04:05.678901', '2026-07-01 12:00:00.000001+05:30', '1 year 2 mons -3 days 04:05:06.789', '10:11:12.5-08:30', B'10101', B'1', 12345678901234567890.12345678901234567890,
            'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'fat:2A cat:3', 'fat & !cat', '[1,10)', '(0.5,)', '[2026-01-01 00:00+00,2026-01-02 00:00+01)', '[2026-01-01,2026-01-05)', '{[1,3),[5,7)}',
            'o\k', '{sad,"ha,ppy",NULL}', 5, ROW(1, E'x,"y\\')::pair, ARRAY[ROW(1, NULL)::pair, ROW(NULL, '')::pair], ROW(2, 'in domain')::pair, '[0.1,0.30000000000000004]', '{{a,b},{c,NULL}}', '[2:4]={1,2,3}', ARRAY['\x00'::bytea, '\x5c'],
            'other.named', 'other.twice(integer)', 'other.mood2'::text::name::text::regtype, ARRAY['other.named'::regclass, 'typed'::regclass], '16/B374D848', '10:20:10,14,15', '(0,1)', '123', '$.a[*] ? (@ > 1)');
        """;

    private const string Extremes = """
        INSERT INTO typed ("Id", kind, v_float4, v_float8, v_numeric, v_date, v_timestamp, v_timestamptz, v_interval, v_text) VALUES
            (2, 'nan', 'NaN', 'NaN', 'NaN', 'infinity', 'infinity', 'infinity', '0', ''),
            (3, 'low', '-Infinity', '-Infinity', '-1e-1000', '-infinity', '-infinity', '-infinity', '-178000000 years', '\N'),
            (4, 'old', 1.17549435e-38, 4.9e-324, 1e1000, '4713-01-01 BC', '0044-03-15 12:00:00 BC', '0001-12-31 23:59:59.999999+00 BC', '178000000 years', '\.'),
            (5, 'negative zero', '-0', '-0', 0.000, '5874897-12-31', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '-1 day +23:00', NULL),
            (6, 'digits', 16777217, 0.1::float8 + 0.2::float8, 1.10, '0001-01-01', '2026-10-25 02:30:00', '2026-10-25 00:30:00+00', '1 day', E'\u0001')
        """;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("whole tables")]
    [InlineData("rows")]
    [InlineData("whole tables, read before")]
    public async Task Every_type_is_archived_so_that_copy_reads_it_back_identically(string mode)
    {
        await using PostgreSqlTestDatabase database = await CreateAsync();
        using var archive = new ArchiveFiles();
        await using var context = new ScenarioContext(database, Model);
        string before = await DigestAsync(database);

        // What the host has set for its sessions decides nothing.
        string name = await database.ScalarAsync<string>("SELECT current_database()", CancellationToken) ?? string.Empty;
        await database.ExecuteAsync(
            $"ALTER DATABASE \"{name}\" SET DateStyle = 'German, DMY'; ALTER DATABASE \"{name}\" SET IntervalStyle = 'sql_standard'; "
                + $"ALTER DATABASE \"{name}\" SET extra_float_digits = -10; ALTER DATABASE \"{name}\" SET bytea_output = 'escape'; "
                + $"ALTER DATABASE \"{name}\" SET TimeZone = 'America/Caracas'",
            CancellationToken);
        if (mode.EndsWith("before", StringComparison.Ordinal))
        {
            await database.ExecuteAsync(
                "CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'; "
                    + "CREATE TRIGGER nothing BEFORE DELETE ON typed FOR EACH ROW EXECUTE FUNCTION nothing()",
                CancellationToken);
        }

        Npgsql.NpgsqlConnection.ClearAllPools();
        var purger = new Purger(options =>
        {
            options.ArchiveTo(archive.Folder);
            if (mode is "rows")
            {
                options.Rows<Typed>(row => row.Id > 0);
            }
        });
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal(6, report.RowsDeleted);
        Assert.DoesNotContain("v_generated", archive.Columns("typed"));
        Assert.Contains("v_identity", archive.Columns("typed"));
        Assert.Contains("Strange \"Name", archive.Columns("typed"));
        Assert.Equal(6, archive.Manifest.Tables.Single().Counters.Single(counter => counter.Column == "v_identity").Last);
        await RestoreByHandAsync(database, archive);
        Assert.Equal(before, await DigestAsync(database));
        string text = Encoding.UTF8.GetString(archive.Content("typed"));
        Assert.Contains("other.named", text, StringComparison.Ordinal);
        Assert.Contains("\\\\x00ff5c0a09", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_type_that_cannot_be_written_back_is_refused_by_name_before_anything_is_deleted()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TYPE holder AS (t gtsvector); CREATE TABLE typed (\"Id\" integer PRIMARY KEY, odd gtsvector, odds holder[]); "
                + "INSERT INTO typed VALUES (1)",
            CancellationToken);
        using var archive = new ArchiveFiles();
        await using var context = new ScenarioContext(database, Model);
        var purger = new Purger(options => options.ArchiveTo(archive.Folder));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("column \"odd\" of \"public\".\"typed\" (gtsvector)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("column \"odds\" of \"public\".\"typed\" (holder[])", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, await database.CountAsync("typed", cancellationToken: CancellationToken));
        Assert.True(archive.IsNothing);
    }

    private static void Model(ModelBuilder model) => model.Entity<Typed>(entity =>
    {
        entity.ToTable("typed");
        entity.Property(row => row.Id).ValueGeneratedNever();
    });

    private static async Task<PostgreSqlTestDatabase> CreateAsync()
    {
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteTypesAsync(Types, CancellationToken);
        await database.ExecuteAsync(
            Rows.Replace("'other.mood2'::text::name::text::regtype", "'mood'", StringComparison.Ordinal) + Extremes,
            CancellationToken);
        return database;
    }

    // In the binary form, which no setting changes.
    private static async Task<string> DigestAsync(PostgreSqlTestDatabase database)
        => await database.ScalarAsync<string>(
            "SELECT string_agg(encode(record_send(t), 'hex'), E'\\n' ORDER BY \"Id\") FROM typed AS t",
            CancellationToken) ?? string.Empty;

    // As psql would: COPY reads the file as it is.
    private static async Task RestoreByHandAsync(PostgreSqlTestDatabase database, ArchiveFiles archive)
    {
        await using var connection = (Npgsql.NpgsqlConnection)await database.OpenConnectionAsync(CancellationToken);
        await using (var settings = connection.CreateCommand())
        {
            settings.CommandText = "SET DateStyle = 'ISO'; SET TimeZone = 'UTC'; SET lc_monetary = 'C'; SET IntervalStyle = 'postgres'";
            await settings.ExecuteNonQueryAsync(CancellationToken);
        }

        string columns = string.Join(", ", archive.Columns("typed").Select(TestDatabase.Quote));
        await using var writer = await connection.BeginTextImportAsync($"COPY typed ({columns}) FROM STDIN", CancellationToken);
        await writer.WriteAsync(Encoding.UTF8.GetString(archive.Content("typed")));
    }
}
