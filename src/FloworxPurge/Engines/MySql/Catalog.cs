using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <summary>
/// The catalog queries of MySQL and MariaDB. information_schema spans all databases of the server: every query is about the connection's
/// own, and about the tables of others that reference it.
/// </summary>
internal static class MySqlCatalog
{
    // CURRENT_USER() is user@host, and a grantee 'user'@'host'.
    private const string Grantee = """
        CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(SUBSTRING_INDEX(CURRENT_USER(), '@', -1)) - 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), '''')
        """;

    // Not every user can see what a role may do, so a session with a role is taken to have the right, and the engine has the last word.
    private const string HasRole =
        "EXISTS (SELECT 1 FROM information_schema.ENABLED_ROLES r WHERE r.ROLE_NAME IS NOT NULL AND r.ROLE_NAME <> 'NONE')";

    private const string DatabaseRights = $"""
        SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {Grantee}
        UNION ALL SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = {Grantee} AND DATABASE() LIKE TABLE_SCHEMA
        """;

    // A table on which a role has no right at all is shown with none of its foreign keys, and InnoDB cascades into it all the same.
    private const string SeesServer =
        $"EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {Grantee} AND PRIVILEGE_TYPE IN ({TableRights}))";

    private const string SeesDatabase = $"EXISTS (SELECT 1 FROM ({DatabaseRights}) d WHERE d.PRIVILEGE_TYPE IN ({TableRights}))";

    private const string TableRights =
        "'SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'DROP', 'REFERENCES', 'INDEX', 'ALTER', 'TRIGGER'";

    // An empty text that no SQL mode (EMPTY_STRING_IS_NULL) treats as NULL.
    private const string NoTable = "LEFT('-', 0)";

    // A table's rows live elsewhere.
    private const string RemoteStorage = "'FEDERATED', 'CONNECT', 'SPIDER', 'S3', 'OQGRAPH', 'SPHINX'";

    // information_schema compares without case and accents, and a case-sensitive file system may hold two databases whose names differ
    // only there.
    private const string IsElsewhere =
        "IF(@@lower_case_table_names = 0, BINARY k.TABLE_SCHEMA <> BINARY DATABASE(), k.TABLE_SCHEMA <> DATABASE())";

    private const string IsReferenceElsewhere =
        "IF(@@lower_case_table_names = 0, BINARY k.REFERENCED_TABLE_SCHEMA <> BINARY DATABASE(), k.REFERENCED_TABLE_SCHEMA <> DATABASE())";

    private const string ReferencesThisDatabase =
        $"k.REFERENCED_TABLE_SCHEMA = DATABASE() AND NOT {IsReferenceElsewhere} AND {IsElsewhere}";

    private const string Remedy = "'grant REFERENCES ON *.* to the user, which shows all foreign keys and gives no access to rows'";

    // The server writes the default with the quotes of the session's SQL mode.
    private const string DrawsFromSequence =
        "INSTR(REPLACE(c.COLUMN_DEFAULT, CHAR(34), CHAR(96)), CONCAT(CHAR(96), s.TABLE_SCHEMA, '`.`', s.TABLE_NAME, CHAR(96))) > 0";

    // Triggers, which stand for the tables that fire them, and functions.
    private const string Programs = """
        SELECT t.EVENT_OBJECT_SCHEMA AS USER_SCHEMA, t.EVENT_OBJECT_TABLE AS USER_NAME, LOWER(t.ACTION_STATEMENT) AS USER_TEXT
        FROM information_schema.TRIGGERS t
        UNION ALL
        SELECT r.ROUTINE_SCHEMA, r.ROUTINE_NAME, LOWER(r.ROUTINE_DEFINITION) FROM information_schema.ROUTINES r
        WHERE r.ROUTINE_DEFINITION IS NOT NULL
        """;

    // Who sees a foreign key may still have no right to count the rows that have it.
    private const string MayReadElsewhere = $"""
        ({HasRole}
         OR EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES p WHERE p.GRANTEE = {Grantee} AND p.PRIVILEGE_TYPE = 'SELECT')
         OR EXISTS (SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES p
                    WHERE p.GRANTEE = {Grantee} AND k.TABLE_SCHEMA LIKE p.TABLE_SCHEMA AND p.PRIVILEGE_TYPE = 'SELECT')
         OR EXISTS (SELECT 1 FROM information_schema.TABLE_PRIVILEGES p WHERE p.GRANTEE = {Grantee}
                    AND p.TABLE_SCHEMA = k.TABLE_SCHEMA AND p.TABLE_NAME = k.TABLE_NAME AND p.PRIVILEGE_TYPE = 'SELECT'))
        """;

