using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FloworxPurge.Hosting;

/// <summary>A purger among the services: its key, the name of its options, and the context that it is for, if any.</summary>
internal sealed record PurgerRegistration(object? Key, string Name, Type? ContextType)
{
    /// <summary>The call that registered it.</summary>
    public string Call
        => ContextType is not null ? $"AddFloworxPurge<{ContextType.Name}>()"
            : Key is null ? "AddFloworxPurge()"
            : $"AddFloworxPurge(\"{Name}\")";

    /// <exception cref="OptionsValidationException">Options are not valid.</exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    [RequiresDynamicCode(TrimWarnings.Model)]
    public IPurger Create(IServiceProvider provider)
    {
        PurgeOptions options = provider.GetRequiredService<IOptionsMonitor<PurgeOptions>>().Get(Name);
        List<PurgerRegistration> all = [.. provider.GetServices<PurgerRegistration>()];
        IEnumerable<Type> owners = all.Select(other => other.ContextType).OfType<Type>();

        // Whoever takes a purger by a name of the application's own has chosen it.
        return new Purger(options, Key is string ? null : new ContextOwners(ContextType, [.. owners.Where(owner => owner != ContextType)], all.Exists(other => other.Key is null)));
    }
}
