using Microsoft.Extensions.DependencyInjection;
using Calls = System.Collections.Generic.IReadOnlyList<string>;
using Values = System.Collections.Generic.IReadOnlyDictionary<string, string>;

namespace FloworxPurge.Hosting;

/// <summary>Rows that a host registers under a name with <c>AddRows</c>.</summary>
/// <typeparam name="TOptions">The options of a purge.</typeparam>
/// <param name="Name">The name; compared ordinally.</param>
/// <param name="Parameters">The names of the values that it needs.</param>
/// <param name="Configure">Sets the options with the values of the parameters.</param>
/// <param name="Describe">The calls that <paramref name="Configure"/> makes, as they were typed.</param>
internal sealed record NamedRows<TOptions>(
    string Name,
    IReadOnlyList<string> Parameters,
    Action<TOptions, Values> Configure,
    Func<Values, Calls> Describe)
{
    // This file is compiled into the command line, too, which does not see the core's internal types. So the services hold a tuple, a type
    // that both assemblies share. The options are a type parameter since this stage does not depend on them.

    /// <summary>The registrations, in the order of the calls.</summary>
    public static IReadOnlyList<NamedRows<TOptions>> Of(IServiceProvider services)
        => [.. services.GetServices<Tuple<string, IReadOnlyList<string>, Action<TOptions, Values>, Func<Values, Calls>>>()
            .Select(rows => new NamedRows<TOptions>(rows.Item1, rows.Item2, rows.Item3, rows.Item4))];

    /// <summary>Determines whether the name is registered.</summary>
    public static bool IsRegistered(IServiceCollection services, string name)
        => services.Where(service => !service.IsKeyedService)
            .Select(service => service.ImplementationInstance)
            .OfType<Tuple<string, IReadOnlyList<string>, Action<TOptions, Values>, Func<Values, Calls>>>()
            .Any(rows => string.Equals(rows.Item1, name, StringComparison.Ordinal));

    /// <summary>Adds the registration.</summary>
    public void AddTo(IServiceCollection services) => services.AddSingleton(Tuple.Create(Name, Parameters, Configure, Describe));
}