    private const string ForeignKeyColumns = $"""
        CONCAT_WS('/', k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME), k.CONSTRAINT_NAME,
        IF({IsElsewhere}, k.TABLE_SCHEMA, NULL), k.TABLE_NAME, k.COLUMN_NAME,
        IF({IsReferenceElsewhere}, k.REFERENCED_TABLE_SCHEMA, NULL), k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, r.DELETE_RULE, 1, 'on', 1, k.ORDINAL_POSITION
        """;

    private const string Columns = """
        SELECT NULL, TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE = 'YES', 0
        FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()
        ORDER BY TABLE_NAME, ORDINAL_POSITION
        """;

    private const string ForeignKeys = $"""
        SELECT {ForeignKeyColumns}
        FROM information_schema.KEY_COLUMN_USAGE k
        JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
        WHERE k.TABLE_SCHEMA = DATABASE() AND r.CONSTRAINT_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME IS NOT NULL
        UNION ALL
        SELECT {ForeignKeyColumns}
        FROM information_schema.KEY_COLUMN_USAGE k
        JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME AND BINARY r.CONSTRAINT_SCHEMA = BINARY k.CONSTRAINT_SCHEMA
        WHERE {ReferencesThisDatabase}
        ORDER BY 1, 13
        """;

    // ALTER TABLE ... AUTO_INCREMENT asks for more than the right to delete.
    private static readonly string Identities = $"""
        SELECT NULL, t.TABLE_NAME, t.COLUMN_NAME, NULL, NULL, {MayOnTable("ALTER")}
        FROM information_schema.COLUMNS t WHERE t.TABLE_SCHEMA = DATABASE() AND t.EXTRA LIKE '%auto_increment%'
        """;

    private const string Objects = """
        SELECT 'constraint', NULL, TABLE_NAME, CONSTRAINT_NAME, CONSTRAINT_TYPE, 0
        FROM information_schema.TABLE_CONSTRAINTS WHERE TABLE_SCHEMA = DATABASE()
        UNION ALL
        SELECT 'index', NULL, TABLE_NAME, INDEX_NAME, CONCAT_WS(' ', MAX(INDEX_TYPE), MAX(NON_UNIQUE), GROUP_CONCAT(CONCAT_WS(' ', COLUMN_NAME, SUB_PART, COLLATION) ORDER BY SEQ_IN_INDEX)), 0
        FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() GROUP BY TABLE_NAME, INDEX_NAME
        UNION ALL
        SELECT 'trigger', NULL, EVENT_OBJECT_TABLE, TRIGGER_NAME, CONCAT_WS(' ', ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT), EVENT_MANIPULATION = 'DELETE'
        FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()
        """;

    /// <summary>
    /// Whether the role may see InnoDB's own numbers of tables (1 or 0), which a rename and an ALTER without a copy keep.
    /// </summary>
    public const string SeesNumbers =
        $"EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {Grantee} AND PRIVILEGE_TYPE = 'PROCESS')";

    /// <summary>
    /// Gets a text that changes with the tables, foreign keys and triggers of the database. What identity counters are set to is no part
    /// of it. A foreign key of a table in another database is not seen: to look for it would open the tables of all databases.
    /// </summary>
    public const string StructureMark = """
        SELECT CONCAT_WS(' ',
            (SELECT CONCAT_WS(' ', COUNT(*), SUM(CRC32(CONCAT_WS('.', TABLE_NAME, TABLE_TYPE, ENGINE))))
             FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()),
            (SELECT CONCAT_WS(' ', COUNT(*), SUM(CRC32(CONCAT_WS('.', TABLE_NAME, CONSTRAINT_NAME, UNIQUE_CONSTRAINT_SCHEMA, REFERENCED_TABLE_NAME, DELETE_RULE))))
             FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE()),
            (SELECT CONCAT_WS(' ', COUNT(*), SUM(CRC32(CONCAT_WS('.', EVENT_OBJECT_TABLE, TRIGGER_NAME, EVENT_MANIPULATION, ACTION_TIMING, ACTION_STATEMENT))))
             FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE()))
        """;

