using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Hosting;

/// <summary>
/// The context that a registered purger is for, if any, and the contexts that have registered purgers of their own: this one does not have
/// their options.
/// </summary>
/// <param name="Own">The context that the purger is for.</param>
/// <param name="Others">The other contexts that have purgers of their own.</param>
/// <param name="HasUnnamed">Whether there is a purger without a key, too.</param>
internal sealed record ContextOwners(Type? Own, IReadOnlyList<Type> Others, bool HasUnnamed)
{
    /// <exception cref="ArgumentException">The options of a context are those of another purger.</exception>
    public void Check(IReadOnlyList<DbContext> contexts)
    {
        // The nearest class counts: a context may be derived from one that has a purger, and have its own.
        List<Type> owners = [.. contexts.Select(OwnerOf).OfType<Type>().Distinct()];
        if (owners.Find(owner => owner != Own) is { } other)
        {
            throw new ArgumentException(
                $"{other.Name} has purge options of its own, which this purger does not have. "
                    + $"Take the one that AddFloworxPurge<{other.Name}> has registered: [FromKeyedServices(typeof({other.Name}))] IPurger.",
                nameof(contexts));
        }

        if (Own is not null && owners.Count == 0)
        {
            throw new ArgumentException(
                $"This purger has the options of {Own.Name}, and none of the contexts is one: "
                    + $"{string.Join(", ", contexts.Select(context => context.GetType().Name))}. "
                    + "Use the purger that is registered for them.",
                nameof(contexts));
        }

        // Contexts without options of their own have those of the purger without a key, where there is one.
        if (Own is not null && HasUnnamed && contexts.FirstOrDefault(context => OwnerOf(context) is null) is { } unowned)
        {
            throw new ArgumentException(
                $"This purger has the options of {Own.Name}, and those of {unowned.GetType().Name} are the ones of AddFloworxPurge() "
                    + $"without a type. "
                    + "Register a purger for all of them by name: AddFloworxPurge(name).",
                nameof(contexts));
        }
    }

    private Type? OwnerOf(DbContext context)
    {
        for (Type? type = context.GetType(); type is not null; type = type.BaseType)
        {
            if (type == Own || Others.Contains(type))
            {
                return type;
            }
        }

        return null;
    }
}
