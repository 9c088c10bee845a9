using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>
/// Queries of SQL Server's catalog. Only sys views that every user may read, each of which shows what the user may see. Names are
/// compared by ids: the text columns of the catalog have collations of their own, and two of them in one expression can be refused, so that
/// each column of a UNION and each part of a CONCAT that is not a name gets the database's.
/// </summary>
internal static class SqlServerCatalog
{
    /// <summary>The word in the answer to <see cref="ServerQuery"/> that says that names differ by case.</summary>
    public const string CaseSensitive = "case-sensitive";

    // SQL Server 2017; 2022; 2017. A query that names a column which is not there fails, so that the catalog itself is asked which there
    // are.
    private const string EdgeColumn = "is_edge";
    private const string LedgerColumn = "ledger_type";
    private const string RetentionColumn = "history_retention_period";

    /// <summary>
    /// The columns of sys.tables that only newer versions have, and whether names have a case: the catalog compares its own.
    /// </summary>
    public const string ServerQuery = $"""
        SELECT CASE WHEN EXISTS (SELECT 1 FROM sys.all_columns WHERE object_id = OBJECT_ID(N'sys.tables') AND name = N'{EdgeColumn}') THEN N'{EdgeColumn} ' ELSE N'' END
             + CASE WHEN EXISTS (SELECT 1 FROM sys.all_columns WHERE object_id = OBJECT_ID(N'sys.tables') AND name = N'{LedgerColumn}') THEN N'{LedgerColumn} ' ELSE N'' END
             + CASE WHEN EXISTS (SELECT 1 FROM sys.all_columns WHERE object_id = OBJECT_ID(N'sys.tables') AND name = N'{RetentionColumn}') THEN N'{RetentionColumn} ' ELSE N'' END
             + CASE WHEN EXISTS (SELECT 1 FROM sys.schemas WHERE schema_id = SCHEMA_ID(N'sys') AND name = N'SYS') THEN N'case-insensitive' ELSE N'{CaseSensitive}' END
        """;

    /// <summary>
    /// The value from which one increment leads to the seed of identity column i; NULL when it does not fit into the column's type, so that
    /// nothing restarts the numbers. The range of a decimal that is looked at ends where a bigint does.
    /// </summary>
    public const string BeforeSeed = """
        CASE WHEN ABS(CONVERT(float, i.seed_value)) + ABS(CONVERT(float, i.increment_value)) < 9.2E18
                  AND ABS(CONVERT(float, i.seed_value) - CONVERT(float, i.increment_value)) < POWER(CONVERT(float, 10), i.precision)
                  AND CONVERT(float, i.seed_value) - CONVERT(float, i.increment_value) BETWEEN CASE i.system_type_id WHEN 48 THEN 0 WHEN 52 THEN -32768 WHEN 56 THEN -2147483648 ELSE -9.2E18 END
                                                                                       AND CASE i.system_type_id WHEN 48 THEN 255 WHEN 52 THEN 32767 WHEN 56 THEN 2147483647 ELSE 9.2E18 END
             THEN CONVERT(bigint, CONVERT(decimal(38, 0), i.seed_value) - CONVERT(decimal(38, 0), i.increment_value)) END
        """;

    private const string Named = "QUOTENAME(s.name) + N'.' + QUOTENAME(t.name)";

    // Whoever may not see all definitions sees neither every trigger nor every security policy, nor tables on which there is no right.
    private const string SeesAll = "COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'VIEW DEFINITION'), 0)";

    private const string SeesPolicies =
        $"({SeesAll} = 1 OR HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), N'DATABASE', N'ALTER ANY SECURITY POLICY') = 1)";

    // DBCC CHECKIDENT asks for the schema's owner, db_owner or db_ddladmin.
    private const string MayReseed =
        "(IS_ROLEMEMBER(N'db_owner') = 1 OR IS_ROLEMEMBER(N'db_ddladmin') = 1 OR s.principal_id = DATABASE_PRINCIPAL_ID())";

    private const string Rows = "(SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = t.object_id AND p.index_id IN (0, 1))";

    // Below ten thousand rows a scan per deleted row is not worth a warning.
    private const string LargeTable = "10000";

    private const string Database = "COLLATE DATABASE_DEFAULT";

