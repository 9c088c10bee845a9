using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Kit;

/// <summary>A foreign key of a graph scenario.</summary>
/// <param name="Dependent">The table that holds the key's column.</param>
/// <param name="Principal">The table it references.</param>
/// <param name="Column">The column: <c>b_id</c> for the first key to b, <c>b_id2</c> for the second.</param>
/// <param name="IsNullable">Whether the column may be NULL.</param>
/// <param name="OnDelete">What the database does when a principal row is deleted.</param>
public sealed record GraphEdge(string Dependent, string Principal, string Column, bool IsNullable, DeleteBehavior OnDelete)
{
    /// <summary>Whether the table references itself.</summary>
    public bool IsSelfReference => Dependent == Principal;

    /// <summary>The constraint's name in the database, as EF Core chooses it.</summary>
    public string ConstraintName => $"FK_{Dependent}_{Principal}_{Column}";
}
