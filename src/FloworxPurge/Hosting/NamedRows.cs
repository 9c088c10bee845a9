using Microsoft.Extensions.DependencyInjection;
using Registration = System.Tuple<
    string,
    System.Collections.Generic.IReadOnlyList<string>,
    System.Action<FloworxPurge.PurgeOptions, System.Collections.Generic.IReadOnlyDictionary<string, string>>,
    System.Func<System.Collections.Generic.IReadOnlyDictionary<string, string>, System.Collections.Generic.IReadOnlyList<string>>>;

namespace FloworxPurge.Hosting;

/// <summary>Rows that a host registers under a name with <c>AddRows</c>.</summary>
/// <remarks>
/// The file is compiled into the command line, too. The services hold a registration as types of .NET, so that neither assembly needs a
/// public type for it.
/// </remarks>
/// <param name="Name">The name; compared ordinally.</param>
/// <param name="Parameters">The names of the values that it needs.</param>
/// <param name="Configure">Sets the options with the values of the parameters.</param>
/// <param name="Describe">The calls that <paramref name="Configure"/> makes, as they were typed.</param>
internal sealed record NamedRows(
    string Name,
    IReadOnlyList<string> Parameters,
    Action<PurgeOptions, IReadOnlyDictionary<string, string>> Configure,
    Func<IReadOnlyDictionary<string, string>, IReadOnlyList<string>> Describe)
{
    /// <summary>The registrations, in the order of the calls.</summary>
    public static IReadOnlyList<NamedRows> Of(IServiceProvider services)
        => [.. services.GetServices<Registration>().Select(entry => new NamedRows(entry.Item1, entry.Item2, entry.Item3, entry.Item4))];

    /// <summary>Determines whether the name is registered.</summary>
    public static bool IsRegistered(IServiceCollection services, string name)
        => services.Any(service =>
            !service.IsKeyedService
                && service.ImplementationInstance is Registration entry
                && string.Equals(entry.Item1, name, StringComparison.Ordinal));

    /// <summary>Adds the registration.</summary>
    public void AddTo(IServiceCollection services) => services.AddSingleton(new Registration(Name, Parameters, Configure, Describe));
}