    // As the server writes it into the definition of a default.
    private const string DrawsFromSequence =
        "CHARINDEX(N'NEXT VALUE FOR ' + QUOTENAME(s.name) + N'.' + QUOTENAME(q.name), d.definition COLLATE DATABASE_DEFAULT) > 0";

    private const string MayRestart = "HAS_PERMS_BY_NAME(QUOTENAME(s.name) + N'.' + QUOTENAME(q.name), N'OBJECT', N'ALTER')";

    // By name: on Azure SQL the ids here are the logical server's, and DB_ID() is of the database alone.
    private const string Identity = """
        SELECT CONVERT(nvarchar(128), SERVERPROPERTY(N'ProductVersion')), COALESCE(CONVERT(nvarchar(128), SERVERPROPERTY(N'ServerName')), @@SERVERNAME, N''), DB_NAME(),
               CONVERT(nvarchar(10), d.database_id) + N' ' + CONVERT(nvarchar(30), d.create_date, 126) + COALESCE(N' ' + CONVERT(nvarchar(36), d.service_broker_guid), N''), USER_NAME(), SCHEMA_NAME(), 1
        FROM sys.databases AS d WHERE d.name = DB_NAME()
        """;

    // An alias type is its base, as EF scaffolds it; types of the CLR have none.
    private const string Columns = """
        SELECT s.name, t.name, c.name,
               CASE WHEN b.name IN (N'char', N'varchar', N'binary', N'varbinary') THEN b.name + N'(' + CASE c.max_length WHEN -1 THEN N'max' ELSE CONVERT(nvarchar(10), c.max_length) END + N')'
                    WHEN b.name IN (N'nchar', N'nvarchar') THEN b.name + N'(' + CASE c.max_length WHEN -1 THEN N'max' ELSE CONVERT(nvarchar(10), c.max_length / 2) END + N')'
                    WHEN b.name IN (N'decimal', N'numeric') THEN b.name + N'(' + CONVERT(nvarchar(10), c.precision) + N',' + CONVERT(nvarchar(10), c.scale) + N')'
                    WHEN b.name IN (N'time', N'datetime2', N'datetimeoffset') AND c.scale <> 7 THEN b.name + N'(' + CONVERT(nvarchar(10), c.scale) + N')'
                    WHEN b.name = N'timestamp' THEN N'rowversion'
                    ELSE COALESCE(b.name, u.name) END,
               c.is_nullable, c.is_hidden
        FROM sys.columns AS c
        JOIN sys.tables AS t ON t.object_id = c.object_id
        JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        JOIN sys.types AS u ON u.user_type_id = c.user_type_id
        LEFT JOIN sys.types AS b ON b.user_type_id = c.system_type_id
        ORDER BY s.name, t.name, c.column_id
        """;

    private const string ForeignKeys = """
        SELECT CONVERT(nvarchar(12), k.object_id), k.name, s.name, t.name, c.name, ps.name, pt.name, pc.name,
               CASE k.delete_referential_action WHEN 1 THEN N'CASCADE' WHEN 2 THEN N'SET NULL' WHEN 3 THEN N'SET DEFAULT' ELSE N'NO ACTION' END, 1,
               CASE WHEN k.is_disabled = 1 THEN N'off' WHEN k.is_not_trusted = 1 THEN N'untrusted' ELSE N'on' END,
               COALESCE(HAS_PERMS_BY_NAME(QUOTENAME(s.name) + N'.' + QUOTENAME(t.name), N'OBJECT', N'ALTER'), 0)
        FROM sys.foreign_keys AS k
        JOIN sys.foreign_key_columns AS kc ON kc.constraint_object_id = k.object_id
        JOIN sys.tables AS t ON t.object_id = k.parent_object_id
        JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        JOIN sys.columns AS c ON c.object_id = kc.parent_object_id AND c.column_id = kc.parent_column_id
        JOIN sys.tables AS pt ON pt.object_id = k.referenced_object_id
        JOIN sys.schemas AS ps ON ps.schema_id = pt.schema_id
        JOIN sys.columns AS pc ON pc.object_id = kc.referenced_object_id AND pc.column_id = kc.referenced_column_id
        ORDER BY s.name, t.name, k.name, k.object_id, kc.constraint_column_id
        """;

