using System.Globalization;
using System.Text.RegularExpressions;

namespace FloworxPurge;

/// <summary>A table and which of its rows.</summary>
public sealed partial record RowSet
{
    /// <summary>Gets the table.</summary>
    public required TableName Table { get; init; }

    /// <summary>
    /// Gets whether rows of tables that inherit from the table are left out. The default is <see langword="false"/>. A partitioned table
    /// has no rows of its own, so it must be <see langword="false"/> there.
    /// </summary>
    public bool OnlyOwnRows { get; init; }

    /// <summary>
    /// Gets an SQL condition over the columns of the table, without the table's name, in which <c>@p0</c>, <c>@p1</c> stand for
    /// <see cref="Parameters"/>; <see langword="null"/> (the default) for all rows. The library creates it from delimited identifiers.
    /// </summary>
    public string? Filter { get; init; }

    /// <summary>Gets the values of <see cref="Filter"/>, never part of its text. The default is none.</summary>
    public IReadOnlyList<PlanParameter> Parameters { get; init; } = [];

    /// <summary>
    /// Prepares several row sets for one statement: their parameters are numbered consecutively, so that the parameters of the statement
    /// are those of the row sets, one after the other.
    /// </summary>
    /// <param name="sets">The row sets.</param>
    /// <returns>The same row sets in the same order, each with the numbers that its parameters have in the statement.</returns>
    /// <exception cref="ArgumentNullException">The row sets are null.</exception>
    public static IReadOnlyList<RowSet> NumberParameters(IReadOnlyList<RowSet> sets)
    {
        ArgumentNullException.ThrowIfNull(sets);
        int used = 0;
        var numbered = new RowSet[sets.Count];
        for (int i = 0; i < numbered.Length; i++)
        {
            int first = used;
            numbered[i] = first == 0 || sets[i].Filter is not { } filter ? sets[i] : sets[i] with { Filter = Renumber(filter, first) };
            used += sets[i].Parameters.Count;
        }

        return numbered;
    }

    /// <summary>The parameters of a statement that names several row sets.</summary>
    internal static IReadOnlyList<PlanParameter> ParametersOf(IEnumerable<RowSet> sets) => [.. sets.SelectMany(set => set.Parameters)];

    // Not inside quotes, where a name may look like a parameter.
    private static string Renumber(string filter, int first)
        => ParameterOrQuoted().Replace(filter, match => match.Groups["number"] is { Success: true } number
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"@p{int.Parse(number.ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) + first}")
        : match.Value);

    [GeneratedRegex(
        """ "[^"]*" | '[^']*' | `[^`]*` | \[(?:[^\]]|\]\])*\] | @p(?<number>[0-9]+) """,
        RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex ParameterOrQuoted();
}
