#pragma warning disable EF1001 // A provider is built from its parts, which Oracle's has as internals.
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MySql.EntityFrameworkCore.Infrastructure.Internal;

namespace FloworxPurge.Tests.Kit;

/// <summary>A provider of this assembly: Oracle's under another name, so that no dialect is chosen by it and no design-time services are found.</summary>
internal sealed class UnknownProvider : MySQLOptionsExtension
{
    private DbContextOptionsExtensionInfo? _info;

    private UnknownProvider()
    {
    }

    private UnknownProvider(UnknownProvider copied)
        : base(copied)
    {
    }

    /// <inheritdoc/>
    public override DbContextOptionsExtensionInfo Info => _info ??= new ProviderInfo(this);

    /// <summary>Points a context at a database, through this provider.</summary>
    public static void Use(DbContextOptionsBuilder options, string connectionString)
        => ((IDbContextOptionsBuilderInfrastructure)options).AddOrUpdateExtension((UnknownProvider)new UnknownProvider().WithConnectionString(connectionString));

    /// <inheritdoc/>
    public override void ApplyServices(IServiceCollection services)
    {
        base.ApplyServices(services);
        services.Replace(ServiceDescriptor.Singleton<IDatabaseProvider, DatabaseProvider<UnknownProvider>>());
    }

    /// <inheritdoc/>
    protected override RelationalOptionsExtension Clone() => new UnknownProvider(this);

    private sealed class ProviderInfo(IDbContextOptionsExtension extension) : RelationalExtensionInfo(extension)
    {
        public override void PopulateDebugInfo(IDictionary<string, string> debugInfo) => debugInfo["FloworxPurge.Tests"] = "1";
    }
}
