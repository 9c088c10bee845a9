namespace FloworxPurge.Extensibility;

/// <summary>A statement and its values.</summary>
public sealed record SqlStatement
{
    /// <summary>Gets the text; <c>@p0</c>, <c>@p1</c> stand for <see cref="Parameters"/>.</summary>
    public required string Sql { get; init; }

    /// <summary>Gets the values, never part of the text. The default is none.</summary>
    public IReadOnlyList<PlanParameter> Parameters { get; init; } = [];

    /// <summary>Creates a statement.</summary>
    /// <param name="sql">The text; <c>@p0</c>, <c>@p1</c> stand for the values.</param>
    /// <param name="values">The values, of the types that <see cref="PlanParameter.Of"/> accepts.</param>
    /// <returns>The statement.</returns>
    /// <exception cref="ArgumentNullException">A parameter is null.</exception>
    /// <exception cref="ArgumentException">A value is of another type.</exception>
    public static SqlStatement Of(string sql, params object?[] values)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(values);
        return new SqlStatement { Sql = sql, Parameters = [.. values.Select(PlanParameter.Of)] };
    }
}
