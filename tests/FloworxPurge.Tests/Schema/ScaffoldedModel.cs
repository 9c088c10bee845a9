using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Scaffolding;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Tests.Schema;

/// <summary>
/// The model that EF Core's own scaffolder makes of a live database, as <c>dotnet ef dbcontext scaffold</c> does, without the C# in
/// between: its entity types are property bags.
/// </summary>
internal static class ScaffoldedModel
{
    /// <summary>Scaffolds the database of a context, with the names that the database has.</summary>
    public static IModel Read(DbContext context)
    {
        Assembly provider = context.GetService<IDbContextOptions>().Extensions
            .First(extension => extension.Info.IsDatabaseProvider)
            .GetType().Assembly;
        string name = provider.GetCustomAttribute<DesignTimeProviderServicesAttribute>()!.TypeName;
        ServiceCollection services = new();
        services.AddEntityFrameworkDesignTimeServices();
        ((IDesignTimeServices)Activator.CreateInstance(provider.GetType(name, throwOnError: true)!)!).ConfigureDesignTimeServices(services);
        using ServiceProvider built = services.BuildServiceProvider();
        using IServiceScope scope = built.CreateScope();
        var database = scope.ServiceProvider.GetRequiredService<IDatabaseModelFactory>().Create(
            context.Database.GetDbConnection(),
            new DatabaseModelFactoryOptions());
        return scope.ServiceProvider.GetRequiredService<IScaffoldingModelFactory>().Create(
            database,
            new ModelReverseEngineerOptions { UseDatabaseNames = true, NoPluralize = true });
    }
}
