namespace FloworxPurge.Planning;

/// <summary>One filter: a pattern of table names or an entity type.</summary>
internal sealed record FilterRule(bool IsExclude, string? Pattern, Type? EntityType)
{
    /// <summary>The call of an option that this rule stands for, such as <c>Exclude("audit_*")</c>.</summary>
    public string Call(string option) => EntityType is { } type ? $"{option}<{type.Name}>()" : $"{option}(\"{Pattern}\")";
}
