using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Extensibility;
using FloworxPurge.Hosting;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace FloworxPurge;

public static partial class PurgeExtensions
{
    /// <summary>
    /// Registers <see cref="IPurger"/> as a singleton. Its options are the unnamed <see cref="PurgeOptions"/> of the options pattern:
    /// several
    /// calls add up, and so do <c>Configure</c> and <c>PostConfigure</c>.
    /// </summary>
    /// <remarks>
    /// Options are checked when the host starts, or else when the purger is first resolved: an <see cref="OptionsValidationException"/>
    /// names
    /// everything that is wrong. They are read once, so a change of the configuration needs a new start.
    /// </remarks>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> (the default) for what is set elsewhere.</param>
    /// <returns>The builder of the options, to which checks and targets of the services can be added.</returns>
    /// <exception cref="ArgumentNullException">The services are null.</exception>
    /// <exception cref="ArgumentException">Another <see cref="IPurger"/> is registered, which would not have these options.</exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public static OptionsBuilder<PurgeOptions> AddFloworxPurge(this IServiceCollection services, Action<PurgeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        return Register(services, new PurgerRegistration(Key: null, Options.DefaultName, ContextType: null), configure);
    }

    /// <summary>
    /// Registers <see cref="IPurger"/> as a singleton with a name as its key, for one of several databases:
    /// <c>[FromKeyedServices("name")] IPurger</c>. Its options are the <see cref="PurgeOptions"/> of that name; those without a name do not
    /// apply to it.
    /// </summary>
    /// <remarks>Options are checked when the host starts, or else when the purger is first resolved.</remarks>
    /// <param name="services">The services.</param>
    /// <param name="name">The key of the purger, and the name of its options.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> (the default) for what is set elsewhere.</param>
    /// <returns>The builder of the options, to which checks and targets of the services can be added.</returns>
    /// <exception cref="ArgumentNullException">The services are null.</exception>
    /// <exception cref="ArgumentException">
    /// The name is null, empty or white space; or another <see cref="IPurger"/> is registered under it, which would not have these options.
    /// </exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public static OptionsBuilder<PurgeOptions> AddFloworxPurge(
        this IServiceCollection services,
        string name,
        Action<PurgeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return Register(services, new PurgerRegistration(name, name, ContextType: null), configure);
    }

    /// <summary>
    /// Registers <see cref="IPurger"/> as a singleton for one context, with its type as the key:
    /// <c>[FromKeyedServices(typeof(ShopContext))] IPurger</c>. Its options are its own; those without a name do not apply to it. It
    /// refuses other
    /// contexts, and the purger without a key refuses this one.
    /// </summary>
    /// <remarks>
    /// Options are checked when the host starts, or else when the purger is first resolved. Their name is that of
    /// <c>typeof(TContext).ToString()</c>, which the returned builder has.
    /// </remarks>
    /// <typeparam name="TContext">The context whose database it purges. Contexts of the same database may be purged with it.</typeparam>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options, or <see langword="null"/> (the default) for what is set elsewhere.</param>
    /// <returns>The builder of the options, to which checks and targets of the services can be added.</returns>
    /// <exception cref="ArgumentNullException">The services are null.</exception>
    /// <exception cref="ArgumentException">
    /// Another <see cref="IPurger"/> is registered for the context, which would not have these options.
    /// </exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public static OptionsBuilder<PurgeOptions> AddFloworxPurge<TContext>(
        this IServiceCollection services,
        Action<PurgeOptions>? configure = null)
        where TContext : DbContext
    {
        ArgumentNullException.ThrowIfNull(services);
        return Register(services, new PurgerRegistration(typeof(TContext), typeof(TContext).ToString(), typeof(TContext)), configure);
    }

    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    private static Purger Create(PurgerRegistration registration, IServiceProvider provider)
    {
        PurgeOptions options = provider.GetRequiredService<IOptionsMonitor<PurgeOptions>>().Get(registration.Name);
        List<PurgerRegistration> all = [.. provider.GetServices<PurgerRegistration>()];
        IEnumerable<Type> owners = all.Select(other => other.ContextType).OfType<Type>();

        // An application that resolves a purger by a name of its own has chosen it.
        return new Purger(
            options,
            registration.Key is string
                ? null
                : new ContextOwners(
                    registration.ContextType,
                    [.. owners.Where(owner => owner != registration.ContextType)],
                    all.Exists(other => other.Key is null)));
    }

    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    private static OptionsBuilder<PurgeOptions> Register(
        IServiceCollection services,
        PurgerRegistration registration,
        Action<PurgeOptions>? configure)
    {
        bool isKnown = services.Any(service => !service.IsKeyedService && registration.Equals(service.ImplementationInstance));
        bool hasPurger = services.Any(service => service.ServiceType == typeof(IPurger) && Equals(service.ServiceKey, registration.Key));
        if (!isKnown || !hasPurger)
        {
            if (hasPurger)
            {
                throw new ArgumentException(
                    $"The services have an {nameof(IPurger)} already that AddFloworxPurge has not registered, and it would not have these "
                        + $"options. "
                        + "Register one or the other.",
                    nameof(services));
            }

            if (!isKnown)
            {
                services.AddSingleton(registration);
            }

            services.Add(registration.Key is null
                ? ServiceDescriptor.Singleton<IPurger>(provider => Create(registration, provider))
                : ServiceDescriptor.KeyedSingleton<IPurger>(registration.Key, (provider, _) => Create(registration, provider)));
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PurgeOptions>, OptionsValidation>());
        OptionsBuilder<PurgeOptions> options = services.AddOptions<PurgeOptions>(registration.Name).ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        return options;
    }

    /// <summary>Adds an acceptance criterion; see <see cref="PurgeOptions.AddCheck(string, IPurgeCheck, bool)"/>.</summary>
    /// <param name="builder">What <c>AddFloworxPurge</c> returned.</param>
    /// <param name="name">What it is called in the report.</param>
    /// <param name="check">The check.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails or cannot be measured. The default value is
    /// <see langword="true"/>; otherwise it is only reported.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    /// <exception cref="ArgumentNullException">The builder or the check is null.</exception>
    public static OptionsBuilder<PurgeOptions> AddCheck(
        this OptionsBuilder<PurgeOptions> builder, string name, IPurgeCheck check, bool isRequired = true)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(check);
        return Add(builder, (_, options) => options.AddCheck(name, check, isRequired));
    }

    /// <summary>
    /// Adds an acceptance criterion that the services make; see <see cref="PurgeOptions.AddCheck(string, IPurgeCheck, bool)"/>.
    /// </summary>
    /// <typeparam name="TCheck">
    /// The check; registered as a singleton, unless it is registered. It may take services in its constructor.
    /// </typeparam>
    /// <param name="builder">What <c>AddFloworxPurge</c> returned.</param>
    /// <param name="name">What it is called in the report.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails or cannot be measured. The default value is
    /// <see langword="true"/>; otherwise it is only reported.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentException">The name is null, empty or white space.</exception>
    /// <exception cref="ArgumentNullException">The builder is null.</exception>
    public static OptionsBuilder<PurgeOptions> AddCheck<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TCheck>(
        this OptionsBuilder<PurgeOptions> builder, string name, bool isRequired = true)
        where TCheck : class, IPurgeCheck
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        builder.Services.TryAddSingleton<TCheck>();
        return Add(builder, (provider, options) => options.AddCheck(name, provider.GetRequiredService<TCheck>(), isRequired));
    }

    /// <summary>Adds a place outside the database; see <see cref="PurgeOptions.AddTarget(IPurgeTarget, bool)"/>.</summary>
    /// <param name="builder">What <c>AddFloworxPurge</c> returned.</param>
    /// <param name="target">The target.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails. The default value is <see langword="true"/>; otherwise it
    /// is only reported.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">The builder or the target is null.</exception>
    public static OptionsBuilder<PurgeOptions> AddTarget(
        this OptionsBuilder<PurgeOptions> builder, IPurgeTarget target, bool isRequired = true)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(target);
        return Add(builder, (_, options) => options.AddTarget(target, isRequired));
    }

    /// <summary>
    /// Adds a place outside the database that the services make; see <see cref="PurgeOptions.AddTarget(IPurgeTarget, bool)"/>.
    /// </summary>
    /// <typeparam name="TTarget">
    /// The target; registered as a singleton, unless it is registered. It may take services in its constructor.
    /// </typeparam>
    /// <param name="builder">What <c>AddFloworxPurge</c> returned.</param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails. The default value is <see langword="true"/>; otherwise it
    /// is only reported.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">The builder is null.</exception>
    public static OptionsBuilder<PurgeOptions> AddTarget<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TTarget>(
        this OptionsBuilder<PurgeOptions> builder, bool isRequired = true)
        where TTarget : class, IPurgeTarget
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<TTarget>();
        return Add(builder, (provider, options) => options.AddTarget(provider.GetRequiredService<TTarget>(), isRequired));
    }

    /// <summary>Adds a folder whose files are deleted; see <see cref="PurgeOptions.AddFolder"/>.</summary>
    /// <param name="builder">What <c>AddFloworxPurge</c> returned.</param>
    /// <param name="root">
    /// The folder; a relative path counts from the current folder. Not the root of a file system, and no folder that is or holds the home
    /// folder.
    /// </param>
    /// <param name="glob">
    /// Which files, by their path below the root: <c>*</c> stands for any characters of a name, <c>?</c> for one, <c>**</c> for any number
    /// of folders; <c>/</c> and <c>\</c> both separate. The default value is <c>**</c>, every file at any depth.
    /// </param>
    /// <param name="isRequired">
    /// Whether the verdict is <see cref="PurgeVerdict.Partial"/> when it fails. The default value is <see langword="true"/>; otherwise it
    /// is only reported.
    /// </param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">The builder, the root or the pattern is null.</exception>
    /// <exception cref="ArgumentException">Root or pattern are not valid; the message names every problem.</exception>
    public static OptionsBuilder<PurgeOptions> AddFolder(
        this OptionsBuilder<PurgeOptions> builder, string root, string glob = "**", bool isRequired = true)
        => builder.AddTarget(new FolderTarget(root, glob), isRequired);

    private static OptionsBuilder<PurgeOptions> Add(OptionsBuilder<PurgeOptions> builder, Action<IServiceProvider, PurgeOptions> apply)
    {
        builder.Services.AddSingleton<IConfigureOptions<PurgeOptions>>(
            provider => new ConfigureNamedOptions<PurgeOptions>(builder.Name, options => apply(provider, options)));
        return builder;
    }
}
