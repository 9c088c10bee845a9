using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Hosting;

/// <summary>Rows that a host registers under a name with <c>AddRows</c>.</summary>
/// <remarks>
/// The file is compiled into the command line, too. The services hold a registration as types of .NET, so that neither assembly needs a
/// public type for it.
/// </remarks>
/// <typeparam name="TOptions">The options of a purge.</typeparam>
/// <param name="Name">The name; compared ordinally.</param>
/// <param name="Parameters">The names of the values that it needs.</param>
/// <param name="Configure">Sets the options with the values of the parameters.</param>
/// <param name="Describe">The calls that <paramref name="Configure"/> makes, as they were typed.</param>
internal sealed record NamedRows<TOptions>(
    string Name,
    IReadOnlyList<string> Parameters,
    Action<TOptions, IReadOnlyDictionary<string, string>> Configure,
    Func<IReadOnlyDictionary<string, string>, IReadOnlyList<string>> Describe)
{
    /// <summary>The registrations, in the order of the calls.</summary>
    public static IReadOnlyList<NamedRows<TOptions>> Of(IServiceProvider services)
        => [.. services
            .GetServices<Tuple<
                string,
                IReadOnlyList<string>,
                Action<TOptions, IReadOnlyDictionary<string, string>>,
                Func<IReadOnlyDictionary<string, string>, IReadOnlyList<string>>>>()
            .Select(Read).OfType<NamedRows<TOptions>>()];

    /// <summary>Determines whether the name is registered.</summary>
    public static bool IsRegistered(IServiceCollection services, string name)
        => services.Any(service =>
            !service.IsKeyedService
                && Read(service.ImplementationInstance) is { } rows
                && string.Equals(rows.Name, name, StringComparison.Ordinal));

    /// <summary>Adds the registration.</summary>
    public void AddTo(IServiceCollection services)
        => services.AddSingleton(RegisteredType, Tuple.Create(Name, Parameters, Configure, Describe));

    private static Type RegisteredType
        => typeof(Tuple<
            string,
            IReadOnlyList<string>,
            Action<TOptions, IReadOnlyDictionary<string, string>>,
            Func<IReadOnlyDictionary<string, string>, IReadOnlyList<string>>>);

    private static NamedRows<TOptions>? Read(object? registered)
        => registered is Tuple<
            string,
            IReadOnlyList<string>,
            Action<TOptions, IReadOnlyDictionary<string, string>>,
            Func<IReadOnlyDictionary<string, string>, IReadOnlyList<string>>> entry
            ? new NamedRows<TOptions>(entry.Item1, entry.Item2, entry.Item3, entry.Item4)
            : null;
}
