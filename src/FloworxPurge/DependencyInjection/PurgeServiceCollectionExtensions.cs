using FloworxPurge;
using Microsoft.Extensions.DependencyInjection.Extensions;

// In this namespace the method shows up wherever services are configured.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers FloworxPurge.</summary>
public static class PurgeServiceCollectionExtensions
{
    /// <summary>Registers <see cref="IPurger"/> as a singleton, unless one is registered.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException">The services are null.</exception>
    public static IServiceCollection AddFloworxPurge(this IServiceCollection services, Action<PurgeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<IPurger>(new Purger(configure ?? (_ => { })));
        return services;
    }
}
