namespace FloworxPurge.Schema;

/// <summary>A column of a table, from the model or from the live database.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="StoreType">The type as its source spells it; empty when the engine declares none.</param>
/// <param name="IsNullable">Whether the column accepts NULL.</param>
/// <param name="IsKey">Model only: whether the column is part of a primary or alternate key.</param>
/// <param name="IsComputed">Model only: whether the database computes the column, so that it cannot be written.</param>
/// <param name="IsSystem">Live only: whether the engine keeps the column itself (PostgreSQL's <c>xmin</c>).</param>
/// <param name="IsVirtual">Live only: whether the engine stores nothing and computes the column when it is read, which may fail.</param>
/// <param name="BaseType">Live only: the type under the column's type, where that is a domain.</param>
internal sealed record Column(
    string Name,
    string StoreType,
    bool IsNullable,
    bool IsKey = false,
    bool IsComputed = false,
    bool IsSystem = false,
    bool IsVirtual = false,
    string? BaseType = null);
