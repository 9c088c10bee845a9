namespace FloworxPurge.Schema;

/// <summary>What the live database says that a name stands for.</summary>
internal enum TableKind
{
    /// <summary>An ordinary table.</summary>
    Table,

    /// <summary>A table whose rows live in its partitions.</summary>
    PartitionedTable,

    /// <summary>A partition: its rows are its parent's.</summary>
    Partition,

    /// <summary>An ordinary table that other tables inherit from; a plain DELETE would reach into those.</summary>
    InheritanceParent,

    /// <summary>A table whose rows live on another server.</summary>
    ForeignTable,

    /// <summary>A table with a module behind it (SQLite's FTS5 and the like).</summary>
    VirtualTable,

    /// <summary>Storage of a virtual table, which only the engine may change.</summary>
    ShadowTable,

    /// <summary>The history of another table, which only the engine may change.</summary>
    History,

    /// <summary>A table of which every row that was ever deleted is kept as evidence.</summary>
    Ledger,

    /// <summary>A table in the server's memory, which takes no part in an ordinary transaction.</summary>
    MemoryOptimized,

    /// <summary>A node or edge table, whose edges are no foreign keys.</summary>
    Graph,

    /// <summary>A view, a materialized view or anything else that is not a table.</summary>
    View,
}
