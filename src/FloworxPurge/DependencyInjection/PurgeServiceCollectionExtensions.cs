using System.Diagnostics.CodeAnalysis;
using FloworxPurge;
using FloworxPurge.Extensibility;
using Microsoft.Extensions.DependencyInjection.Extensions;

// In this namespace the method shows up wherever services are configured.
namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers FloworxPurge.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
public static class PurgeServiceCollectionExtensions
{
    /// <summary>Registers <see cref="IPurger"/> as a singleton, unless one is registered.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> for the defaults.</param>
    /// <returns>What checks and targets are added to.</returns>
    /// <exception cref="ArgumentNullException">The services are null.</exception>
    /// <exception cref="ArgumentException">Options are not valid; the message names every one.</exception>
    public static PurgeBuilder AddFloworxPurge(this IServiceCollection services, Action<PurgeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = new PurgeOptions();
        configure?.Invoke(options);
        options = options.Snapshot();
        options.Validate(nameof(configure));
        services.TryAddSingleton<IPurger>(provider =>
        {
            PurgeOptions complete = options.Snapshot();
            foreach (PurgeAddition addition in provider.GetServices<PurgeAddition>())
            {
                addition.Apply(provider, complete);
            }

            return new Purger(complete);
        });
        return new PurgeBuilder(services);
    }
}

/// <summary>Adds checks and targets to the registered <see cref="IPurger"/>.</summary>
public sealed class PurgeBuilder
{
    internal PurgeBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Adds an acceptance criterion; see <see cref="PurgeOptions.AddCheck"/>.</summary>
    /// <param name="name">What it is called in the report.</param>
    /// <param name="check">The check.</param>
    /// <param name="severity">What it means for the verdict when it fails or cannot be measured. Default: <see cref="PurgeSeverity.Required"/>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    /// <exception cref="ArgumentNullException">The check is null.</exception>
    public PurgeBuilder AddCheck(string name, IPurgeCheck check, PurgeSeverity severity = PurgeSeverity.Required)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(check);
        return Add((_, options) => options.AddCheck(name, check, severity));
    }

    /// <summary>Adds an acceptance criterion that the services make; see <see cref="PurgeOptions.AddCheck"/>.</summary>
    /// <typeparam name="TCheck">The check; registered as a singleton, unless it is registered. It may take services in its constructor.</typeparam>
    /// <param name="name">What it is called in the report.</param>
    /// <param name="severity">What it means for the verdict when it fails or cannot be measured. Default: <see cref="PurgeSeverity.Required"/>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    public PurgeBuilder AddCheck<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TCheck>(string name, PurgeSeverity severity = PurgeSeverity.Required)
        where TCheck : class, IPurgeCheck
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Services.TryAddSingleton<TCheck>();
        return Add((provider, options) => options.AddCheck(name, provider.GetRequiredService<TCheck>(), severity));
    }

    /// <summary>Adds a place outside the database; see <see cref="PurgeOptions.AddTarget"/>.</summary>
    /// <param name="target">The target.</param>
    /// <param name="severity">What it means for the verdict when it fails. Default: <see cref="PurgeSeverity.Required"/>.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">The target is null.</exception>
    public PurgeBuilder AddTarget(IPurgeTarget target, PurgeSeverity severity = PurgeSeverity.Required)
    {
        ArgumentNullException.ThrowIfNull(target);
        return Add((_, options) => options.AddTarget(target, severity));
    }

    /// <summary>Adds a place outside the database that the services make; see <see cref="PurgeOptions.AddTarget"/>.</summary>
    /// <typeparam name="TTarget">The target; registered as a singleton, unless it is registered. It may take services in its constructor.</typeparam>
    /// <param name="severity">What it means for the verdict when it fails. Default: <see cref="PurgeSeverity.Required"/>.</param>
    /// <returns>The same builder.</returns>
    public PurgeBuilder AddTarget<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TTarget>(PurgeSeverity severity = PurgeSeverity.Required)
        where TTarget : class, IPurgeTarget
    {
        Services.TryAddSingleton<TTarget>();
        return Add((provider, options) => options.AddTarget(provider.GetRequiredService<TTarget>(), severity));
    }

    private PurgeBuilder Add(Action<IServiceProvider, PurgeOptions> apply)
    {
        Services.AddSingleton(new PurgeAddition(apply));
        return this;
    }
}

/// <summary>A check or target that is added once the services can make it.</summary>
internal sealed record PurgeAddition(Action<IServiceProvider, PurgeOptions> Apply);
