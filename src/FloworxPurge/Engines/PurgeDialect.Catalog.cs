using FloworxPurge.Engines;

namespace FloworxPurge.Extensibility;

/// <content>
/// Queries over an engine's catalog. Each takes no parameter and returns rows of the shape given here; columns are read by position, and an
/// engine without a thing selects NULL or 0 for it. A dialect overrides all that are marked as needed, or none: then the provider's
/// scaffolding is used.
/// </content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// Gets the query that returns one row: server version, server (address or file; NULL for the name that the connection has for it),
    /// database, database id, role, default schema, foreign keys are enforced (1 or 0). <see langword="null"/> (the default): the
    /// provider's scaffolding is used, and none of the other queries; a provider that has none is refused.
    /// </summary>
    public virtual string? IdentityQuery => null;

    /// <summary>
    /// Gets the query that returns one row for each schema: its name. <see langword="null"/> (the default) for an engine without schemas.
    /// </summary>
    public virtual string? SchemasQuery => null;

    /// <summary>
    /// Gets the query that returns one row for each table or view: schema, name, kind (<c>table</c>, <c>partitioned</c>, <c>partition</c>,
    /// <c>divided partition</c> (one that has partitions of its own), <c>inheritance parent</c>, <c>foreign</c>, <c>virtual</c>,
    /// <c>shadow</c>, <c>view</c>, <c>history</c>, <c>ledger</c>, <c>memory-optimized</c>, <c>graph</c>; the last three are skipped),
    /// root's schema and name (of a partition), an unqualified name finds it (1 or 0), an extension owns it (1 or 0), estimated rows,
    /// TRUNCATE does what DELETE does (1 or 0), the role may delete (1 or 0), the role may select (1 or 0), row security applies to the
    /// role (1 or 0), the engine's own number of the table as text, which a rename keeps and another table of the name does not have (NULL
    /// where there is none). Needed with <see cref="IdentityQuery"/>.
    /// </summary>
    public virtual string? TablesQuery => null;

    /// <summary>
    /// Gets the query that returns one row for each column, in order: schema, table, column, type, accepts NULL (1 or 0), the engine keeps
    /// it itself (1 or 0), the engine stores nothing and computes it when it is read (1 or 0; may be left out where no column is), the
    /// type under a domain (NULL for any other type; may be left out where there are no domains). Needed with <see cref="IdentityQuery"/>.
    /// </summary>
    public virtual string? ColumnsQuery => null;

    /// <summary>
    /// Gets the query that returns one row for each column of a foreign key, in order: constraint's identity (any text, the same for all
    /// its rows), constraint's name, schema, table and column of the dependent, schema, table and column of the principal, action (<c>NO
    /// ACTION</c>, <c>RESTRICT</c>, <c>CASCADE</c>, <c>SET NULL</c>, <c>SET DEFAULT</c>), the engine can check it (1 or 0: it references
    /// no table, or columns that are no key), state (<c>on</c>, <c>untrusted</c>: not validated for the rows that were there, <c>off</c>:
    /// stops no statement), the role may turn it off and on again (1 or 0; read where the dialect has <see cref="DisableConstraints"/>),
    /// schema and name of the dependent's partition that alone has the key (the schema is NULL where the whole has it), schema and name of
    /// the principal's partition that alone is referenced (these four may be left out where there are no partitions). Needed with <see
    /// cref="IdentityQuery"/>.
    /// </summary>
    public virtual string? ForeignKeysQuery => null;

    /// <summary>
    /// Gets the query that returns one row for each table that keeps the rows it had (system-versioned, temporal): schema, table, schema
    /// and name of the table that holds them (NULL when they stay within), how long they are kept, in the form that <see
    /// cref="PurgeHistory"/> receives (NULL: not limited, or unknown), the role may delete them (1 or 0). <see langword="null"/> (the
    /// default) where the engine has none.
    /// </summary>
    public virtual string? HistoriesQuery => null;

    /// <summary>
    /// Gets the query that returns one row for each identity counter: schema, table, column, sequence's schema, sequence's name, and
    /// optionally whether the role may restart it (1, the default, or 0). Needed with <see cref="IdentityQuery"/>.
    /// </summary>
    public virtual string? IdentitiesQuery => null;

    /// <summary>
    /// Gets the query that returns one row for each constraint, index, trigger or rule: kind (<c>constraint</c>, <c>index</c>,
    /// <c>trigger</c>, <c>rule</c>, <c>versioning</c> for a table that keeps the rows it had; <c>column</c> and <c>default</c>, one for
    /// all of a table; <c>view</c>, one for each table that it reads), schema, table, name, definition and state as one text, a DELETE
    /// fires it (1, or 2 for a trigger that fires once for a statement, also for one that deletes no row; 0 for no). Needed with <see
    /// cref="IdentityQuery"/>.
    /// </summary>
    public virtual string? ObjectsQuery => null;

    /// <summary>
    /// Gets the query that returns one row for each fact that a plan should mention: kind, schema, table, name, detail. Kinds:
    /// <c>materialized view</c> (it holds rows of the table, which may be another such view; schema and name are the view's own in
    /// <c>detail</c> and <c>name</c>), <c>foreign key without index</c> (name and columns), <c>foreign key not enforced</c> (name and
    /// state), <c>free sequence</c> (a sequence that numbers the table and that it does not own), <c>shared sequence</c> (one that it owns
    /// and that numbers other tables, too), <c>unused sequence</c> (schema and table are the sequence's own: no table owns it, and no
    /// column's default uses it), <c>sequence</c> (schema and table are the sequence's own; the name is empty, or the reason why the role
    /// may not restart it), <c>sequence use</c> (the same, for each table or other object that uses it; its name, and its schema in
    /// <c>detail</c>), <c>possible sequence use</c> (the same, for what may use it unseen: a composed name, a function, a table with a
    /// trigger that calls one), <c>inherits</c> (a query of the table with the name and the schema, in <c>detail</c>, shows the rows of
    /// this one, too; partitions are not meant), <c>detaching partition</c> (a partition of the table, with the name and the schema, in
    /// <c>detail</c>, whose rows the table does not show any more), <c>identity kept</c> (a counter that cannot be restarted; name and
    /// reason), <c>hidden dependents</c> (a table that foreign keys which the role may not see may reference, so that it is skipped),
    /// <c>hidden catalog</c> (the role may not see all of the catalog; the name is what it lacks), <c>event trigger</c> (DDL fires it),
    /// <c>closed schema</c> (the role may not use the table's schema, which is the name; the detail is NULL where the schema is not on the
    /// search path), <c>same name</c> (another schema of the search path, in <c>detail</c>, has a table of that name, too), <c>deferrable
    /// trigger</c> (it may do its work when the transaction commits), <c>hidden triggers</c> (the role has no right to see the table's
    /// triggers), <c>no transaction</c> (the table's storage, which is the name, cannot roll back), <c>hidden table</c> (a temporary
    /// object hides the table from unqualified names), <c>no rollback</c> (the session cannot roll back; the name is the reason), <c>read
    /// only</c> (the session cannot write; the name is the reason; the detail is <c>session</c> where a setting of the session or its
    /// transaction is the cause), <c>full-text index</c> (the table is a virtual one; the detail is the text that it was created by). <see
    /// langword="null"/> (the default) where the engine has none of them.
    /// </summary>
    public virtual string? FactsQuery => null;

    /// <summary>
    /// The queries, which the dialects of this package make at once; <see langword="null"/> where the provider's scaffolding is used.
    /// </summary>
    internal virtual CatalogQueries? Catalog => IdentityQuery is not { } identity
        ? null
        : (TablesQuery, ColumnsQuery, ForeignKeysQuery, IdentitiesQuery, ObjectsQuery) is ({ } tables, { } columns, { } keys, { } identities, { } objects)
            ? new CatalogQueries
            {
                Identity = identity,
                Schemas = SchemasQuery,
                Tables = tables,
                Columns = columns,
                ForeignKeys = keys,
                Histories = HistoriesQuery,
                Identities = identities,
                Objects = objects,
                Facts = FactsQuery,
            }
            : throw new PurgeException($"The SQL dialect {Name} overrides {nameof(IdentityQuery)} and not all of the queries that are "
                + $"needed with it: {nameof(TablesQuery)}, {nameof(ColumnsQuery)}, {nameof(ForeignKeysQuery)}, {nameof(IdentitiesQuery)} and "
                + $"{nameof(ObjectsQuery)}. Override each of them.");
}
