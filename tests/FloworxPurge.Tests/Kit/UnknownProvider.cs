using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Query;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MySql.EntityFrameworkCore.Extensions;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// A provider that nobody knows: it does what a known one does, under the name of this assembly, which has no design-time services.
/// What is known of its databases is what the driver reports.
/// </summary>
public sealed class UnknownProvider : RelationalOptionsExtension
{
    private readonly Action<IServiceCollection> _addServices;
    private DbContextOptionsExtensionInfo? _info;

    private UnknownProvider(Action<IServiceCollection> addServices) => _addServices = addServices;

    private UnknownProvider(UnknownProvider other)
        : base(other)
        => _addServices = other._addServices;

    /// <inheritdoc/>
    public override DbContextOptionsExtensionInfo Info => _info ??= new ProviderInfo(this);

    /// <summary>A context over a test's database, which it takes for one of a kind that nobody knows.</summary>
    public static ScenarioContext CreateContext(
        TestDatabase database,
        Action<ModelBuilder> buildModel,
        Action<DbContextOptionsBuilder>? configure = null,
        string? connectionString = null)
        => new(database: null, buildModel, options =>
        {
            Use(options, database, connectionString);
            options.EnableServiceProviderCaching(false); // EF takes more than twenty kept ones for a mistake.
            configure?.Invoke(options);
        });

    /// <summary>Points a context at a test's database through this provider.</summary>
    public static void Use(DbContextOptionsBuilder options, TestDatabase database, string? connectionString = null)
    {
        var provider = new UnknownProvider(database.Pick<Action<IServiceCollection>>(Sqlite, PostgreSql, MariaDb, SqlServer));
        ((IDbContextOptionsBuilderInfrastructure)options).AddOrUpdateExtension(
            (UnknownProvider)provider.WithConnectionString(connectionString ?? database.ConnectionString));
    }

    /// <inheritdoc/>
    public override void ApplyServices(IServiceCollection services)
    {
        _addServices(services);
        services.RemoveAll<IDatabaseProvider>();
        services.AddSingleton<IDatabaseProvider, DatabaseProvider<UnknownProvider>>();
    }

    /// <inheritdoc/>
    protected override RelationalOptionsExtension Clone() => new UnknownProvider(this);

    private static void Sqlite(IServiceCollection services) => services.AddEntityFrameworkSqlite();

    private static void PostgreSql(IServiceCollection services) => services.AddEntityFrameworkNpgsql();

    private static void MariaDb(IServiceCollection services)
        // Its own asks for its own options.
        => services.AddEntityFrameworkMySQL().Replace(
            ServiceDescriptor.Scoped<ICompiledQueryCacheKeyGenerator, RelationalCompiledQueryCacheKeyGenerator>());

    private static void SqlServer(IServiceCollection services) => services.AddEntityFrameworkSqlServer();

    private sealed class ProviderInfo(UnknownProvider provider) : RelationalExtensionInfo(provider)
    {
        public override int GetServiceProviderHashCode() => provider._addServices.Method.GetHashCode();

        public override bool ShouldUseSameServiceProvider(DbContextOptionsExtensionInfo other)
            => other.Extension is UnknownProvider same && same._addServices.Method == provider._addServices.Method;

        public override void PopulateDebugInfo(IDictionary<string, string> debugInfo)
        {
        }
    }
}