    /// <summary>The queries for MariaDB 10.4 and later.</summary>
    public static CatalogQueries MariaDb(bool seesNumbers)
        => Create(
            "NULL",
            "@@tx_read_only",
            "'SUPER', 'READ_ONLY ADMIN', 'READ ONLY ADMIN'",
            HistoriesOfMariaDb(),
            seesNumbers ? "INNODB_SYS_TABLES" : null);

    /// <summary>The queries for MySQL 8.0 and later.</summary>
    public static CatalogQueries MySql(bool seesNumbers)
        => Create(
            "@@server_uuid",
            "@@transaction_read_only",
            "'SUPER', 'CONNECTION_ADMIN'",
            histories: null,
            seesNumbers ? "INNODB_TABLES" : null);

    private static CatalogQueries Create(string serverId, string isReadOnly, string readOnlyRights, string? histories, string? numbers)
        => new()
        {
            Identity = $"SELECT VERSION(), CONCAT(@@hostname, ':', @@port), DATABASE(), {serverId}, CURRENT_USER(), NULL, @@foreign_key_checks",
            Tables = Tables(numbers),
            Columns = Columns,
            ForeignKeys = ForeignKeys,
            Identities = Identities,
            Objects = Objects,
            Histories = histories,
            PrimaryKeys = """
                SELECT NULL, TABLE_NAME, COLUMN_NAME
                FROM information_schema.STATISTICS
                WHERE TABLE_SCHEMA = DATABASE() AND INDEX_NAME = 'PRIMARY' AND SUB_PART IS NULL
                ORDER BY TABLE_NAME, SEQ_IN_INDEX
                """,
            TouchedColumns = """
                SELECT NULL, TABLE_NAME, COLUMN_NAME
                FROM information_schema.COLUMNS
                WHERE TABLE_SCHEMA = DATABASE() AND EXTRA LIKE '%on update%'
                ORDER BY TABLE_NAME, ORDINAL_POSITION
                """,
            Facts = Facts(isReadOnly, readOnlyRights),
        };

    // A MERGE table shows rows of others, as a view does.
    private static string Tables(string? numbers) => $"""
        SELECT NULL, t.TABLE_NAME,
               CASE WHEN t.TABLE_TYPE = 'VIEW' OR t.ENGINE = 'MRG_MyISAM' THEN 'view' WHEN t.ENGINE IN ({RemoteStorage}) THEN 'foreign' ELSE 'table' END,
               NULL, NULL, 1, 0, t.TABLE_ROWS, 0,
               {MayOnTable("DELETE")}, {MayOnTable("SELECT")} OR EXISTS (SELECT 1 FROM information_schema.COLUMN_PRIVILEGES c WHERE c.GRANTEE = {Grantee} AND c.TABLE_SCHEMA = DATABASE() AND c.TABLE_NAME = t.TABLE_NAME AND c.PRIVILEGE_TYPE = 'SELECT'), 0,
               {(numbers is null ? "NULL, CAST(t.CREATE_TIME AS CHAR)" : "i.TABLE_ID, IF(i.TABLE_ID IS NULL, CAST(t.CREATE_TIME AS CHAR), NULL)")}
        FROM information_schema.TABLES t{(numbers is null ? string.Empty : $"\nLEFT JOIN information_schema.{numbers} i ON BINARY i.NAME = BINARY CONCAT(t.TABLE_SCHEMA, '/', t.TABLE_NAME)")}
        WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED', 'VIEW')
        UNION
        SELECT k.TABLE_SCHEMA, k.TABLE_NAME, 'table', NULL, NULL, 0, 0, NULL, 0, 0, {MayReadElsewhere}, 0, NULL, NULL
        FROM information_schema.KEY_COLUMN_USAGE k WHERE {ReferencesThisDatabase}
        """;

