namespace FloworxPurge.Planning;

/// <summary>One include or exclude, by pattern or by entity type.</summary>
internal sealed record FilterRule(bool IsExclude, string? Pattern, Type? EntityType);
