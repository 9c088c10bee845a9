namespace FloworxPurge.Engines;

/// <summary>
/// What an engine has of PostgreSQL's features that not all PostgreSQL-compatible engines have. The default of each is that it does not
/// have it.
/// </summary>
internal sealed record PostgreSqlFeatures
{
    /// <summary>Gets the features that PostgreSQL has, and an engine that is PostgreSQL with another storage.</summary>
    public static PostgreSqlFeatures All { get; } = new()
    {
        HasInheritance = true,
        DeletesTogether = true,
        CascadesToAnyDepth = true,
        HasDeferredChecks = true,
        HasAdvisoryLocks = true,
        HasTableLocks = true,
        HasLockTimeout = true,
        NumbersTransactions = true,
        HasCatalogVersions = true,
        HasSessionSettings = true,
        HasReadOnlyTransactions = true,
        HasRowDigests = true,
        RefreshesViews = true,
        RestartsSequences = true,
    };

    /// <summary>Gets whether a table can inherit from another, so that ONLY leaves out the rows of inheritance children.</summary>
    public bool HasInheritance { get; init; }

    /// <summary>Gets whether the parts of a statement of data-modifying CTEs are one statement for foreign keys.</summary>
    public bool DeletesTogether { get; init; }

    /// <summary>Gets whether the depth of a cascade has no limit.</summary>
    public bool CascadesToAnyDepth { get; init; }

    /// <summary>Gets whether constraints and triggers can be deferred to the commit.</summary>
    public bool HasDeferredChecks { get; init; }

    /// <summary>Gets whether there are advisory locks that end with the transaction.</summary>
    public bool HasAdvisoryLocks { get; init; }

    /// <summary>Gets whether there are table locks, which <c>pg_locks</c> shows.</summary>
    public bool HasTableLocks { get; init; }

    /// <summary>Gets whether the setting <c>lock_timeout</c> has an effect.</summary>
    public bool HasLockTimeout { get; init; }

    /// <summary>Gets whether a transaction has a number, and the server knows whether it was committed.</summary>
    public bool NumbersTransactions { get; init; }

    /// <summary>Gets whether the rows of the catalog have the number of the transaction that wrote them.</summary>
    public bool HasCatalogVersions { get; init; }

    /// <summary>
    /// Gets whether the session has a replication role and row security as settings, and isolation levels that hide later commits.
    /// </summary>
    public bool HasSessionSettings { get; init; }

    /// <summary>Gets whether a transaction can be made read-only, and a rollback to a savepoint undoes that.</summary>
    public bool HasReadOnlyTransactions { get; init; }

    /// <summary>Gets whether the functions for the digest of a row in its binary form exist.</summary>
    public bool HasRowDigests { get; init; }

    /// <summary>Gets whether a rollback undoes the refresh of a materialized view.</summary>
    public bool RefreshesViews { get; init; }

    /// <summary>Gets whether a rollback undoes the restart of a sequence.</summary>
    public bool RestartsSequences { get; init; }
}
