using System.Text.Json.Serialization;

namespace FloworxPurge;

/// <summary>
/// The rows that a plan deletes, if it does not delete whole tables (<see
/// cref="PurgeOptions.Rows{T}(System.Linq.Expressions.Expression{System.Func{T, bool}}, string?)"/>): the queries that select them, the
/// references to them, and what blocks them. In the report of a run, the counts are those of the run.
/// </summary>
public sealed record PlanScope
{
    /// <summary>Gets the queries that select the rows to delete and the rows to keep, in the order of the calls.</summary>
    public required IReadOnlyList<ScopeQuery> Queries { get; init; }

    /// <summary>Gets the references to rows that are deleted, by dependent table, then by name.</summary>
    public required IReadOnlyList<ScopeReference> References { get; init; }

    /// <summary>Gets the reasons why selected rows are not deleted; empty if all of them are.</summary>
    public required IReadOnlyList<ScopeBlock> Blocked { get; init; }

    /// <summary>Gets the tables whose rows are deleted if no remaining row references them.</summary>
    public IReadOnlyList<TableName> Orphans { get; init; } = [];

    /// <summary>Gets the number of rows that the queries select. A row that several queries select is counted once.</summary>
    public long Matched { get; init; }

    /// <summary>Gets the number of selected rows that are blocked, and not deleted.</summary>
    public long BlockedRows => Blocked.Sum(block => block.Rows);

    /// <summary>Gets the number of rows that stay and lose a reference.</summary>
    public long Detached => References.Where(reference => reference.Action == ReferenceAction.Detach).Sum(reference => reference.Rows ?? 0);

    /// <summary>Gets the statements that selected the rows, in order, for a script. Not part of the fingerprint.</summary>
    [JsonInclude]
    internal IReadOnlyList<string> Selection { get; init; } = [];

    /// <summary>How the queries of another scope differ, in words, or <see langword="null"/> when they are the same.</summary>
    internal string? OtherQueries(string owner, PlanScope? other)
    {
        if (other is not null && Queries.Select(query => query.Identity).SequenceEqual(other.Queries.Select(query => query.Identity)))
        {
            return null;
        }

        string[] texts = [.. Queries.Select(query => query.Text)];
        string[] others = [.. (other?.Queries ?? []).Select(query => query.Text)];
        return $"those of {owner} are {string.Join(", ", texts)}, and those of this purger "
            + (others.Length == 0 ? "none"
                : texts.SequenceEqual(others, StringComparer.Ordinal) ? "the same with other values"
                : string.Join(", ", others));
    }
}

/// <summary>A query that selects rows to delete, or rows to keep.</summary>
public sealed record ScopeQuery
{
    /// <summary>Gets the source text of the call, such as <c>Rows&lt;User&gt;(u =&gt; u.IsTest)</c>.</summary>
    public required string Text { get; init; }

    /// <summary>Gets whether its rows are kept, with everything that they reference.</summary>
    public required bool Keeps { get; init; }

    /// <summary>Gets the display name of the entity type.</summary>
    public required string EntityType { get; init; }

    /// <summary>Gets the table whose rows it selects. If the entity type has several tables, this is the first one.</summary>
    public required TableName Table { get; init; }

    /// <summary>Gets the SQL text of the query, as EF Core translates it.</summary>
    public required string Sql { get; init; }

    /// <summary>
    /// Gets the SHA-256 of the values of its parameters, in lower-case hexadecimal; <see langword="null"/> without parameters.
    /// </summary>
    [JsonRequired]
    public string? ParametersHash { get; init; }

    /// <summary>Gets what is equal where two queries name the same rows of the same database.</summary>
    internal (bool Keeps, TableName Table, string Sql, string? ParametersHash) Identity => (Keeps, Table, Sql, ParametersHash);

    /// <summary>Gets the number of rows that it selects.</summary>
    public long Rows { get; init; }

    /// <summary>
    /// Gets the number of further rows that it would select without the query filters of the model; <see langword="null"/> if none
    /// applies.
    /// </summary>
    [JsonRequired]
    public long? Hidden { get; init; }
}

/// <summary>A reference to rows that are deleted, and what happens to the rows that have it.</summary>
public sealed record ScopeReference
{
    /// <summary>Gets the foreign key of the database, or the reference that only the model or the options know.</summary>
    public required ForeignKey ForeignKey { get; init; }

    /// <summary>Gets what happens to the referencing rows.</summary>
    public required ReferenceAction Action { get; init; }

    /// <summary>Gets the reason for the action, as text.</summary>
    public required string Reason { get; init; }

    /// <summary>
    /// Gets the number of rows that have the reference and that are deleted, are detached or block, as the action says; <see
    /// langword="null"/> when they were not counted.
    /// </summary>
    [JsonRequired]
    public long? Rows { get; init; }
}

/// <summary>A reason why selected rows are not deleted.</summary>
public sealed record ScopeBlock
{
    /// <summary>Gets the reason as text, with the table and the reference, or with the rule.</summary>
    public required string Reason { get; init; }

    /// <summary>Gets the table that holds the blocking rows.</summary>
    public required TableName Table { get; init; }

    /// <summary>Gets the reference through which they block; <see langword="null"/> for a rule.</summary>
    [JsonRequired]
    public ForeignKey? ForeignKey { get; init; }

    /// <summary>
    /// Gets the number of selected rows that stay for this reason. A row with several reasons is counted once.
    /// </summary>
    public required long Rows { get; init; }

    /// <summary>Gets the keys of up to ten of these rows, as text, in the order of the keys.</summary>
    public required IReadOnlyList<string> Examples { get; init; }
}