    private const string Identities = $"""
        SELECT s.name, t.name, i.name, NULL, NULL
        FROM sys.identity_columns AS i
        JOIN sys.tables AS t ON t.object_id = i.object_id
        JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        WHERE {MayReseed} AND {BeforeSeed} IS NOT NULL
        """;

    /// <summary>The queries for a server whose sys.tables has these columns.</summary>
    public static CatalogQueries For(string columns)
    {
        bool hasEdges = columns.Contains(EdgeColumn, StringComparison.Ordinal);
        bool hasLedgers = columns.Contains(LedgerColumn, StringComparison.Ordinal);
        bool hasRetention = columns.Contains(RetentionColumn, StringComparison.Ordinal);
        string notLedger = hasLedgers ? " AND t.ledger_type = 0" : string.Empty;
        string retention = hasRetention
            ? """
                CASE t.history_retention_period_unit WHEN -1 THEN N'INFINITE' WHEN 3 THEN CONVERT(nvarchar(12), t.history_retention_period) + N' DAY' WHEN 4 THEN CONVERT(nvarchar(12), t.history_retention_period) + N' WEEK'
                     WHEN 5 THEN CONVERT(nvarchar(12), t.history_retention_period) + N' MONTH' WHEN 6 THEN CONVERT(nvarchar(12), t.history_retention_period) + N' YEAR' END
                """
            : "CONVERT(nvarchar(20), NULL)";
        return new CatalogQueries
        {
            Identity = Identity,
            Schemas = "SELECT name FROM sys.schemas",
            Tables = Tables(hasEdges, hasLedgers),
            Columns = Columns,
            ForeignKeys = ForeignKeys,
            Histories = Histories(retention, notLedger),
            Identities = Identities,
            Objects = Objects(retention),
            PrimaryKeys = """
                SELECT s.name, t.name, c.name
                FROM sys.indexes AS i
                JOIN sys.index_columns AS ic ON ic.object_id = i.object_id AND ic.index_id = i.index_id
                JOIN sys.columns AS c ON c.object_id = ic.object_id AND c.column_id = ic.column_id
                JOIN sys.tables AS t ON t.object_id = i.object_id
                JOIN sys.schemas AS s ON s.schema_id = t.schema_id
                WHERE i.is_primary_key = 1
                ORDER BY s.name, t.name, ic.key_ordinal
                """,
            UnindexedKeys = """
                SELECT s.name, t.name, k.name, c.name
                FROM sys.foreign_keys AS k
                JOIN sys.tables AS t ON t.object_id = k.parent_object_id
                JOIN sys.schemas AS s ON s.schema_id = t.schema_id
                JOIN sys.foreign_key_columns AS f ON f.constraint_object_id = k.object_id
                JOIN sys.columns AS c ON c.object_id = f.parent_object_id AND c.column_id = f.parent_column_id
                CROSS APPLY (
                    SELECT COUNT(*) AS columns FROM sys.foreign_key_columns AS w WHERE w.constraint_object_id = k.object_id) AS width
                WHERE NOT EXISTS (
                    SELECT 1 FROM sys.indexes AS i
                    WHERE i.object_id = k.parent_object_id AND i.type IN (1, 2) AND i.has_filter = 0 AND i.is_disabled = 0
                      AND width.columns = (
                          SELECT COUNT(*) FROM sys.index_columns AS x
                          JOIN sys.foreign_key_columns AS g ON g.constraint_object_id = k.object_id AND g.parent_column_id = x.column_id
                          WHERE x.object_id = i.object_id AND x.index_id = i.index_id AND x.key_ordinal BETWEEN 1 AND width.columns))
                ORDER BY s.name, t.name, k.name, f.constraint_column_id
                """,
            Facts = Facts,
        };
    }

