using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Archives;

/// <summary>Scenario 35: every value comes back as it was.</summary>
public sealed class RestoreTypesTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Scenario_35_PostgreSql_values_come_back(bool isInSchema) => AssertComesBackAsync(
        isInSchema,
        Engine.PostgreSql,
        """
        CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'tab	and\backslash');
        CREATE TYPE pair AS (a integer, b text);
        CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
        CREATE TABLE "Values" (
            "Id" integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, number bigserial, twice integer GENERATED ALWAYS AS (small * 2) STORED,
            small smallint, big bigint, dec numeric, money money, r real, d double precision, b boolean, c char(5), v varchar(20), t text,
            bytes bytea, ts timestamp, tz timestamptz, day date, hour time, hourtz timetz, span interval, uid uuid, j json, jb jsonb,
            x xml,
            i4range int4range, tsr tstzrange, mr int4multirange, arr integer[], texts text[][], m mood, ms mood[], p pair, ps pair[],
            pos positive,
            point point, line line, box box, path path, poly polygon, circle circle, net inet, cidr cidr, mac macaddr, bits bit(5),
            vbits varbit,
            tsv tsvector, tsq tsquery, class regclass, "a ""quoted"" name" text);
        INSERT INTO "Values" OVERRIDING SYSTEM VALUE VALUES (
            1, 5, DEFAULT, -32768, 9223372036854775807, 'NaN', '-92233720368547758.08', '-Infinity', 'NaN', true, 'ab', 'ü''"',
            E'tab\t line\n cr\r \\ \\N \\. \v\f\b',
            '\x00ff5c', '0044-03-15 12:00:00.000001 BC', 'infinity', '-infinity', '24:00:00', '23:59:59.999999+14:59',
            '-1 year -2 mons +3 days 04:05:06.7', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
            '{"b": 1,  "a": [1, 2.50]}', '{"b": 1, "a": 1.50}', '<a>x</a><b/>', '[1,5)', '["2020-01-01 00:00:00+00",)', '{[1,3),[5,8)}',
            '[2:3]={1,NULL}', '{{"a\"b",NULL},{"","NULL"}}',
            'tab	and\backslash', '{sad,"it''s ok"}', '(1,"x,y")', ARRAY[ROW(1,NULL)::pair, ROW(NULL,'"')::pair], 7, '(1.1,2.2)',
            '{1,2,3}', '(2,2),(1,1)', '[(1,1),(2,2)]', '((1,1),(2,2),(3,1))', '<(1,1),5>',
            '::1/64', '10.0.0.0/8', '08:00:2b:01:02:03', B'10101', B'1', 'fat:1A cat', 'fat & !cat', '"Values"', 'x');
        INSERT INTO "Values" OVERRIDING SYSTEM VALUE VALUES (
            2, 9, DEFAULT, NULL, NULL, 1.00, NULL, '1.17549435e-38', 2.2250738585072014e-308, NULL, '', '', '', '',
            '294276-12-31 23:59:59.999999', '4714-11-24 00:00:00+00 BC', '4714-11-24 BC', '00:00:00', NULL, NULL, NULL,
            'null', 'null', '', 'empty', NULL, '{}', '{}', '{}', NULL, '{}', '(,)', '{}', NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL, NULL, NULL, NULL, '', '', '', NULL, NULL);
        INSERT INTO "Values" OVERRIDING SYSTEM VALUE VALUES (
            3, 10, DEFAULT, 0, 0, '-0.000', 0, '-0', '-0', false, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
        SELECT setval('"Values_Id_seq"', 3), setval('"Values_number_seq"', 10)
        """,
        "SELECT (\"Values\".*)::text FROM \"Values\" ORDER BY \"Id\"");

    [Fact]
    public Task Scenario_35_SQLite_values_come_back() => AssertComesBackAsync(
        isInSchema: false,
        Engine.Sqlite,
        """
        CREATE TABLE "Values" ("Id" INTEGER PRIMARY KEY AUTOINCREMENT, i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC, x, any ANY,
            g INTEGER GENERATED ALWAYS AS (i * 2) STORED, v TEXT GENERATED ALWAYS AS (t || 'x') VIRTUAL);
        INSERT INTO "Values" ("Id", i, r, t, b, n, x, any) VALUES
            (1, 9223372036854775807, 1e308, 'tab' || char(9) || char(10) || char(13) || '\N\.' || char(0) || 'after', x'00ff09', 1.5,
            12, '12'),
            (2, 'no number', -0.1, 5, 'text in a blob', '1.50', '1', 1.0),
            (3, x'31', 9e999, CAST(x'ff41' AS TEXT), x'', '', 1e15, -9223372036854775808),
            (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, -1, -9e999, '', 1.25, x'09', '', 0.1);
        UPDATE sqlite_sequence SET seq = 9
        """,
        "SELECT \"Id\" || typeof(i) || hex(i) || typeof(r) || quote(r) || typeof(t) || hex(t) || typeof(b) || hex(b) "
            + "|| typeof(n) || hex(n) || typeof(x) || hex(x) || typeof(any) || hex(any) FROM \"Values\" ORDER BY \"Id\"");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public Task Scenario_35_MariaDb_values_come_back(bool isInSchema) => AssertComesBackAsync(
        isInSchema,
        Engine.MariaDb,
        """
        SET SESSION sql_mode = CONCAT('ANSI_QUOTES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'), time_zone = '+00:00';
        CREATE TABLE "Values" ("Id" int AUTO_INCREMENT PRIMARY KEY, ti tinyint, tb tinyint(1), sm smallint unsigned, me mediumint,
        bi bigint unsigned, de decimal(28,10), f float, d double,
            bt bit(10), b1 bit(1), y year, da date, tm time(6), dt datetime(6), ts timestamp(6) NULL, ts0 timestamp NULL, c char(5),
            v varchar(20), t longtext, l1 varchar(20) CHARACTER SET latin1,
            bi4 binary(4), vb varbinary(10), lb longblob, e enum('', 'a', 'it''s'), s set('x', 'y', 'z'), j json, g geometry, pt point,
            u uuid, ip inet6,
            gen int AS (ti + 1) STORED, hidden int INVISIBLE DEFAULT 7, touched timestamp NULL DEFAULT NULL ON UPDATE CURRENT_TIMESTAMP);
        INSERT INTO "Values" ("Id", ti, tb, sm, me, bi, de, f, d, bt, b1, y, da, tm, dt, ts, ts0, c, v, t, l1, bi4, vb, lb, e, s, j, g,
        pt, u, ip, hidden, touched) VALUES
            (0, -128, 2, 65535, -8388608, 18446744073709551615, 123456789012345678.1234567890, 1.17549e-38, 2.2250738585072014e-308,
             b'1010101010', b'1', 2155, '0000-00-00', '-838:59:59.999999', '0000-00-00 00:00:00', '2038-01-19 03:14:07.999999',
             '0000-00-00 00:00:00', 'ab', 'ü''"', CONCAT('tab\t', CHAR(0), '\n\r\\\\N'), 'é',
             x'00ff', x'', x'0009ff5c', 'it''s', 'x,z', '{"b": 1,  "a": 2}', ST_GeomFromText('POINT(1 2)'), POINT(0.1, -2),
             'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '::1', 1, '2020-01-01'),
            (5, 0, 0, 0, 0, 0, 0, 0.1, -0.1, b'0', b'0', 0, '9999-12-31', '00:00:00', '2020-02-31 00:00:00.000001',
            '1970-01-01 00:00:01', '2000-03-26 01:30:00', '', '', '', '', '', NULL, '', 'bad', '', NULL, NULL, NULL, NULL, NULL, 2, NULL),
            (6, NULL, NULL, NULL, NULL, NULL, NULL, 3.40282e38, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
            NULL, NULL, NULL, NULL, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
        """,
        "SELECT CONCAT_WS('|', \"Id\", ti, tb, sm, me, bi, de, f * 1e0, d, HEX(bt + 0), b1 + 0, y, da, tm, dt, "
            + "UNIX_TIMESTAMP(ts), ts0, HEX(c), HEX(v), HEX(t), HEX(l1), HEX(bi4), HEX(vb), HEX(lb), e + 0, s + 0, j, HEX(g), "
            + "HEX(pt), u, ip, gen, hidden, touched) FROM \"Values\" ORDER BY \"Id\"");

    [Theory]
    [InlineData("SQLite", false, 990)]
    [InlineData("PostgreSQL", false, 1500)]
    [InlineData("PostgreSQL", true, 1500)]
    [InlineData("MariaDB", false, 1000)]
    [InlineData("MariaDB", true, 1000)]
    public Task Tables_of_many_columns_come_back(string name, bool isInSchema, int columns)
    {
        Engine engine = name switch { "SQLite" => Engine.Sqlite, "PostgreSQL" => Engine.PostgreSql, _ => Engine.MariaDb };
        int[] numbers = [.. Enumerable.Range(1, columns)];
        string Row(int id) => $"({id}, {string.Join(", ", numbers.Select(n => n % 5 == id ? "NULL" : $"{n * id}"))})";
        return AssertComesBackAsync(
            isInSchema,
            engine,
            $"CREATE TABLE \"Values\" (\"Id\" int PRIMARY KEY, {string.Join(", ", numbers.Select(n => $"c{n} int"))}); "
                + $"INSERT INTO \"Values\" VALUES {Row(1)}, {Row(2)}, {Row(3)}",
            $"SELECT {string.Join(" + ", numbers.Where(n => n % 40 == 0).Select(n => $"c{n}"))} FROM \"Values\" ORDER BY \"Id\"");
    }

    private static async Task AssertComesBackAsync(bool isInSchema, Engine engine, string create, string query)
    {
        await using RowScenario rows = await RowScenario.CreateAsync(engine, model => model.Entity<Value>().ToTable("Values"), "A 1");
        await rows.Database.ExecuteAsync("DROP TABLE \"Values\"", CancellationToken);
        await (rows.Database is PostgreSqlTestDatabase postgres
            ? postgres.ExecuteTypesAsync(create, CancellationToken)
            : rows.Database.ExecuteAsync(create, CancellationToken));
        string folder = Path.Combine(Directory.CreateTempSubdirectory("floworxpurge-restore-").FullName, "archive");

        // The driver of MariaDB reads no date that is zero.
        string before = engine == Engine.MariaDb ? string.Empty : await rows.Database.ChecksumAsync(CancellationToken);
        string values = await rows.ValuesAsync(query);

        string schema = SchemaScenario.NewName();
        Purger purger = engine.Purger(options => options.Rows<Value>(value => value.Id >= 0).ArchiveTo(
            isInSchema ? null : folder,
            isInSchema ? schema : null));
        PurgePlan plan = await purger.PlanAsync(rows.Context, CancellationToken);
        await purger.ExecuteAsync(rows.Context, plan, cancellationToken: CancellationToken);
        Assert.Equal(string.Empty, await rows.KeysAsync("Values"));
        RestoreReport report = isInSchema
            ? await PurgeArchive.RestoreSchemaAsync(schema, rows.Context, cancellationToken: CancellationToken)
            : await PurgeArchive.RestoreAsync(folder, rows.Context, cancellationToken: CancellationToken);
        await rows.Database.ExecuteAsync("DROP TABLE floworxpurge_runs", CancellationToken);
        if (isInSchema)
        {
            await rows.Database.ExecuteAsync(
                $"DROP SCHEMA {TestDatabase.Quote(schema)}{(rows.Database.HasSchemas ? " CASCADE" : string.Empty)}",
                CancellationToken);
        }

        Assert.Equal(values, await rows.ValuesAsync(query));
        Assert.Equal(before, engine == Engine.MariaDb ? string.Empty : await rows.Database.ChecksumAsync(CancellationToken));
        Assert.True(report.Tables.Sum(table => table.Rows) > 2);
        Directory.Delete(Path.GetDirectoryName(folder)!, recursive: true);
    }

    private sealed class Value
    {
        public int Id { get; set; }
    }
}
