using System.Text.Json.Serialization;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge;

/// <summary>A foreign key: rows of the dependent table reference rows of the principal table.</summary>
public sealed record ForeignKey
{
    /// <summary>Gets the constraint's name, or <see langword="null"/> where the engine keeps none.</summary>
    [JsonRequired]
    public string? Name { get; init; }

    /// <summary>Gets the table that holds the key.</summary>
    public required TableName Dependent { get; init; }

    /// <summary>Gets the key's columns in the dependent table.</summary>
    public required IReadOnlyList<string> DependentColumns { get; init; }

    /// <summary>Gets the table that is referenced.</summary>
    public required TableName Principal { get; init; }

    /// <summary>Gets the columns that are referenced, in the order of <see cref="DependentColumns"/>.</summary>
    public required IReadOnlyList<string> PrincipalColumns { get; init; }

    /// <summary>Gets what the engine does with dependent rows when a principal row is deleted.</summary>
    public required ReferentialAction OnDelete { get; init; }

    /// <summary>Gets the dependent columns that accept NULL: setting one of them to NULL breaks the reference.</summary>
    [JsonRequired]
    public IReadOnlyList<string> NullableColumns { get; init; } = [];

    /// <summary>Gets whether the live database has the constraint; <see langword="false"/> when only the model knows it.</summary>
    public required bool IsEnforced { get; init; }

    /// <summary>
    /// Gets whether the engine knows that every row satisfies it. One that is checked from now on, but was not for the rows that were there
    /// (SQL Server: <c>WITH NOCHECK</c>; PostgreSQL: <c>NOT VALID</c>), is not, nor is one that is not checked at all.
    /// </summary>
    [JsonIgnore]
    public bool IsTrusted { get; init; } = true;

    /// <summary>
    /// Gets whether the constraint is there and turned off, so that it stops no statement (SQL Server: <c>NOCHECK CONSTRAINT</c>;
    /// PostgreSQL: <c>NOT ENFORCED</c>).
    /// </summary>
    internal bool IsOff { get; init; }

    /// <summary>Gets whether this role may turn it off and on again.</summary>
    internal bool MayBeTurnedOff { get; init; }

    /// <summary>Gets the partition of the dependent table that alone has the key; <see langword="null"/> where the whole has it.</summary>
    internal TableName? DependentPart { get; init; }

    /// <summary>Gets the partition of the principal table that alone is referenced.</summary>
    internal TableName? PrincipalPart { get; init; }

    /// <summary>Gets whether the table references itself.</summary>
    public bool IsSelfReference => Dependent == Principal;

    /// <summary>The key as people read it: <c>FK_orders_users: orders(user_id) -> users(id)</c>.</summary>
    /// <returns>The readable form; not meant to be put into SQL.</returns>
    public override string ToString()
    {
        string path = $"{Dependent}({string.Join(", ", DependentColumns)}) -> {Principal}({string.Join(", ", PrincipalColumns)})";
        return Name is null ? path : $"{Name}: {path}";
    }

    /// <summary>
    /// One text for all keys of the same tables and columns, independent of the constraint's name; compare it as the engine compares names.
    /// </summary>
    internal string Shape
        => string.Join('\0', Dependent.Schema, Dependent.Name, Principal.Schema, Principal.Name)
            + "\0"
                + string.Join(
                    '\0',
                    DependentColumns.Zip(PrincipalColumns, (from, to) => from + "\0" + to).Order(StringComparer.OrdinalIgnoreCase));
}