    // An external table is an object of a type of its own, or a table that says so, as the version has it. Unqualified names are looked for
    // in the user's schema, and then in dbo. The rows of a FileTable are files, which other programs may hold open. TRUNCATE does what
    // DELETE does to a table without replication, change tracking, identity column and references.
    private static string Tables(bool hasEdges, bool hasLedgers) => $"""
        SELECT s.name, t.name,
               CASE WHEN t.type = 'ET' THEN N'foreign'
                    WHEN x.object_id IS NULL THEN N'view'{(hasLedgers ? "\n            WHEN x.ledger_type <> 0 THEN N'ledger'" : string.Empty)}
                    WHEN x.temporal_type = 1 THEN N'history'
                    WHEN x.is_memory_optimized = 1 THEN N'memory-optimized'{(hasEdges ? "\n            WHEN x.is_node = 1 OR x.is_edge = 1 THEN N'graph'" : string.Empty)}
                    WHEN x.is_external = 1 THEN N'foreign'
                    WHEN x.is_filetable = 1 THEN N'virtual'
                    ELSE N'table' END,
               NULL, NULL,
               CASE WHEN s.schema_id = SCHEMA_ID() THEN 1
                    WHEN s.schema_id = SCHEMA_ID(N'dbo') AND NOT EXISTS (SELECT 1 FROM sys.objects AS o WHERE o.schema_id = SCHEMA_ID() AND o.name = t.name AND o.type IN ('U', 'V', 'SN', 'ET')) THEN 1
                    ELSE 0 END,
               t.is_ms_shipped, {Rows},
               CASE WHEN x.object_id IS NOT NULL AND x.temporal_type = 0 AND x.is_memory_optimized = 0 AND x.is_external = 0 AND x.is_filetable = 0 AND {SeesAll} = 1
                         AND t.is_published = 0 AND x.is_replicated = 0 AND x.is_merge_published = 0 AND x.is_tracked_by_cdc = 0
                         AND HAS_PERMS_BY_NAME({Named}, N'OBJECT', N'ALTER') = 1
                         AND NOT EXISTS (SELECT 1 FROM sys.foreign_keys AS k WHERE k.referenced_object_id = t.object_id AND k.parent_object_id <> t.object_id)
                         AND NOT EXISTS (SELECT 1 FROM sys.triggers AS g JOIN sys.trigger_events AS e ON e.object_id = g.object_id WHERE g.parent_id = t.object_id AND e.type = 3)
                         AND NOT EXISTS (SELECT 1 FROM sys.identity_columns AS i WHERE i.object_id = t.object_id)
                         AND NOT EXISTS (SELECT 1 FROM sys.change_tracking_tables AS h WHERE h.object_id = t.object_id)
                         AND NOT EXISTS (SELECT 1 FROM sys.security_predicates AS f WHERE f.target_object_id = t.object_id)
                         AND NOT EXISTS (SELECT 1 FROM sys.indexes AS n JOIN sys.views AS v ON v.object_id = n.object_id)
                    THEN 1 ELSE 0 END,
               COALESCE(HAS_PERMS_BY_NAME({Named}, N'OBJECT', N'DELETE'), 0), COALESCE(HAS_PERMS_BY_NAME({Named}, N'OBJECT', N'SELECT'), 0),
               CASE WHEN EXISTS (SELECT 1 FROM sys.security_predicates AS f JOIN sys.security_policies AS l ON l.object_id = f.object_id
                                 WHERE f.target_object_id = t.object_id AND f.predicate_type = 0 AND l.is_enabled = 1) THEN 1
                    WHEN {SeesPolicies} THEN 0
                    ELSE 1 END,
               CONVERT(nvarchar(12), t.object_id)
        FROM sys.objects AS t
        JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        LEFT JOIN sys.tables AS x ON x.object_id = t.object_id
        WHERE t.type IN ('U', 'V', 'SN', 'ET')
        """;

    // Turning versioning off and on asks for CONTROL of both tables.
    private static string Histories(string retention, string notLedger) => $"""
        SELECT s.name, t.name, hs.name, h.name,
               {retention},
               CASE WHEN HAS_PERMS_BY_NAME({Named}, N'OBJECT', N'CONTROL') = 1 AND HAS_PERMS_BY_NAME(QUOTENAME(hs.name) + N'.' + QUOTENAME(h.name), N'OBJECT', N'CONTROL') = 1 THEN 1 ELSE 0 END
        FROM sys.tables AS t
        JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        JOIN sys.tables AS h ON h.object_id = t.history_table_id
        JOIN sys.schemas AS hs ON hs.schema_id = h.schema_id
        WHERE t.temporal_type = 2 AND t.is_memory_optimized = 0{notLedger}
        """;

