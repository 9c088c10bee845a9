using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using FloworxPurge.Connections;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Scaffolding;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Reading;

/// <summary>
/// Finds the design-time services of a provider, as EF Core's own tools do: by the attribute of its assembly. No Design package is needed.
/// </summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
internal static class Scaffolding
{
    /// <summary>
    /// Describes why the live schema of a context's database cannot be read, before a connection is open; <see langword="null"/> when it
    /// can, or when only the open connection shows which dialect is used.
    /// </summary>
    public static string? Refusal(DbContext context, PurgeDialect dialect)
        => dialect is { Catalog: null, ServerQuery: null } && Find(context).Missing is { } missing
            ? Describe(context, dialect, missing)
            : null;

    /// <summary>Throws when <see cref="Refusal"/> finds that the live schema cannot be read.</summary>
    /// <exception cref="PurgeException">The live schema cannot be read.</exception>
    public static void ThrowIfRefused(DbContext context, PurgeDialect dialect)
    {
        if (Refusal(context, dialect) is { } refusal)
        {
            throw new PurgeException(refusal);
        }
    }

    /// <summary>Gets the design-time services of a context's provider.</summary>
    /// <exception cref="PurgeException">The provider has no database model factory.</exception>
    public static IServiceCollection Services(DbContext context, PurgeDialect dialect)
    {
        (IServiceCollection? services, string? missing) = Find(context);
        return services ?? throw new PurgeException(Describe(context, dialect, missing!));
    }

    private static (IServiceCollection? Services, string? Missing) Find(DbContext context)
    {
        Assembly provider = AssemblyOf(context);
        if (provider.GetCustomAttribute<DesignTimeProviderServicesAttribute>() is not { TypeName: { } name })
        {
            return (null, $"its assembly has no {nameof(DesignTimeProviderServicesAttribute)}, so it has no design-time services");
        }

        try
        {
            return Configure(provider.GetType(name, throwOnError: false), name);
        }
        catch (Exception e) when (DatabaseFailure.IsForeign(e, CancellationToken.None))
        {
            throw new PurgeException(
                $"The design-time services of the provider {context.Database.ProviderName}, {name}, cannot be configured: "
                    + $"{e.GetBaseException().Message.TrimEnd('.')}.",
                e);
        }
    }

    private static (IServiceCollection? Services, string? Missing) Configure(Type? type, string name)
    {
        if (type is null)
        {
            return (null, $"its assembly does not contain its design-time services, {name}");
        }

        if (!type.IsAssignableTo(typeof(IDesignTimeServices)) || type.GetConstructor(Type.EmptyTypes) is null)
        {
            return (null, $"its design-time services, {name}, are not a class that implements {nameof(IDesignTimeServices)}");
        }

        var services = new ServiceCollection();
        ((IDesignTimeServices)Activator.CreateInstance(type)!).ConfigureDesignTimeServices(services);
        return services.Any(service => service.ServiceType == typeof(IDatabaseModelFactory))
            ? (services, null)
            : (null, $"its design-time services, {name}, register none");
    }

    private static string Describe(DbContext context, PurgeDialect dialect, string missing)
    {
        AssemblyName assembly = AssemblyOf(context).GetName();
        return $"The live schema cannot be read through the provider {context.Database.ProviderName} (assembly {assembly.Name} "
            + $"{assembly.Version}). The SQL dialect {dialect.Name} has no catalog queries, and the provider has no "
            + $"{nameof(IDatabaseModelFactory)}: {missing}. Use a version of the provider that supports \"dotnet ef dbcontext scaffold\", "
            + $"or set Dialect in the options to a dialect with catalog queries "
            + $"({nameof(PurgeDialect)}.{nameof(PurgeDialect.IdentityQuery)}).";
    }

    private static Assembly AssemblyOf(DbContext context)
        => context.GetService<IDbContextOptions>().Extensions.First(extension => extension.Info.IsDatabaseProvider).GetType().Assembly;
}
