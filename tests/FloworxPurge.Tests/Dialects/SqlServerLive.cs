using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// The live schema that SQL Server would have once a model's tables are created, and the plan for it; no server is asked.
/// </summary>
internal static class SqlServerLive
{
    /// <summary>What the newest server answers to the dialect's question.</summary>
    public const string Newest = "is_edge ledger_type history_retention_period case-insensitive";

    public static PurgeDialect Dialect { get; } = new SqlServerDialect().Detect(Newest);

    public static ISqlGenerationHelper Quoting { get; } = Context(_ => { }).GetService<ISqlGenerationHelper>();

    public static ScenarioContext Context(Action<ModelBuilder> build)
        => new(database: null, build, options => options.UseSqlServer("Server=nowhere;Database=shop"));

    /// <summary>The live schema that the model's tables would make.</summary>
    public static DatabaseSchema Of(DbContext context)
    {
        List<ITable> tables = [.. context.GetService<IDesignTimeModel>().Model.GetRelationalModel().Tables];
        List<ForeignKey> keys = [.. tables
            .SelectMany(table => table.ForeignKeyConstraints)
            .Select(Key)
            .OrderBy(key => key.Shape, StringComparer.Ordinal)];
        List<IdentityCounter> identities = [.. tables
            .SelectMany(table => table.Columns.Where(IsIdentity).Select(column => new IdentityCounter(Name(table), column.Name, Sequence: null)))];
        List<RowHistory> histories = [.. tables.SelectMany(Histories).OrderBy(history => history.Table)];
        HashSet<TableName> noTruncate = [
            .. identities.Select(counter => counter.Table),
            .. histories.Select(history => history.Table),
            .. keys.Where(key => !key.IsSelfReference).Select(key => key.Principal)];
        IEnumerable<TableSchema> live = tables.Select(table => new TableSchema(Name(table), TableKind.Table, [.. table.Columns.Select(column => new Column(column.Name, column.StoreType, column.IsNullable))])
        {
            IsVisible = table.Schema is null or "dbo",
            MayTruncate = !noTruncate.Contains(Name(table)),
        });
        IEnumerable<TableSchema> stores = histories.Select(history => new TableSchema(history.Store!, TableKind.History, []));
        return new DatabaseSchema(
            new DatabaseIdentity
            {
                Provider = "Microsoft.EntityFrameworkCore.SqlServer",
                Engine = "SQL Server",
                ServerVersion = "16.0.4100.1",
                Server = "nowhere",
                Database = "shop",
                DatabaseId = "5 2026-01-02T03:04:05",
                Role = "dbo",
                DefaultSchema = "dbo",
            },
            [.. live.Concat(stores).OrderBy(table => table.Name)],
            keys,
            [.. identities.OrderBy(counter => counter.Table)],
            [])
        {
            SchemaNames = tables.Select(table => Name(table).Schema!).ToHashSet(StringComparer.OrdinalIgnoreCase),
            Histories = histories,
        };
    }

    /// <summary>The plan for tables of which none that is kept holds a row.</summary>
    /// <param name="build">The model.</param>
    /// <param name="change">What the database has that the model does not tell.</param>
    /// <param name="configure">The options.</param>
    /// <param name="other">The model of another context on the same database, none of whose tables the first one lacks.</param>
    public static async Task<PurgePlan> PlanAsync(
        Action<ModelBuilder> build,
        Func<DatabaseSchema, DatabaseSchema>? change = null,
        Action<PurgeOptions>? configure = null,
        Action<ModelBuilder>? other = null)
    {
        await using ScenarioContext context = Context(build);
        await using ScenarioContext second = Context(other ?? build);
        var options = new PurgeOptions();
        configure?.Invoke(options);
        DatabaseSchema live = Of(context);
        var types = new StoreTypeComparer(context.GetService<IRelationalTypeMappingSource>(), Dialect);
        ComparedSchema schema = new SchemaComparer(Dialect, types).Compare(
            ModelSchemaReader.Read(other is null ? [context] : [second, context], new SqlServerDialect()),
            change?.Invoke(live) ?? live);
        IReadOnlyList<TableDisposition> dispositions = TableDispositions.Assign(
            schema,
            new TableFilter(options.Rules, Dialect.Identifiers),
            options.DriftTolerance);
        dispositions = await CollateralAnalysis.RunAsync(
            dispositions,
            schema.ForeignKeys,
            (_, _) => Task.FromResult<long?>(0),
            options.OnBlocked,
            TestContext.Current.CancellationToken);
        if (options.ResetIdentity)
        {
            schema = SequenceRestarts.AddTo(schema, dispositions, isReset: false);
        }

        return PurgePlanner.Plan(new PlanRequest
        {
            Schema = schema,
            Dispositions = PurgePlanner.SkipUnbreakableCycles(dispositions, schema, Dialect, Quoting),
            Dialect = Dialect,
            Sql = Quoting,
            BestEffort = options.BestEffort,
            Truncate = options.Truncate,
            ResetIdentity = options.ResetIdentity,
            LocksTables = options.LockTables,
            LimitsLockWaits = options.LockTimeout is not null,
            RefreshMaterializedViews = options.RefreshMaterializedViews,
            PurgeHistory = options.PurgeHistory,
            CreatedAt = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero),
        });
    }

    /// <summary>The foreign keys with another state.</summary>
    public static DatabaseSchema WithKeys(DatabaseSchema live, Func<ForeignKey, ForeignKey> change)
        => live with { ForeignKeys = [.. live.ForeignKeys.Select(change)] };

    private static TableName Name(ITable table) => new(table.Schema ?? "dbo", table.Name);

    private static ForeignKey Key(IForeignKeyConstraint constraint) => new()
    {
        Name = constraint.Name,
        Dependent = Name(constraint.Table),
        DependentColumns = [.. constraint.Columns.Select(column => column.Name)],
        Principal = Name(constraint.PrincipalTable),
        PrincipalColumns = [.. constraint.PrincipalColumns.Select(column => column.Name)],
        OnDelete = constraint.OnDeleteAction,
        NullableColumns = [.. constraint.Columns.Where(column => column.IsNullable).Select(column => column.Name)],
        IsEnforced = true,
        MayBeTurnedOff = true,
    };

    private static bool IsIdentity(IColumn column)
        => column.PropertyMappings.Any(mapping =>
            SqlServerPropertyExtensions.GetValueGenerationStrategy(mapping.Property, StoreObjectIdentifier.Table(column.Table.Name, column.Table.Schema)) == SqlServerValueGenerationStrategy.IdentityColumn);

    private static IEnumerable<RowHistory> Histories(ITable table) => table.EntityTypeMappings
        .Select(mapping => (IEntityType)mapping.TypeBase)
        .Where(type => type.IsTemporal())
        .Take(1)
        .Select(type =>
            new RowHistory(Name(table), new TableName(type.GetHistoryTableSchema() ?? table.Schema ?? "dbo", type.GetHistoryTableName()!), "INFINITE", MayBePurged: true));
}
