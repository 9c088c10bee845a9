using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Planning;

/// <summary>Facts about databases that do not exist, for tests of the planner.</summary>
internal static class Facts
{
    public static DatabaseIdentity Database { get; } = new()
    {
        Provider = "Provider",
        Engine = "Engine",
        ServerVersion = "1.0",
        Server = "server",
        Database = "shop",
    };

    /// <summary>Quotes as the standard does; no connection is opened.</summary>
    public static ISqlGenerationHelper Quoting { get; } = new DbContext(
        new DbContextOptionsBuilder().AllowManyProviders().UseSqlite().Options).GetService<ISqlGenerationHelper>();

    public static TableName Name(string name)
        => name.Split('.') is [var schema, var table] ? new TableName(schema, table) : new TableName(schema: null, name);

    /// <summary>
    /// The foreign keys of a graph in the notation of <see cref="GraphScenario"/>; a key at <paramref name="modelOnly"/> is not in the
    /// database.
    /// </summary>
    public static List<ForeignKey> Keys(string notation, params string[] modelOnly)
        => [.. GraphScenario
            .Parse(notation).Edges
            .Select(edge => Key(edge, isEnforced: !modelOnly.Contains($"{edge.Dependent}->{edge.Principal}")))];

    public static ForeignKey Key(
        string dependent,
        string columns,
        string principal,
        string? nullable = null,
        ReferentialAction onDelete = ReferentialAction.NoAction,
        bool isEnforced = true)
        => new()
        {
            Name = $"FK_{dependent}_{principal}_{columns}",
            Dependent = Name(dependent),
            DependentColumns = columns.Split(','),
            Principal = Name(principal),
            PrincipalColumns = [.. columns.Split(',').Select((_, i) => "id" + i)],
            OnDelete = onDelete,
            NullableColumns = nullable?.Split(',') ?? [],
            IsEnforced = isEnforced,
        };

    public static Component Component(params string[] tables) => new(Level: 1, [.. tables.Select(Name)]);

    public static TableSchema Live(string name, bool mayTruncate = false, TableKind kind = TableKind.Table)
        => new(Name(name), kind, [new Column("id", "integer", IsNullable: false)]) { MayTruncate = mayTruncate };

    public static TableDisposition Disposition(string name, PlanReason? keep = null, PlanReason? skip = null, bool mayTruncate = false)
        => new(Name(name), [], Live(name, mayTruncate))
        {
            Keep = keep,
            MayBeIncluded = keep is PlanReason.Unmapped or PlanReason.NotIncluded,
            Skip = skip is null ? null : PlanTable.Skipped(Name(name), [], skip.Value, "because", []),
        };

    public static ComparedTable Compared(string name, params Type[] clrTypes)
        => new(
            Name(name),
            new ModelTable(Name(name), [.. clrTypes.Select(type => type.Name)], clrTypes, [], IsExcludedFromMigrations: false),
            Live(name),
            []);

    public static ComparedSchema Schema(
        IEnumerable<ComparedTable> tables,
        IReadOnlyList<ForeignKey>? keys = null,
        params TableSchema[] unmapped)
    {
        List<ComparedTable> mapped = [.. tables];
        return new(
            new DatabaseSchema(
                Database,
                [.. mapped.Select(table => table.Live!), .. unmapped],
                keys ?? [],
                [],
                [])
            { SchemaNames = new HashSet<string>() },
            mapped,
            keys ?? [],
            [Name("__EFMigrationsHistory")]);
    }

    /// <summary>The request to the planner; every table of the graph without a given disposition is purged.</summary>
    public static PlanRequest Request(
        string notation,
        PurgeDialect dialect,
        bool truncate = false,
        params TableDisposition[] others)
    {
        GraphScenario graph = GraphScenario.Parse(notation);
        List<TableDisposition> dispositions =
        [
            .. graph.Tables.Where(
                table => others.All(other => other.Name.Name != table)).Select(table => Disposition(table, mayTruncate: true)),
            .. others,
        ];
        return new PlanRequest
        {
            Schema = Schema(graph.Tables.Select(table => Compared(table)), Keys(notation)),
            Dispositions = dispositions,
            Dialect = dialect,
            Sql = Quoting,
            BestEffort = false,
            Truncate = truncate,
            ResetIdentity = false,
            CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        };
    }

    public static PurgePlan Plan(
        string notation,
        PurgeDialect? dialect = null,
        bool truncate = false,
        params TableDisposition[] others)
        => PurgePlanner.Plan(Request(notation, dialect ?? new NoSchemas(), truncate, others));

    private static ForeignKey Key(GraphEdge edge, bool isEnforced)
    {
        ReferentialAction action = edge.OnDelete switch
        {
            DeleteBehavior.Cascade => ReferentialAction.Cascade,
            DeleteBehavior.SetNull => ReferentialAction.SetNull,
            DeleteBehavior.Restrict => ReferentialAction.Restrict,
            _ => ReferentialAction.NoAction,
        };
        return new ForeignKey
        {
            Name = edge.ConstraintName,
            Dependent = Name(edge.Dependent),
            DependentColumns = [edge.Column],
            Principal = Name(edge.Principal),
            PrincipalColumns = ["Id"],
            OnDelete = action,
            NullableColumns = edge.IsNullable ? [edge.Column] : [],
            IsEnforced = isEnforced,
        };
    }

    /// <summary>Standard SQL without schemas.</summary>
    internal sealed class NoSchemas : AnsiDialect
    {
        public override bool HasSchemas => false;
    }
}
