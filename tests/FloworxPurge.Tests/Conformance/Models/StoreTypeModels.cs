using FloworxPurge.Tests.Kit;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;
using NpgsqlTypes;

namespace FloworxPurge.Tests.Conformance.Models;

public enum Mood
{
    Happy,
    Sad,
}

/// <summary>One table with a column of every type that a provider maps.</summary>
public static class StoreTypeModels
{
    /// <summary>The types of C# that every provider maps.</summary>
    private static readonly Type[] CommonTypes =
    [
        typeof(bool), typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(float),
        typeof(double), typeof(decimal), typeof(char), typeof(string), typeof(byte[]), typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly),
        typeof(TimeOnly), typeof(TimeSpan), typeof(Uri), typeof(IPAddress), typeof(Mood),
    ];

    private static readonly Type[] CollectionTypes = [typeof(int[]), typeof(List<string>), typeof(Mood[])];

    /// <summary>PostgreSQL's own types of C#, and the types that it maps to arrays and ranges.</summary>
    private static readonly Type[] PostgreSqlClrTypes =
    [
        typeof(JsonDocument), typeof(JsonElement), typeof(System.Numerics.BigInteger), typeof(System.Collections.BitArray), typeof(
            System.Net.NetworkInformation.PhysicalAddress),
        typeof(IPNetwork), typeof(NpgsqlInet), typeof(NpgsqlPoint), typeof(NpgsqlBox), typeof(NpgsqlCircle), typeof(NpgsqlLine), typeof(NpgsqlLSeg), typeof(NpgsqlPath), typeof(NpgsqlPolygon),
        typeof(NpgsqlTsVector), typeof(NpgsqlTsQuery), typeof(
            NpgsqlLogSequenceNumber), typeof(NpgsqlRange<int>), typeof(NpgsqlRange<long>), typeof(NpgsqlRange<decimal>),
        typeof(NpgsqlRange<DateTime>), typeof(
            NpgsqlRange<DateOnly>), typeof(NpgsqlRange<int>[]), typeof(DateTime[]), typeof(decimal[]), typeof(Guid[]), typeof(bool[]),
    ];

    /// <summary>Spellings that a person writes into a model, aliases of PostgreSQL among them.</summary>
    private static readonly string[] PostgreSqlStoreTypes =
    [
        "int2", "int4", "int8", "int", "smallint", "integer", "bigint", "float4", "float8", "real", "double precision", "float", "numeric", "decimal", "numeric(20)", "numeric(20,0)", "decimal(10,2)", "NUMERIC(10, 2)",
        "bool", "boolean", "money", "char", "char(3)", "character(3)", "bpchar", "bpchar(3)", "varchar", "varchar(50)", "character varying(50)", "VARCHAR(50)", "text", "citext", "name", "\"char\"",
        "bytea", "uuid", "xml", "json", "jsonb", "jsonpath", "hstore", "bit", "bit(8)", "varbit", "varbit(8)", "bit varying(8)",
        "date", "time", "time(3)", "time without time zone", "time(3) without time zone", "timetz", "timetz(3)", "time with time zone", "time(3) with time zone",
        "timestamp", "timestamp(3)", "timestamp without time zone", "timestamp(3) without time zone", "timestamptz", "timestamptz(3)", "timestamp with time zone", "timestamp(3) with time zone", "interval", "interval(3)",
        "inet", "cidr", "macaddr", "macaddr8", "oid", "xid", "xid8", "cid", "tid", "pg_lsn", "regclass", "regtype", "tsvector", "tsquery",
        "point", "line", "lseg", "box", "path", "polygon", "circle", "cube", "ltree", "lquery", "ltxtquery",
        "int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange",
        "int4[]", "integer[]", "varchar(50)[]", "decimal(10,2)[]", "timestamptz(3)[]", "timestamptz[]", "text[]", "char(3)[]", "bool[]", "citext[]",
        "positive_int", "\"Post Code\"", "kinds.\"Price\"", "public.positive_int", "mood", "kinds.\"Weather\"", "pg_catalog.int4", "pair",
    ];

    private static readonly string[] SqliteStoreTypes =
    [
        "INTEGER", "int", "BIGINT", "TEXT", "varchar(50)", "NVARCHAR(100)", "nchar(3)", "CLOB", "REAL", "DOUBLE PRECISION", "float", "NUMERIC", "decimal(10,2)", "DECIMAL(10, 2)",
        "BOOLEAN", "DATE", "datetime", "timestamp", "guid", "uniqueidentifier", "BLOB", "VARBINARY(16)", "json", "ANY", "MY TYPE (1)", "unsigned big int",
    ];

    public static ModelCase CommonClrTypes { get; } = new(
        model => Wide(model, entity => AddColumns(entity, CommonTypes)))
    { MoreRows = ["INSERT INTO \"Wide\" DEFAULT VALUES"] };

    public static ModelCase PrimitiveCollections { get; } = new(model => Wide(model, entity => AddColumns(entity, CollectionTypes)))
    {
        MoreRows = ["INSERT INTO \"Wide\" DEFAULT VALUES"],
        Gap = engine => engine == Engine.MariaDb ? "The provider maps no collections." : null,
    };

    /// <summary>Columns that the database computes.</summary>
    public static ModelCase ComputedColumns { get; } = new(model => Wide(model, entity =>
    {
        entity.IndexerProperty<string>("Max").HasMaxLength(50);
        entity.IndexerProperty<int>("Default").HasDefaultValue(7);
        entity.IndexerProperty<string>("Computed").HasComputedColumnSql("\"Max\" || 'x'", stored: true);
        entity.IndexerProperty<int>("ComputedNumber").HasComputedColumnSql("\"Default\" + 1", stored: true);
    }))
    {
        MoreRows = ["INSERT INTO \"Wide\" (\"Max\") VALUES ('a')"],
        Gap = engine => engine == Engine.MariaDb ? "The provider writes them as MySQL reads them, and MariaDB does not."
            : engine == Engine.SqlServer ? "Two texts are joined by + there, and the model has ||." : null,
    };

    /// <summary>Lengths, precisions, fixed lengths and defaults, as the model API says them.</summary>
    public static ModelCase Facets { get; } = new(model => Wide(model, entity =>
    {
        entity.IndexerProperty<string>("Max").HasMaxLength(50);
        entity.IndexerProperty<string>("Fixed").HasMaxLength(3).IsFixedLength();
        entity.IndexerProperty<string>("NotUnicode").IsUnicode(false).HasMaxLength(20);
        entity.IndexerProperty<decimal?>("Money").HasPrecision(10, 2);
        entity.IndexerProperty<decimal?>("Whole").HasPrecision(20);
        entity.IndexerProperty<DateTimeOffset?>("Moment").HasPrecision(3);
        entity.IndexerProperty<TimeOnly?>("Time").HasPrecision(0);
        entity.IndexerProperty<TimeSpan?>("Span").HasPrecision(3);
        entity.IndexerProperty<byte[]>("Bytes").HasMaxLength(16);
        entity.IndexerProperty<int>("Default").HasDefaultValue(7);
        entity.IndexerProperty<DateTime?>("DefaultSql").HasDefaultValueSql("CURRENT_TIMESTAMP");
        entity.HasIndex("Max").IsUnique().HasFilter("\"Max\" IS NOT NULL");
    }))
    { MoreRows = ["INSERT INTO \"Wide\" (\"Max\") VALUES ('a')"] };

    public static ModelCase SqliteTypes { get; } = new(model => Wide(model, entity =>
    {
        AddColumns(entity, SqliteStoreTypes, _ => typeof(string));
        entity.IndexerProperty<string>("Virtual").HasComputedColumnSql("\"Id\" + 1");
        entity.IndexerProperty<string>("Collated").UseCollation("NOCASE");
    }))
    {
        MoreRows = ["INSERT INTO \"Wide\" DEFAULT VALUES"],
        Gap = engine => engine == Engine.Sqlite || engine == Engine.Ansi ? null : $"{engine} has types of its own.",
    };

    /// <summary>Apart from the other types, since not every version of the server has them.</summary>
    public static ModelCase PostgreSqlMultiranges { get; } = new(
        model => Wide(model, entity => AddColumns(entity, ["int4multirange", "datemultirange"], PostgreSqlClrType)))
    {
        MoreRows = ["INSERT INTO \"Wide\" DEFAULT VALUES"],
        Gap = engine => engine == Engine.PostgreSql ? null : $"{engine} has types of its own.",
    };

    public static ModelCase PostgreSqlTypes { get; } = new(model =>
    {
        foreach (string extension in (string[])["citext", "hstore", "cube", "ltree"])
        {
            model.HasPostgresExtension(extension);
        }

        model.HasPostgresEnum("mood", ["happy", "sad"]);
        model.HasPostgresEnum("kinds", "Weather", ["sun", "rain"]);
        model.HasPostgresRange("pair", "float8");
        Wide(model, entity =>
        {
            AddColumns(entity, PostgreSqlClrTypes);
            AddColumns(entity, PostgreSqlStoreTypes, PostgreSqlClrType);
            entity.IndexerProperty<uint>("Version").IsRowVersion();
            entity.IndexerProperty<NpgsqlTsVector>("Search").HasComputedColumnSql("to_tsvector('english', 'x')", stored: true);
            entity.IndexerProperty<string>("Collated").UseCollation("C");
            entity.IndexerProperty<Dictionary<string, string>>("Pairs");
        });
        Serial(model, "smallserial", typeof(short));
        Serial(model, "serial", typeof(int));
        Serial(model, "bigserial", typeof(long));
        Serial(model, "serial4", typeof(int));
    })
    {
        Before =
        [
            "CREATE SCHEMA kinds",
            "CREATE DOMAIN positive_int AS integer CHECK (VALUE > 0)",
            "CREATE DOMAIN \"Post Code\" AS varchar(10)",
            "CREATE DOMAIN kinds.\"Price\" AS numeric(10, 2)",
        ],
        MoreRows =
        [
            "INSERT INTO \"Wide\" DEFAULT VALUES",
            "INSERT INTO \"Of smallserial\" DEFAULT "
                + "VALUES", "INSERT INTO \"Of serial\" DEFAULT VALUES", "INSERT INTO \"Of bigserial\" DEFAULT VALUES", "INSERT INTO \"Of serial4\" DEFAULT VALUES",
        ],
        Gap = engine => engine == Engine.PostgreSql ? null : $"{engine} has types of its own.",
    };

    /// <summary>An enum of C# that is an enum of the database.</summary>
    public static ModelCase PostgreSqlMappedEnums { get; } = new(model => Wide(model, entity =>
    {
        entity.IndexerProperty<Mood?>("Mood");
        entity.IndexerProperty<Mood[]>("Moods");
        entity.IndexerProperty<DayOfWeek?>("Day");
    }))
    {
        Options = (database, options) => options.UseNpgsql(
            database.ConnectionString,
            npgsql => npgsql.MapEnum<Mood>().MapEnum<DayOfWeek>("Day Of Week", "kinds")),
        MoreRows = ["INSERT INTO \"Wide\" DEFAULT VALUES"],
        Gap = engine => engine == Engine.PostgreSql ? null : $"{engine} has no such enums.",
    };

    /// <summary>Keys of types that have another spelling in the catalog, and foreign keys to them.</summary>
    public static ModelCase PostgreSqlKeys { get; } = new(model =>
    {
        foreach (string type in (string[])["int4", "int8", "int2", "varchar(50)", "char(3)", "decimal(10,2)", "numeric(20)", "timestamptz(3)", "timestamp", "citext", "uuid", "positive_int", "bool", "timetz"])
        {
            model.SharedTypeEntity<Dictionary<string, object>>("key " + type, entity =>
            {
                entity.ToTable("Of " + type);
                entity.IndexerProperty(PostgreSqlClrType(type), "Id").HasColumnType(type).ValueGeneratedNever();
                entity.IndexerProperty(Nullable(PostgreSqlClrType(type)), "Other").HasColumnType(type);
                entity.HasKey("Id");
                entity.HasOne("key " + type, navigationName: null).WithMany().HasForeignKey("Other");
            });
        }

        model.HasPostgresExtension("citext");
    })
    {
        Before = ["CREATE DOMAIN positive_int AS integer CHECK (VALUE > 0)"],
        MoreRows =
        [
            "INSERT INTO \"Of int4\" VALUES (1, "
                + "1)", "INSERT INTO \"Of int8\" VALUES (1, 1)", "INSERT INTO \"Of int2\" VALUES (1, 1)", "INSERT INTO \"Of varchar(50)\" VALUES ('a', 'a')",
            "INSERT INTO \"Of char(3)\" VALUES ('a', "
                + "'a')", "INSERT INTO \"Of decimal(10,2)\" VALUES (1, 1)", "INSERT INTO \"Of numeric(20)\" VALUES (1, 1)",
            "INSERT INTO \"Of timestamptz(3)\" VALUES ('2026-01-01', "
                + "'2026-01-01')", "INSERT INTO \"Of timestamp\" VALUES ('2026-01-01', '2026-01-01')", "INSERT INTO \"Of citext\" VALUES ('a', 'A')",
            "INSERT INTO \"Of uuid\" VALUES ('11111111-1111-1111-1111-111111111111', "
                + "NULL)", "INSERT INTO \"Of positive_int\" VALUES (1, 1)", "INSERT INTO \"Of bool\" VALUES (true, true)",
            "INSERT INTO \"Of timetz\" VALUES ('10:00+1', NULL)",
        ],
        Gap = engine => engine == Engine.PostgreSql ? null : $"{engine} has types of its own.",
    };

    private static void Wide(ModelBuilder model, Action<EntityTypeBuilder<Dictionary<string, object>>> addColumns)
        => model.SharedTypeEntity<Dictionary<string, object>>("Wide", entity =>
        {
            entity.IndexerProperty<int>("Id");
            entity.HasKey("Id");
            addColumns(entity);
        });

    private static void Serial(ModelBuilder model, string type, Type clrType)
        => model.SharedTypeEntity<Dictionary<string, object>>("Of " + type, entity =>
        {
            entity.IndexerProperty(clrType, "Id")
                .HasColumnType(type)
                .ValueGeneratedOnAdd().Metadata.SetValueGenerationStrategy(NpgsqlValueGenerationStrategy.None);
            entity.HasKey("Id");
        });

    private static void AddColumns(EntityTypeBuilder<Dictionary<string, object>> entity, IEnumerable<Type> types)
    {
        foreach (Type type in types)
        {
            entity.IndexerProperty(
                Nullable(type),
                "Clr " + type.Name + string.Join(' ', type.GenericTypeArguments.Select(argument => argument.Name)));
        }
    }

    private static void AddColumns(
        EntityTypeBuilder<Dictionary<string, object>> entity,
        IEnumerable<string> types,
        Func<string, Type> clrType)
    {
        foreach ((int index, string type) in types.Index())
        {
            entity.IndexerProperty(
                Nullable(clrType(type)),
                string.Create(CultureInfo.InvariantCulture, $"Type {index} {type}")).HasColumnType(type);
        }
    }

    private static Type Nullable(Type type) => type.IsValueType ? typeof(Nullable<>).MakeGenericType(type) : type;

    /// <summary>The type of C# that PostgreSQL's provider gives a column; a string for what it does not know.</summary>
    private static Type PostgreSqlClrType(string storeType)
    {
        using var context = new DbContext(new DbContextOptionsBuilder().AllowManyProviders().UseNpgsql("Host=nowhere").Options);
        return context.GetService<IRelationalTypeMappingSource>().FindMapping(storeType)?.ClrType ?? typeof(string);
    }
}
