namespace FloworxPurge;

/// <summary>Specifies why a table is kept or skipped.</summary>
public enum PlanReason
{
    /// <summary>An exclude filter names it.</summary>
    Excluded,

    /// <summary>There are include filters, and none names it.</summary>
    NotIncluded,

    /// <summary>Only rows are deleted, and none of its rows can depend on them.</summary>
    NotReached,

    /// <summary>The model excludes it from migrations, so another application owns it.</summary>
    ExcludedFromMigrations,

    /// <summary>It is not part of the model.</summary>
    Unmapped,

    /// <summary>It is the migrations history.</summary>
    MigrationsHistory,

    /// <summary>An extension of the server owns it.</summary>
    ExtensionOwned,

    /// <summary>Its rows live on another server.</summary>
    ForeignTable,

    /// <summary>The database has no such table.</summary>
    TableMissing,

    /// <summary>The database has no such schema.</summary>
    SchemaMissing,

    /// <summary>The name is that of a view or of another object that is not a table.</summary>
    NotATable,

    /// <summary>It is a table of a kind that cannot be purged safely: a ledger, memory-optimized or graph table (SQL Server).</summary>
    UnsupportedTable,

    /// <summary>A foreign key references a table that does not exist, so the engine refuses to delete rows.</summary>
    PrincipalMissing,

    /// <summary>
    /// A foreign key references columns that are neither the primary key nor unique, so the engine refuses to delete rows on both of its
    /// sides.
    /// </summary>
    PrincipalKeyMissing,

    /// <summary>A mapped column does not exist: the table has another structure than the model.</summary>
    ColumnMissing,

    /// <summary>A key column has another type than the model.</summary>
    KeyTypeDiffers,

    /// <summary>A foreign key column has another type than the model.</summary>
    ForeignKeyTypeDiffers,

    /// <summary>Another difference exists, and <see cref="DriftTolerance.Strict"/> forbids that.</summary>
    OtherDrift,

    /// <summary>The connection's role may not delete or not read the table's rows, or may not see all that references it.</summary>
    PrivilegeMissing,

    /// <summary>Kept rows depend on the table's rows: they reference them, or are other parts of the same rows.</summary>
    Blocked,

    /// <summary>The table is part of a cycle of foreign keys that this engine cannot break.</summary>
    CycleCannotBeBroken,
}