    private static string Facts(string isReadOnly, string readOnlyRights) => $"""
        SELECT 'no transaction', NULL, t.TABLE_NAME, t.ENGINE, NULL
        FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
        WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND e.TRANSACTIONS = 'NO'
        UNION ALL
        SELECT 'free sequence', NULL, c.TABLE_NAME, s.TABLE_NAME, c.COLUMN_NAME
        FROM information_schema.COLUMNS c JOIN information_schema.TABLES s ON {DrawsFromSequence}
        WHERE c.TABLE_SCHEMA = DATABASE() AND s.TABLE_SCHEMA = DATABASE() AND s.TABLE_TYPE = 'SEQUENCE'
        UNION ALL
        SELECT 'sequence', NULL, t.TABLE_NAME, IF({MayOnTable("ALTER")}, {NoTable}, 'this role has no ALTER right on it'), NULL
        FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'SEQUENCE'
        UNION ALL
        SELECT 'sequence use', NULL, s.TABLE_NAME, c.TABLE_NAME, IF(c.TABLE_SCHEMA = DATABASE(), NULL, c.TABLE_SCHEMA)
        FROM information_schema.COLUMNS c
        JOIN information_schema.TABLES s ON {DrawsFromSequence}
        WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_TYPE = 'SEQUENCE'
        UNION ALL
        SELECT 'possible sequence use', NULL, s.TABLE_NAME, p.USER_NAME, IF(p.USER_SCHEMA = DATABASE(), NULL, p.USER_SCHEMA)
        FROM ({Programs}) p
        JOIN information_schema.TABLES s ON INSTR(p.USER_TEXT, LOWER(s.TABLE_NAME)) > 0 AND (p.USER_TEXT LIKE '%nextval%' OR p.USER_TEXT LIKE '%next%value%for%')
        WHERE s.TABLE_SCHEMA = DATABASE() AND s.TABLE_TYPE = 'SEQUENCE'
        UNION ALL
        SELECT 'hidden triggers', NULL, t.TABLE_NAME, t.TABLE_NAME, NULL
        FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND NOT {MayOnTable("TRIGGER")}
        UNION ALL
        SELECT 'hidden dependents', NULL, t.TABLE_NAME, t.TABLE_NAME, NULL
        FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') AND NOT {HasRole} AND NOT {SeesDatabase}
        UNION ALL
        SELECT 'hidden catalog', NULL, {NoTable},
               IF({HasRole}, 'what its roles may see is not reported', 'no right on all databases'), {Remedy}
        FROM DUAL WHERE NOT {SeesServer} AND ({HasRole} OR {SeesDatabase})
        UNION ALL
        SELECT 'read only', NULL, {NoTable}, 'transaction_read_only is on', 'session' FROM DUAL WHERE {isReadOnly} = 1
        UNION ALL
        SELECT 'read only', NULL, {NoTable}, 'the server is read_only', NULL FROM DUAL
        WHERE @@global.read_only = 1 AND NOT {HasRole} AND NOT EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = {Grantee} AND PRIVILEGE_TYPE IN ({readOnlyRights}))
        """;

    /// <summary>Gets whether the role may insert into a table, and whether it may update rows.</summary>
    public static string Rights => $"""
        SELECT NULL, t.TABLE_NAME, {MayOnTable("INSERT")}, {MayOnTable("UPDATE")}, 1
        FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')
        """;

    private static string HistoriesOfMariaDb() => $"""
        SELECT NULL, t.TABLE_NAME, NULL, NULL, NULL, {MayOnTable("DELETE HISTORY")}
        FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'SYSTEM VERSIONED'
        """;

    // t is a row of information_schema.TABLES.
    /// <summary>Gets what a restore needs to know of the rights on sequences. A sequence is read like a table, and SETVAL writes a row.</summary>
    public static string SequenceRights => $"""
        SELECT NULL, t.TABLE_NAME, IF({MayOnTable("SELECT")}, {NoTable}, 'SELECT'), IF({MayOnTable("INSERT")}, {NoTable}, 'INSERT')
        FROM information_schema.TABLES t WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'SEQUENCE'
        """;

    private static string MayOnTable(string privilege) => $"""
        ({HasRole} OR '{privilege}' IN ({DatabaseRights}) OR EXISTS (SELECT 1 FROM information_schema.TABLE_PRIVILEGES p WHERE p.GRANTEE = {Grantee} AND p.TABLE_SCHEMA = DATABASE() AND p.TABLE_NAME = t.TABLE_NAME AND p.PRIVILEGE_TYPE = '{privilege}'))
        """;
}
