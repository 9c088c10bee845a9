using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Benchmarks;

/// <summary>
/// A database of any size that exists on paper only, the same at every run: chains of eight tables with a second key to an earlier table
/// each, a cycle of two tables in every hundred, a cycle of three NOT NULL keys in every thousand, a self reference in every fifty, and an
/// excluded table in every hundred.
/// </summary>
internal sealed class SyntheticFacts
{
    private const int ChainLength = 8;

    private static readonly DbContext Provider = new(new DbContextOptionsBuilder().UseSqlite().Options);

    private static readonly DatabaseIdentity Database = new()
    {
        Provider = "Provider",
        Engine = "Engine",
        ServerVersion = "1.0",
        Server = "server",
        Database = "shop",
    };

    private readonly ModelSchema _model;
    private readonly DatabaseSchema _live;

    private SyntheticFacts(PurgeDialect dialect, ModelSchema model, DatabaseSchema live)
    {
        Dialect = dialect;
        _model = model;
        _live = live;
    }

    public PurgeDialect Dialect { get; }

    public static SyntheticFacts Create(int tables, PurgeDialect dialect)
    {
        List<ForeignKey> keys = [.. Enumerable
            .Range(0, tables)
            .SelectMany(i => KeysOf(i, tables))
            .OrderBy(key => key.Shape, StringComparer.Ordinal)];
        ILookup<TableName, string> keyColumns = keys.ToLookup(key => key.Dependent, key => key.DependentColumns[0]);
        HashSet<(TableName, string)> nullable = [.. keys.SelectMany(key => key.NullableColumns.Select(column => (key.Dependent, column)))];
        List<Column> ColumnsOf(TableName table, bool isModel)
            => [
                new Column("id", "INTEGER", IsNullable: false, IsKey: isModel),
                .. keyColumns[table].Distinct().Select(column => new Column(column, "INTEGER", nullable.Contains((table, column)))),
                .. Enumerable.Range(0, 5).Select(n => new Column("c" + n, "TEXT", IsNullable: true))];

        TableName[] names = [.. Enumerable.Range(0, tables).Select(Name)];
        return new SyntheticFacts(
            dialect,
            new ModelSchema(
                [.. names
                    .Select(name => new ModelTable(name, ["Entity " + name.Name], [], ColumnsOf(name, isModel: true), IsExcludedFromMigrations: false))],
                [.. keys.Select(key => key with { IsEnforced = false })],
                [new TableName(schema: null, "__EFMigrationsHistory")]),
            new DatabaseSchema(
                Database,
                [.. names
                    .Select(name => new TableSchema(name, TableKind.Table, ColumnsOf(name, isModel: false)) { MayTruncate = true, EstimatedRows = 10 })],
                keys,
                [.. names.Select(name => new IdentityCounter(name, "id", Sequence: null))],
                [.. names.Select(name => new SchemaObject("constraint", name, "PK_" + name.Name, "PRIMARY KEY (id)"))])
            {
                SchemaNames = new HashSet<string>(),
            });
    }

    public ComparedSchema Compare()
        => new SchemaComparer(
            Dialect,
            new StoreTypeComparer(Provider.GetService<IRelationalTypeMappingSource>(), Dialect)).Compare(_model, _live);

    public async Task<IReadOnlyList<TableDisposition>> DecideAsync(ComparedSchema schema)
    {
        var filter = new TableFilter([new FilterRule(IsExclude: true, "*99", EntityType: null)], Dialect.Identifiers);
        filter.ThrowIfAnythingIsUnknown(schema);
        IReadOnlyList<TableDisposition> dispositions = TableDispositions.Assign(schema, filter, DriftTolerance.Standard);
        while (true)
        {
            dispositions = await CollateralAnalysis.RunAsync(
                dispositions,
                schema.ForeignKeys,
                (key, _) => Task.FromResult<long?>(key.Dependent.Name.EndsWith('7') ? 3 : 0),
                OnBlocked.Skip,
                CancellationToken.None).ConfigureAwait(false);
            IReadOnlyList<TableDisposition> broken = PurgePlanner.SkipUnbreakableCycles(
                dispositions,
                schema,
                Dialect,
                Provider.GetService<ISqlGenerationHelper>());
            if (ReferenceEquals(broken, dispositions))
            {
                return dispositions;
            }

            dispositions = broken;
        }
    }

    public PurgePlan Plan(ComparedSchema schema, IReadOnlyList<TableDisposition> dispositions, bool truncate) => PurgePlanner.Plan(new PlanRequest
    {
        Schema = schema,
        Dispositions = dispositions,
        Dialect = Dialect,
        Sql = Provider.GetService<ISqlGenerationHelper>(),
        BestEffort = false,
        Truncate = truncate,
        ResetIdentity = true,
        CreatedAt = DateTimeOffset.UnixEpoch,
    });

    private static TableName Name(int i) => new(schema: null, string.Create(CultureInfo.InvariantCulture, $"t{i:00000}"));

    private static IEnumerable<ForeignKey> KeysOf(int i, int tables)
    {
        if (i % ChainLength != 0)
        {
            yield return Key(i, i - 1, isNullable: false);
            yield return Key(i, i * 7 / 11, isNullable: true);
        }

        if (i % 100 == 42)
        {
            yield return Key(i - 1, i, isNullable: true);
        }

        // From 3 to 1, along the chain 3, 2, 1: no key accepts NULL.
        if (i % 1_000 == 601 && i + 2 < tables)
        {
            yield return Key(i, i + 2, isNullable: false);
        }

        if (i % 50 == 7)
        {
            yield return Key(i, i, isNullable: true);
        }
    }

    private static ForeignKey Key(int dependent, int principal, bool isNullable)
    {
        string column = string.Create(CultureInfo.InvariantCulture, $"t{principal:00000}_{(isNullable ? "maybe" : "id")}");
        return new ForeignKey
        {
            Name = $"FK_{dependent}_{column}",
            Dependent = Name(dependent),
            DependentColumns = [column],
            Principal = Name(principal),
            PrincipalColumns = ["id"],
            OnDelete = ReferentialAction.NoAction,
            NullableColumns = isNullable ? [column] : [],
            IsEnforced = true,
        };
    }
}
