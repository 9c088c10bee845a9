using System.Data;
using System.Data.Common;
using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>
/// MySQL 8.0 and MariaDB 10.4, and later: foreign keys are checked row by row, TRUNCATE and ALTER TABLE commit at once, a database is a
/// schema.
/// </summary>
internal sealed partial class MySqlDialect : PurgeDialect
{
    // GET_LOCK is the server's and not the database's, and takes a name of 64 characters.
    private const string PurgeLock = "CONCAT('floworxpurge ', MD5(DATABASE()))";

    // A word in the answer to ServerQuery.
    private const string SeesNumbers = "sees-numbers";

    // A SELECT without it ends at SQL_SELECT_LIMIT, which a session, or the server for all of them, may have set to any number.
    private const string AllRows = " LIMIT 18446744073709551615";

    // Set to their value in milliseconds each, so that a number given by the user means both.
    private const string LockTimeoutOfRows = "SUBSTRING_INDEX(@p0, '/', 1)";

    private const string LockTimeoutOfTables = "SUBSTRING_INDEX(@p0, '/', -1)";

    private readonly bool _isDetected;
    private readonly bool _isMariaDb;
    private readonly bool _seesNumbers;

    /// <summary>The dialect before the server is detected from the open connection.</summary>
    public MySqlDialect()
        : this(isDetected: false, isMariaDb: false, seesNumbers: false, StringComparer.OrdinalIgnoreCase)
    {
    }

    private MySqlDialect(bool isDetected, bool isMariaDb, bool seesNumbers, StringComparer tables)
    {
        _isDetected = isDetected;
        _isMariaDb = isMariaDb;
        _seesNumbers = seesNumbers;
        Identifiers = tables;
        Catalog = isMariaDb ? MySqlCatalog.MariaDb(seesNumbers) : MySqlCatalog.MySql(seesNumbers);
    }

    public override string Name => "MySQL";

    public override string Engine => _isMariaDb ? "MariaDB" : "MySQL";

    public override string SystemName => _isMariaDb ? "mariadb" : "mysql";

    public override bool HasSchemas => false;

    public override bool DatabasesAreSchemas => true;

    // The server's file system decides about tables; columns never have a case of their own.
    public override StringComparer Identifiers { get; }

    public override StringComparer ColumnIdentifiers => StringComparer.OrdinalIgnoreCase;

    internal override CatalogQueries Catalog { get; }

    public override string? ServerQuery
        => _isDetected
            ? null
            : $"SELECT CONCAT_WS(' ', VERSION(), @@version_comment, IF({MySqlCatalog.SeesNumbers}, '{SeesNumbers}', '-'), "
                + $"@@lower_case_table_names)";

    public override IReadOnlyList<string> Notes => _seesNumbers ? [] :
    [
        "This role has no PROCESS right and may not see the server's numbers of tables: a table that was replaced since the plan was "
            + "made by another of its name and structure is not noticed.",
    ];

    // The last word is lower_case_table_names: 0 means that a and A are two tables.
    public override PurgeDialect Detect(string server) => new MySqlDialect(
        isDetected: true,
        server.Contains("MariaDB", StringComparison.OrdinalIgnoreCase),
        server.Split(' ') is [.., SeesNumbers, _],
        server.EndsWith(" 0", StringComparison.Ordinal) ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase);

    // Locks of rows and of the gaps between them: what was deleted or counted for update stays so until the commit.
    public override IsolationLevel? Isolation => IsolationLevel.RepeatableRead;

    // A plain SELECT reads the transaction's snapshot, which is older than rows that a DELETE would cascade into.
    public override string ReadCurrent(string query) => query + AllRows + " LOCK IN SHARE MODE";

    // Of a table of another database the columns are not known.
    internal override string? RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => columns is { Count: > 0 } ? MySqlDigest.RowDigest(sql, columns) : null;

    public override string ReadAll(string query) => query + AllRows;

    // InnoDB checks after each row, with any action.
    public override bool? ChecksAtStatementEnd(ReferentialAction onDelete) => false;

    // A setting of the session. It stops cascades, too; the tables of the cycle are empty when it is set back, so that nothing has to be
    // validated.
    public override bool RollbackEnablesConstraints => false;