    private static string Objects(string retention) => $"""
        SELECT N'constraint', s.name {Database}, t.name {Database}, k.name {Database},
               CONCAT(k.is_disabled, k.is_not_trusted, k.is_not_for_replication, N' ', k.delete_referential_action, k.update_referential_action, N' ', k.referenced_object_id, N' ', k.key_index_id,
                      (SELECT CONCAT(N' ', c.parent_column_id, N':', c.referenced_column_id) FROM sys.foreign_key_columns AS c WHERE c.constraint_object_id = k.object_id ORDER BY c.constraint_column_id FOR XML PATH(''))) {Database}, 0
        FROM sys.foreign_keys AS k JOIN sys.tables AS t ON t.object_id = k.parent_object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        UNION ALL
        SELECT N'constraint', s.name {Database}, t.name {Database}, k.name {Database}, CONCAT(k.is_disabled, k.is_not_trusted, k.is_not_for_replication, N' ', k.definition {Database}), 0
        FROM sys.check_constraints AS k JOIN sys.tables AS t ON t.object_id = k.parent_object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        UNION ALL
        SELECT N'constraint', s.name {Database}, t.name {Database}, k.name {Database}, CONCAT(k.parent_column_id, N' ', k.definition {Database}), 0
        FROM sys.default_constraints AS k JOIN sys.tables AS t ON t.object_id = k.parent_object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        UNION ALL
        SELECT N'index', s.name {Database}, t.name {Database}, n.name {Database},
               CONCAT(n.index_id, N' ', n.type, n.is_unique, n.is_disabled, n.is_primary_key, n.is_unique_constraint, n.ignore_dup_key, N' ', n.filter_definition {Database},
                      (SELECT CONCAT(N' ', c.key_ordinal, N':', c.column_id, N':', c.is_descending_key, c.is_included_column) FROM sys.index_columns AS c WHERE c.object_id = n.object_id AND c.index_id = n.index_id ORDER BY c.index_column_id FOR XML PATH(''))) {Database}, 0
        FROM sys.indexes AS n JOIN sys.tables AS t ON t.object_id = n.object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        WHERE n.name IS NOT NULL
        UNION ALL
        SELECT N'trigger', s.name {Database}, t.name {Database}, g.name {Database}, CONCAT(g.is_disabled, g.is_instead_of_trigger, g.is_not_for_replication, N' ', m.definition {Database}),
               CASE WHEN g.is_disabled = 0 AND EXISTS (SELECT 1 FROM sys.trigger_events AS e WHERE e.object_id = g.object_id AND e.type = 3)
                    THEN 2 ELSE 0 END
        FROM sys.triggers AS g JOIN sys.tables AS t ON t.object_id = g.parent_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id LEFT JOIN sys.sql_modules AS m ON m.object_id = g.object_id
        UNION ALL
        SELECT N'versioning', s.name {Database}, t.name {Database}, h.name {Database}, CONCAT(hs.name {Database}, N' ', {retention} {Database}), 0
        FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        JOIN sys.tables AS h ON h.object_id = t.history_table_id JOIN sys.schemas AS hs ON hs.schema_id = h.schema_id
        WHERE t.temporal_type = 2
        """;

