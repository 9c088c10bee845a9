namespace FloworxPurge.Extensibility;

/// <summary>A statement and its values.</summary>
/// <param name="Sql">The text; <c>@p0</c>, <c>@p1</c> stand for <paramref name="Parameters"/>.</param>
/// <param name="Parameters">The values, never part of the text.</param>
public sealed record SqlStatement(string Sql, IReadOnlyList<string> Parameters);