    public override string DisableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys)
        => "SET SESSION foreign_key_checks = 0";

    public override string EnableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys)
        => "SET SESSION foreign_key_checks = 1";

    // A table of another database, which may reference one of ours.
    public override string Table(ISqlGenerationHelper sql, TableName table)
    {
        ArgumentNullException.ThrowIfNull(sql);
        ArgumentNullException.ThrowIfNull(table);
        return table.Schema is null
            ? sql.DelimitIdentifier(table.Name)
            : $"{sql.DelimitIdentifier(table.Schema)}.{sql.DelimitIdentifier(table.Name)}";
    }

    // LOCK TABLES would commit. Under REPEATABLE READ this locks every row and every gap, so that no other session changes, adds or
    // references a row.
    public override string Lock(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => $"SELECT {string.Join(", ", tables.Select(table => $"(SELECT COUNT(*) FROM {Table(sql, table)} FOR UPDATE)"))}";

    // Any statement on a table keeps its definition until the transaction ends. LIMIT 0 reads no row and takes no snapshot.
    public override string HoldStructure(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => $"SELECT {string.Join(", ", tables.Select(table => $"(SELECT 1 FROM {Table(sql, table)} LIMIT 0)"))}";

    // A trigger may set variables of the session. The last one is 0 when the server has ended the transaction by itself, as a deadlock
    // does.
    public override string SessionState => $"""
        SELECT CONCAT_WS('; ', CONCAT('user ', CURRENT_USER()), CONCAT('foreign_key_checks ', @@foreign_key_checks), CONCAT('sql_mode ', @@sql_mode){(_isMariaDb ? ", CONCAT('in_transaction ', @@in_transaction)" : string.Empty)})
        """;

    // A row that another session commits after the snapshot, and that a trigger then deletes, shows neither before nor after.
    public override string? DeletedRows => _isMariaDb
        ? "SELECT CAST(VARIABLE_VALUE AS SIGNED) FROM information_schema.SESSION_STATUS WHERE VARIABLE_NAME = 'HANDLER_DELETE'"
        : null;

    public override bool HasEnded(string sessionState) => sessionState.EndsWith("in_transaction 0", StringComparison.Ordinal);

    public override string AcquirePurgeLock => $"SELECT COALESCE(GET_LOCK({PurgeLock}, 0), 0)";

    // The lock time-outs do not bound GET_LOCK by themselves. It fails at nothing: 0 and NULL mean that the lock is not had.
    public override string WaitForPurgeLock => $"SELECT COALESCE(GET_LOCK({PurgeLock}, @@lock_wait_timeout), 0)";

    public override bool IsPurgeLock(DbDataReader answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return Convert.ToInt64(answer.GetValue(0), CultureInfo.InvariantCulture) == 1;
    }

    public override string ReleasePurgeLock => $"SELECT RELEASE_LOCK({PurgeLock})";

    public override string PurgeLockHolders => $"""
        SELECT NULL, NULL, CONCAT('session ', h.id, COALESCE(CONCAT(' of ', p.user), ''))
        FROM (SELECT IS_USED_LOCK({PurgeLock}) AS id) h LEFT JOIN information_schema.PROCESSLIST p ON p.id = h.id
        WHERE h.id IS NOT NULL
        """;

    public override string LockTimeoutState => "SELECT CONCAT(@@innodb_lock_wait_timeout * 1000, '/', @@lock_wait_timeout * 1000)";

    // With it the server refuses a DELETE or UPDATE without a condition on a key.
    public override string SettingState => "SELECT CASE WHEN @@sql_safe_updates THEN 1 END";

    public override SqlStatement ChangeSetting(string? value)
        => SqlStatement.Of($"SET SESSION sql_safe_updates = {(value is null ? 0 : 1)}");

    // ER_PARSE_ERROR.
    public override string? AdviceOn(DbException exception)
        => ErrorCode(exception) is 1064
            ? "Where the sql_mode of the session contains ORACLE, the driver cannot begin a transaction: remove ORACLE from the sql_mode "
                + "of "
                + "the purge's connection."
            : null;

    // Both are whole seconds, and the session's.
    public override SqlStatement SetLockTimeout(string value) => SqlStatement.Of(
        $"SET SESSION innodb_lock_wait_timeout = CAST(CEILING({LockTimeoutOfRows} / 1000) AS UNSIGNED), lock_wait_timeout = "
            + $"CAST(CEILING({LockTimeoutOfTables} / 1000) AS UNSIGNED)",
        value);

    public override bool LockTimeoutOutlivesTransaction => true;

    // The server restores the setting of the session. MySQL has no such statement.
    public override string WithLockTimeout(string statement, TimeSpan timeout)
        => _isMariaDb
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"SET STATEMENT lock_wait_timeout = {Math.Ceiling(timeout.TotalSeconds)} FOR {statement}")
            : statement;

    // ER_LOCK_WAIT_TIMEOUT.
    public override bool IsLockTimeout(DbException exception) => ErrorCode(exception) is 1205;

    // ER_OPTION_PREVENTS_STATEMENT (read_only), ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION, ER_READ_ONLY_MODE, ER_INNODB_READ_ONLY.
    public override bool IsReadOnly(DbException exception) => ErrorCode(exception) is 1290 or 1792 or 1836 or 1874;

    // ER_DBACCESS_DENIED_ERROR, ER_ACCESS_DENIED_ERROR, ER_TABLEACCESS_DENIED_ERROR, ER_COLUMNACCESS_DENIED_ERROR,
    // ER_SPECIFIC_ACCESS_DENIED_ERROR, ER_PROCACCESS_DENIED_ERROR.
    public override bool IsAccessDenied(DbException exception) => ErrorCode(exception) is 1044 or 1045 or 1142 or 1143 or 1227 or 1370;

    // Of the session only the next transaction: nothing is left to whoever gets a pooled connection next.
    public override string MakeNextReadOnly => "SET TRANSACTION READ ONLY";

    public override string UndoNextReadOnly => "SET TRANSACTION READ WRITE";

    // ER_CANT_CHANGE_TX_CHARACTERISTICS: one is open. ER_PARSE_ERROR: in the mode ORACLE the driver's BEGIN begins a block.
    public override bool CannotBegin(DbException exception) => ErrorCode(exception) is 1568 or 1064;

    // ER_SERVER_SHUTDOWN, ER_ERROR_DURING_COMMIT, ER_QUERY_INTERRUPTED, ER_CONNECTION_KILLED and the client's own (2000 to 2999) do not
    // show whether the commit was done.
    public override bool IsCommitRejected(DbException exception)
        => ErrorCode(exception) is > 0 and not (1053 or 1180 or 1317 or 1927 or (>= 2000 and < 3000));

    public override string StructureMark => MySqlCatalog.StructureMark;

    // ALTER TABLE commits.
    public override bool ResetsIdentityAfterCommit => true;

    // Only MariaDB reports the current number; MySQL caches what it reports for a day.
    public override string? MovedIdentities => _isMariaDb
        ? "SELECT NULL, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND AUTO_INCREMENT > 1"
        : null;

    // The catalog keeps no seed. An empty table starts at 1 again, and one that has got rows meanwhile after the greatest of its numbers.
    public override SqlStatement ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence)
        => SqlStatement.Of(sequence is null
            ? $"ALTER TABLE {Table(sql, table)} AUTO_INCREMENT = 1"
            : $"ALTER SEQUENCE {Table(sql, sequence)} RESTART");

    // MariaDB's system-versioned tables hold the rows they had.
    public override IReadOnlyList<string> PurgeHistory(ISqlGenerationHelper sql, TableName table, TableName? history, string? retention)
        => [$"DELETE HISTORY FROM {Table(sql, table)}"];

    public override string CountHistory(ISqlGenerationHelper sql, TableName table, TableName? history)
        => $"SELECT COUNT(*) FROM {Table(sql, table)} FOR SYSTEM_TIME ALL";

    // MySQL cannot name a temporary table twice in one statement.
    internal override string? NoKeyTables
        => _isMariaDb ? null : "MySQL cannot name a temporary table twice in one statement, which the selection needs";

    internal override string KeyTableRight => "Grant this user CREATE TEMPORARY TABLES on the database.";

    internal override bool KeyTablesOutliveRollback => true;

    internal override string CreateKeyTable(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        IReadOnlyList<string> numbers,
        bool isUnique)
    {
        string keys = string.Join(", ", columns.Select(column => sql.DelimitIdentifier(column.Name)));
        string selected = string.Join(
            ", ",
            columns.Select(column => $"t.{sql.DelimitIdentifier(column.Column.Name)} AS {sql.DelimitIdentifier(column.Name)}")
                .Concat(numbers.Select(number => $"0 AS {sql.DelimitIdentifier(number)}")));

        // A DELETE looks each row up in what a query found: it does not join, as a SELECT would.
        string index = isUnique ? $"(PRIMARY KEY ({keys})) "
            : IsIndexable([.. columns.Select(column => column.Column)]) ? $"(KEY ({keys})) "
            : string.Empty;
        return $"CREATE TEMPORARY TABLE {name} {index}SELECT {selected} FROM {Source(sql, source)} AS t LIMIT 0";
    }

    internal override string DropKeyTable(string name) => $"DROP TEMPORARY TABLE IF EXISTS {name}";

    internal override string LockClause(string alias) => " FOR UPDATE";

    // InnoDB makes one where there is none.
    internal override bool IndexesForeignKeys => true;

    internal override string JoinInOrder => "STRAIGHT_JOIN";

    // A DELETE from one table reads all of its rows, and locks them, where a subquery names those to delete.
    internal override string DeleteByKeys(string table, string keys, IReadOnlyList<(string Row, string Key)> columns)
        => $"DELETE c FROM {keys} AS k STRAIGHT_JOIN {table} AS c "
            + $"ON {string.Join(" AND ", columns.Select(column => $"{column.Row} = {column.Key}"))}";

    // What reads all rows has a limit of its own at the end.
    internal override string First(string query, int rows) => $"SELECT * FROM ({base.First(query, rows)}) AS first_rows";

    // The lock is of the session, and counts how often it was acquired.
    internal override string AcquireRunLock => AcquirePurgeLock;

    internal override string ReleaseRunLock => ReleasePurgeLock;

    internal override string? NoChunks => _isMariaDb ? null : base.NoChunks;

    internal override IReadOnlyList<string> CreateRowList(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        string position,
        string number)
    {
        string selected = string.Join(
            ", ",
            columns.Select(column => $"t.{sql.DelimitIdentifier(column.Column.Name)} AS {sql.DelimitIdentifier(column.Name)}"));
        return
        [
            $"CREATE TABLE {name} (PRIMARY KEY ({sql.DelimitIdentifier(position)})){TransactionalTable} SELECT {selected}, "
                + $"CAST(0 AS SIGNED) AS {sql.DelimitIdentifier(position)}, CAST(0 AS SIGNED) AS {sql.DelimitIdentifier(number)} "
                + $"FROM {Source(sql, source)} AS t LIMIT 0",
        ];
    }

    internal override string RightToCreateTables(ISqlGenerationHelper sql, DatabaseIdentity database)
    {
        int host = database.Role?.LastIndexOf('@') ?? -1;
        return host < 0 ? base.RightToCreateTables(sql, database)
            : $"User \"{database.Role}\" needs CREATE, DROP, SELECT, INSERT and UPDATE on the tables of database \"{database.Database}\": "
                + $"GRANT CREATE, DROP, SELECT, INSERT, UPDATE ON {sql.DelimitIdentifier(database.Database)}.* TO "
                + $"{sql.DelimitIdentifier(database.Role![..host])}@{sql.DelimitIdentifier(database.Role[(host + 1)..])}.";
    }

    internal override string? NoArchive => _isMariaDb ? null : "it is not tested with a server of MySQL yet";

    internal override string ArchiveColumns => MySqlArchive.Columns;

    internal override bool ReadsCurrentRows => false;

    internal override string ArchivedValue(string column, string type) => MySqlArchive.Value(column, type);

    internal override void WriteArchived(DbDataReader reader, int columns, CopyLineWriter line)
        => MySqlArchive.Write(reader, columns, line);

    // A sequence shows the number behind those that the server has reserved.
    internal override SqlStatement? LastNumber(ISqlGenerationHelper sql, TableName table, TableName? sequence)
        => sequence is not null ? null : SqlStatement.Of(
            "SELECT CAST(AUTO_INCREMENT AS SIGNED) - 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = @p0",
            table.Name);

    internal override string LongText => "longtext";

    internal override string TransactionalTable => " ENGINE=InnoDB";

    internal override SqlStatement FindTable(TableName table)
        => table.Schema is not null ? base.FindTable(table) : SqlStatement.Of(
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = @p0",
            table.Name);

    internal override SqlStatement FindColumn(TableName table, string column)
        => SqlStatement.Of(
            "SELECT COUNT(*) FROM information_schema.columns "
                + "WHERE table_schema = DATABASE() AND table_name = @p0 AND column_name = @p1",
            table.Name,
            column);

    // The display width of a number is no length.
    public override bool KeepsFacetsOf(string typeName)
        => !typeName.EndsWith("unsigned", StringComparison.Ordinal)
            && typeName is not ("tinyint" or "smallint" or "mediumint" or "int" or "bigint" or "year");

    public override int[] DefaultFacets(string typeName) => typeName switch
    {
        "char" or "binary" or "bit" => [1],
        "decimal" => [10, 0],
        "time" or "datetime" or "timestamp" => [0],
        _ => [],
    };

    public override string CanonicalTypeName(string typeName)
    {
        ArgumentNullException.ThrowIfNull(typeName);
        return typeName switch
        {
            "integer" or "int4" => "int",
            "integer unsigned" => "int unsigned",
            "bool" or "boolean" or "int1" => "tinyint",
            "int2" => "smallint",
            "int8" => "bigint",
            "dec" or "numeric" or "fixed" => "decimal",
            "real" or "double precision" or "float8" => "double",
            "float4" => "float",
            "character" or "nchar" or "national char" => "char",
            "character varying" or "nvarchar" or "national varchar" or "char varying" => "varchar",
            "long varchar" => "mediumtext",
            "json" when _isMariaDb => "longtext",
            _ => typeName,
        };
    }

    // Both drivers (MySql.Data, MySqlConnector) put the server's number there; the exception's own types are not known here.
    private static int? ErrorCode(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Data["Server Error Code"] is { } code ? Convert.ToInt32(code, CultureInfo.InvariantCulture) : null;
    }
}
