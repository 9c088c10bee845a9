using System.Text.Json.Serialization;

namespace FloworxPurge;

/// <summary>A table that the plan purges.</summary>
/// <param name="Table">The table.</param>
/// <param name="EntityTypes">The entity types that are stored there.</param>
/// <param name="Level">Its level, from 1: dependents stand on lower levels and go first.</param>
/// <param name="Rows">Rows when the plan was made, exactly counted; <see langword="null"/> when they were not counted.</param>
public sealed record PlannedTable(TableName Table, IReadOnlyList<string> EntityTypes, int Level, long? Rows)
{
    /// <summary>The engine's own number of the table, which tells it from another table that has its name by now; <see langword="null"/> where the engine keeps none.</summary>
    [JsonInclude]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal string? ObjectId { get; init; }
}

/// <summary>Why a table is kept.</summary>
public enum KeepReason
{
    /// <summary>An exclude filter names it.</summary>
    Excluded,

    /// <summary>There are include filters, and none names it.</summary>
    NotIncluded,

    /// <summary>The model excludes it from migrations: somebody else owns it.</summary>
    ExcludedFromMigrations,

    /// <summary>It is not part of the model.</summary>
    Unmapped,

    /// <summary>It is the migrations history.</summary>
    MigrationsHistory,

    /// <summary>An extension of the server owns it.</summary>
    ExtensionOwned,

    /// <summary>Its rows live on another server.</summary>
    ForeignTable,
}

/// <summary>A table that is kept, row by row, as it is.</summary>
/// <param name="Table">The table.</param>
/// <param name="Reason">Why it is kept.</param>
public sealed record KeptTable(TableName Table, KeepReason Reason)
{
    /// <summary>Whether triggers that the purge fires may add rows to it (<see cref="PurgeOptions.AllowInserts(string)"/>). Nothing else may change there. Written as JSON only when it is true.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool AllowsInserts { get; init; }
}

/// <summary>Foreign keys that form a cycle, and what makes deleting its tables legal.</summary>
/// <param name="Tables">The tables of the strongly connected component; one for a self reference.</param>
/// <param name="ForeignKeys">The foreign keys among them.</param>
/// <param name="BrokenBy">What the plan does about it, in words.</param>
public sealed record PlanCycle(IReadOnlyList<TableName> Tables, IReadOnlyList<ForeignKey> ForeignKeys, string BrokenBy);

/// <summary>How much a note matters.</summary>
public enum NoteGrade
{
    /// <summary>Good to know.</summary>
    Information,

    /// <summary>Worth a look before going on.</summary>
    Warning,
}

/// <summary>Something that was found, what it means and what to do.</summary>
/// <param name="Grade">How much it matters.</param>
/// <param name="Table">The table it is about, or <see langword="null"/> for the whole database.</param>
/// <param name="Text">The note in words.</param>
public sealed record PlanNote(NoteGrade Grade, TableName? Table, string Text);
