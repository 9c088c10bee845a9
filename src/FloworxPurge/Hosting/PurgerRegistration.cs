namespace FloworxPurge.Hosting;

/// <summary>A purger among the services: its key, the name of its options, and the context that it is for, if any.</summary>
internal sealed record PurgerRegistration(object? Key, string Name, Type? ContextType)
{
    /// <summary>The call that registered it.</summary>
    public string Call
        => ContextType is not null ? $"AddFloworxPurge<{ContextType.Name}>()"
            : Key is null ? "AddFloworxPurge()"
            : $"AddFloworxPurge(\"{Name}\")";
}