    // A foreign key is seen by who may see the definition of its table; that a table is referenced at all is its own property.
    private const string Facts = $"""
        SELECT N'foreign key without index', s.name {Database}, t.name {Database}, k.name {Database}, (ps.name + N'.' + pt.name) {Database}
        FROM sys.foreign_keys AS k
        JOIN sys.tables AS t ON t.object_id = k.parent_object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        JOIN sys.tables AS pt ON pt.object_id = k.referenced_object_id JOIN sys.schemas AS ps ON ps.schema_id = pt.schema_id
        WHERE {Rows} >= {LargeTable}
          AND (SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = pt.object_id AND p.index_id IN (0, 1)) >= {LargeTable}
          AND NOT EXISTS (SELECT 1 FROM sys.indexes AS n
                          JOIN sys.index_columns AS nc ON nc.object_id = n.object_id AND nc.index_id = n.index_id AND nc.key_ordinal = 1
                          JOIN sys.foreign_key_columns AS kc ON kc.constraint_object_id = k.object_id AND kc.parent_column_id = nc.column_id
                          WHERE n.object_id = k.parent_object_id AND n.is_disabled = 0 AND n.has_filter = 0)
        UNION ALL
        SELECT N'foreign key not enforced', s.name {Database}, t.name {Database}, k.name {Database}, CASE WHEN k.is_disabled = 1 THEN N'turned off' ELSE N'not trusted' END
        FROM sys.foreign_keys AS k JOIN sys.tables AS t ON t.object_id = k.parent_object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        WHERE k.is_disabled = 1 OR k.is_not_trusted = 1
        UNION ALL
        SELECT N'identity kept', s.name {Database}, t.name {Database}, i.name {Database},
               CASE WHEN {MayReseed} THEN N'the value before its seed does not fit into its type' ELSE N'only the owner of its schema, db_owner and db_ddladmin may restart them' END
        FROM sys.identity_columns AS i JOIN sys.tables AS t ON t.object_id = i.object_id JOIN sys.schemas AS s ON s.schema_id = t.schema_id
        WHERE NOT ({MayReseed} AND {BeforeSeed} IS NOT NULL)
        UNION ALL
        SELECT N'free sequence', ts.name {Database}, t.name {Database}, q.name {Database}, c.name {Database}
        FROM sys.sequences AS q JOIN sys.schemas AS s ON s.schema_id = q.schema_id
        JOIN sys.default_constraints AS d ON {DrawsFromSequence}
        JOIN sys.tables AS t ON t.object_id = d.parent_object_id JOIN sys.schemas AS ts ON ts.schema_id = t.schema_id
        JOIN sys.columns AS c ON c.object_id = d.parent_object_id AND c.column_id = d.parent_column_id
        UNION ALL
        SELECT N'unused sequence', s.name {Database}, q.name {Database}, q.name {Database}, NULL
        FROM sys.sequences AS q JOIN sys.schemas AS s ON s.schema_id = q.schema_id
        WHERE NOT EXISTS (SELECT 1 FROM sys.default_constraints AS d WHERE {DrawsFromSequence})
        UNION ALL
        SELECT N'sequence', s.name {Database}, q.name {Database},
               CASE WHEN {SeesAll} = 0 THEN N'this role may not see everything that uses it'
                    WHEN {MayRestart} = 1 THEN N'' ELSE N'this role has no ALTER right on it' END, NULL
        FROM sys.sequences AS q JOIN sys.schemas AS s ON s.schema_id = q.schema_id
        UNION ALL
        SELECT N'sequence use', s.name {Database}, q.name {Database}, t.name {Database}, ts.name {Database}
        FROM sys.sequences AS q JOIN sys.schemas AS s ON s.schema_id = q.schema_id
        JOIN sys.default_constraints AS d ON {DrawsFromSequence}
        JOIN sys.tables AS t ON t.object_id = d.parent_object_id JOIN sys.schemas AS ts ON ts.schema_id = t.schema_id
        UNION ALL
        SELECT N'sequence use', s.name {Database}, q.name {Database}, o.name {Database}, os.name {Database}
        FROM sys.sequences AS q JOIN sys.schemas AS s ON s.schema_id = q.schema_id
        JOIN sys.sql_expression_dependencies AS e ON e.referenced_id = q.object_id
        JOIN sys.objects AS o ON o.object_id = e.referencing_id AND o.type <> 'D' JOIN sys.schemas AS os ON os.schema_id = o.schema_id
        UNION ALL
        SELECT N'event trigger', NULL, N'event', g.name {Database}, NULL
        FROM sys.triggers AS g WHERE g.parent_class = 0 AND g.is_disabled = 0
        UNION ALL
        SELECT N'hidden dependents', s.name {Database}, t.name {Database}, N'no VIEW DEFINITION on the database', NULL
        FROM sys.tables AS t JOIN sys.schemas AS s ON s.schema_id = t.schema_id WHERE {SeesAll} = 0 AND OBJECTPROPERTY(t.object_id, N'TableHasForeignRef') = 1
        UNION ALL
        SELECT N'hidden catalog', NULL, N'', N'no VIEW DEFINITION on the database', NULL WHERE {SeesAll} = 0
        UNION ALL
        SELECT N'read only', NULL, N'', N'Updateability is READ_ONLY', NULL WHERE CONVERT(nvarchar(20), DATABASEPROPERTYEX(DB_NAME(), N'Updateability')) = N'READ_ONLY'
        """;
}
