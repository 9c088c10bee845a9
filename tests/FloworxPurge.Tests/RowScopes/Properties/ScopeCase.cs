using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Where a generated table is.</summary>
public enum TablePlace
{
    Mapped,

    /// <summary>Excluded by an option.</summary>
    Excluded,

    /// <summary>In the database only.</summary>
    Unmapped,

    /// <summary>The model has a column that the database has not.</summary>
    Drifted,
}

/// <summary>The primary key of a generated table.</summary>
public enum KeyShape
{
    Id,
    Code,
    IdAndPart,
    TenantAndId,
}

/// <summary>The second table of a generated entity.</summary>
public enum SecondTable
{
    None,

    /// <summary>Of a split entity: each row has a part there.</summary>
    Split,

    /// <summary>Of a derived type (TPT): half of the rows have a part there.</summary>
    Derived,
}

/// <summary>Which columns of a generated foreign key accept NULL.</summary>
public enum NullableColumns
{
    None,
    All,

    /// <summary>All but the first.</summary>
    Rest,
}

/// <summary>Where the columns of a generated foreign key come from.</summary>
public enum KeySource
{
    /// <summary>They are its own.</summary>
    Own,

    /// <summary>The first is the tenant's column, which every table has.</summary>
    SharedTenant,

    /// <summary>It is the first column of the dependent's primary key.</summary>
    Identifying,

    /// <summary>It is a reference that only the options declare, of all rows or of those with an even number.</summary>
    Declared,
}

/// <summary>Which rows a generated rule names.</summary>
public enum RuleKind
{
    Remainder,
    Below,
    List,
    Take,
    All,
    Derived,
    Interface,
}

/// <summary>A generated table. Its number stays when others are left out.</summary>
public sealed record ScopeTable(int Number)
{
    public string Name => $"t{Number}";

    public string SecondName => $"t{Number}x";

    public KeyShape Shape { get; init; }

    public TablePlace Place { get; init; }

    public SecondTable Second { get; init; }

    public bool SecondCascades { get; init; }

    public bool HasFilter { get; init; }

    public bool RemovesOrphans { get; init; }

    /// <summary>Rows that are wanted; fewer are written where a NOT NULL key finds no row to point at.</summary>
    public int Rows { get; init; }
}

/// <summary>A generated foreign key.</summary>
/// <param name="Number">Its number, which stays when others are left out.</param>
/// <param name="Dependent">The number of the table that has it.</param>
/// <param name="Principal">The number of the table that it references.</param>
public sealed record ScopeKey(int Number, int Dependent, int Principal)
{
    public string Name => $"fk{Number}";

    public KeySource Source { get; init; }

    public NullableColumns Nullable { get; init; }

    /// <summary>Whether it references the alternate key.</summary>
    public bool ToAlternate { get; init; }

    /// <summary>Whether it references the second table.</summary>
    public bool ToSecond { get; init; }

    /// <summary>Whether it is in the second table of a split entity.</summary>
    public bool InSecond { get; init; }

    /// <summary>What the model says; null where the model does not have it.</summary>
    public DeleteBehavior? Behavior { get; init; }

    public string OnDelete { get; init; } = "NO ACTION";

    public ReferenceAction? Explicit { get; init; }

    /// <summary>Whether only rows with an even number have a declared reference.</summary>
    public bool OnlyEven { get; init; }
}

/// <summary>A generated rule.</summary>
public sealed record ScopeRule(bool Keeps, int Table, RuleKind Kind, int Value);

/// <summary>A generated schema with the options of a purge; its rows follow from the seed.</summary>
public sealed record ScopeCase
{
    public required int Seed { get; init; }

    public required IReadOnlyList<ScopeTable> Tables { get; init; }

    public required IReadOnlyList<ScopeKey> Keys { get; init; }

    public required IReadOnlyList<ScopeRule> Rules { get; init; }

    public OnBlocked OnBlocked { get; init; }

    public bool BestEffort { get; init; }

    /// <summary>Whether the caller opens the transaction.</summary>
    public bool JoinsTransaction { get; init; }

    /// <summary>Whether the caller rolls it back.</summary>
    public bool RollsBack { get; init; }

    /// <summary>Whether the purge runs again afterwards.</summary>
    public bool RunsTwice { get; init; }

    /// <summary>Whether PostgreSQL is made to believe that all tables are large, so that single keys are looked up.</summary>
    public bool LooksLarge { get; init; }

    public ScopeTable Table(int number) => Tables.Single(table => table.Number == number);

    /// <summary>The options, as they would be typed; the SQL that makes the database says the rest.</summary>
    public override string ToString()
        => string.Join(
            '\n',
            [
                .. Tables.Select(table => $"{table}"),
                .. Keys.Select(key => $"{key}"),
                .. Rules.Select(rule => $"{rule}"),
                $"OnBlocked.{OnBlocked}, BestEffort {BestEffort}, joins a transaction {JoinsTransaction}, "
                    + $"rolls back {RollsBack}, twice {RunsTwice}, looks large {LooksLarge}",
            ]);
}
