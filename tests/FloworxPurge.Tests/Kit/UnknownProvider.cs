using System.Reflection;
using System.Reflection.Emit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// EF Core's provider for SQLite under the name of another assembly, which decides about the design-time services: this one has none.
/// </summary>
public class UnknownProvider : RelationalOptionsExtension
{
    private DbContextOptionsExtensionInfo? _info;

    /// <inheritdoc/>
    public override DbContextOptionsExtensionInfo Info => _info ??= new ProviderInfo(this);

    /// <summary>Points a context at a test's database through this provider, whose assembly has no design-time services.</summary>
    public static void Use(DbContextOptionsBuilder options, TestDatabase database) => Use(options, database, typeof(UnknownProvider));

    /// <summary>Points a context at a test's database through a provider in an assembly that <see cref="Define"/> has made.</summary>
    public static void Use(DbContextOptionsBuilder options, TestDatabase database, Type provider)
        => ((IDbContextOptionsBuilderInfrastructure)options.EnableServiceProviderCaching(false)).AddOrUpdateExtension(
            (RelationalOptionsExtension)((UnknownProvider)Activator.CreateInstance(provider)!).WithConnectionString(database.ConnectionString));

    /// <summary>Makes a provider in an assembly of its own, which names design-time services.</summary>
    /// <param name="name">The assembly's name.</param>
    /// <param name="services">What the named class derives from, or <see langword="null"/> when the assembly has no such class.</param>
    public static Type Define(string name, Type? services)
    {
        ModuleBuilder module = AssemblyBuilder.DefineDynamicAssembly(
            new AssemblyName(name) { Version = new Version(7, 8, 9, 0) },
            AssemblyBuilderAccess.Run,
            [new CustomAttributeBuilder(
                typeof(DesignTimeProviderServicesAttribute).GetConstructor([typeof(string)])!,
                [name + ".DesignTimeServices"])]).DefineDynamicModule(name);
        if (services is not null)
        {
            module.DefineType(name + ".DesignTimeServices", TypeAttributes.Public, services).CreateType();
        }

        TypeBuilder provider = module.DefineType(name + ".Provider", TypeAttributes.Public, typeof(UnknownProvider));
        provider.DefineDefaultConstructor(MethodAttributes.Public);
        return provider.CreateType();
    }

    /// <inheritdoc/>
    public override void ApplyServices(IServiceCollection services)
    {
        services.AddEntityFrameworkSqlite();
        services.RemoveAll<IDatabaseProvider>();
        services.AddSingleton(typeof(IDatabaseProvider), typeof(DatabaseProvider<>).MakeGenericType(GetType()));
    }

    /// <inheritdoc/>
    protected override RelationalOptionsExtension Clone()
    {
        var clone = (UnknownProvider)MemberwiseClone();
        clone._info = null;
        return clone;
    }

    private sealed class ProviderInfo(UnknownProvider provider) : RelationalExtensionInfo(provider)
    {
        public override bool ShouldUseSameServiceProvider(DbContextOptionsExtensionInfo other)
            => other.Extension.GetType() == Extension.GetType();

        public override void PopulateDebugInfo(IDictionary<string, string> debugInfo)
        {
        }
    }
}
