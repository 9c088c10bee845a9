using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Tool;

/// <summary>A context of the application, and how it is made.</summary>
/// <param name="Type">The class.</param>
/// <param name="Source">How it is made, in words.</param>
/// <param name="Create">Makes it, with the services of a scope of the host.</param>
/// <param name="IsService">Whether the host's services have it.</param>
internal sealed record FoundContext(Type Type, string Source, Func<IServiceProvider, DbContext> Create, bool IsService = false);

/// <summary>The contexts of the application, in the order of EF Core's own tools: design-time factory, host, constructor.</summary>
internal sealed class FoundContexts(IReadOnlyList<FoundContext> all)
{
    public static FoundContexts Find(IReadOnlyList<Assembly> assemblies, IServiceProvider host, string[] args)
    {
        Type[] types = [.. assemblies.SelectMany(TypesOf).Where(type => type is { IsAbstract: false, ContainsGenericParameters: false })];
        Dictionary<Type, FoundContext> found = [];
        foreach (Type factory in types)
        {
            foreach (Type context in factory.GetInterfaces()
                .Where(type => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDesignTimeDbContextFactory<>))
                .Select(type => type.GenericTypeArguments[0]))
            {
                found.TryAdd(context, new FoundContext(context, $"design-time factory {factory.Name}", _ => Made(factory, context, args)));
            }
        }

        foreach (DbContextOptions options in host.CreateScope().ServiceProvider.GetServices<DbContextOptions>())
        {
            found.TryAdd(
                options.ContextType,
                new FoundContext(
                    options.ContextType,
                    "host",
                    services => (DbContext)services.GetRequiredService(options.ContextType),
                    IsService: true));
        }

        foreach (Type context in types.Where(type => type.IsSubclassOf(typeof(DbContext))))
        {
            found.TryAdd(
                context,
                new FoundContext(
                    context,
                    "constructor",
                    services => (DbContext)ActivatorUtilities.CreateInstance(services, context)));
        }

        return new FoundContexts([.. found.Values.OrderBy(context => context.Type.FullName, StringComparer.Ordinal)]);
    }

    /// <summary>The contexts of the names; the only one without a name.</summary>
    /// <exception cref="ToolException">There is none, or more than one fits.</exception>
    public IReadOnlyList<FoundContext> Choose(IReadOnlyList<string> names)
    {
        string known = string.Join(", ", all.Select(context => $"{context.Type.FullName} ({context.Source})"));
        if (all.Count == 0)
        {
            throw new ToolException(
                ToolException.Usage,
                "The application has no DbContext: none in its assembly and that of --project, no design-time factory, and none in the "
                    + "services of its host. Give the project that has it: --project PATH, --startup-project PATH. Nothing was written.");
        }

        if (names.Count == 0)
        {
            return all.Count == 1 ? all
                : throw new ToolException(
                    ToolException.Usage,
                    $"The application has more than one context: {known}. Give one: --context NAME. Nothing was written.");
        }

        List<FoundContext> chosen = [];
        foreach (string name in names)
        {
            FoundContext[] fit = [.. all.Where(context => string.Equals(context.Type.FullName, name, StringComparison.OrdinalIgnoreCase)
                || string.Equals(context.Type.Name, name, StringComparison.OrdinalIgnoreCase))];
            chosen.Add(fit.Length == 1 ? fit[0] : throw new ToolException(
                ToolException.Usage,
                $"--context \"{name}\" is {(fit.Length == 0 ? "none" : "more than one")} of the application's contexts: {known}. "
                    + "Nothing was written."));
        }

        return chosen;
    }

    // What the factory throws is thrown as it is.
    private static DbContext Made(Type factory, Type context, string[] args)
    {
        const BindingFlags flags = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DoNotWrapExceptions;
        return (DbContext)typeof(IDesignTimeDbContextFactory<>)
            .MakeGenericType(context)
            .GetMethod(nameof(IDesignTimeDbContextFactory<DbContext>.CreateDbContext))!
            .Invoke(
                Activator.CreateInstance(factory, flags, binder: null, args: null, culture: null),
                flags,
                binder: null,
                [args],
                culture: null)!;
    }

    // A type that cannot be loaded is none that is looked for.
    private static IEnumerable<Type> TypesOf(Assembly assembly)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException exception)
        {
            return exception.Types.OfType<Type>();
        }
    }
}
