using System.Data;
using System.Data.Common;
using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>
/// SQL Server from 2016 on and Azure SQL: checks at the end of a statement, constraints that can be turned off one by one, DDL that a
/// rollback undoes.
/// </summary>
internal sealed class SqlServerDialect : PurgeDialect
{
    private const string PurgeLock = "@Resource = N'FloworxPurge', @LockMode = N'Exclusive', @LockOwner = N'Transaction'";

    // Of the numbers that are free for users; THROW takes none of the system's.
    private const int NoPurgeLockInTime = 51222;

    private readonly bool _isDetected;

    /// <summary>The dialect before a connection is open: names without case, and the catalog as every version has it.</summary>
    public SqlServerDialect()
        : this(isDetected: false, StringComparer.OrdinalIgnoreCase, string.Empty)
    {
    }

    private SqlServerDialect(bool isDetected, StringComparer identifiers, string columns)
    {
        _isDetected = isDetected;
        Identifiers = identifiers;
        Catalog = SqlServerCatalog.For(columns);
    }

    public override string Name => "SQL Server";

    public override string Engine => "SQL Server";

    public override string SystemName => "microsoft.sql_server";

    public override StringComparer Identifiers { get; }

    internal override CatalogQueries Catalog { get; }

    public override string? ServerQuery => _isDetected ? null : SqlServerCatalog.ServerQuery;

    public override PurgeDialect Detect(string server) => new SqlServerDialect(
        isDetected: true,
        server.Contains(SqlServerCatalog.CaseSensitive, StringComparison.Ordinal)
            ? StringComparer.Ordinal
            : StringComparer.OrdinalIgnoreCase,
        server);

    // A pooled connection keeps the level of whoever had it before. A snapshot shows nothing that was committed since, and refuses ALTER
    // TABLE.
    public override IsolationLevel? Isolation => IsolationLevel.ReadCommitted;

    // Every foreign key is checked when the statement ends; there is no RESTRICT, and actions that form a cycle are refused when the key is
    // created.
    public override bool? ChecksAtStatementEnd(ReferentialAction onDelete) => true;

    // COUNT(*) is an int.
    public override string CountRows => "COUNT_BIG(*)";

    internal override string? RowDigest(ISqlGenerationHelper sql, IReadOnlyList<Column> columns)
        => columns is { Count: > 0 } ? SqlServerDigest.RowDigest(sql, columns) : null;

    internal override string SumDigests(ISqlGenerationHelper sql, RowSet rows, string row)
        => $"SELECT COUNT_BIG(*), COUNT_BIG({row}), SUM({row}) FROM {Source(sql, rows)} AS t{Where(rows)}";

    // DateTime would be sent as datetime, which has three digits of a second and rounds them.
    public override DbType ParameterType(DbType type) => type == DbType.DateTime ? DbType.DateTime2 : type;

    public override bool IsReadInFull(string storeType) => SqlServerDigest.IsReadInFull(storeType);

    // The statement takes one table, and is undone by a rollback.
    public override string Truncate(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => string.Join("; ", tables.Select(table => $"TRUNCATE TABLE {Table(sql, table)}"));

    public override string DisableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys)
        => string.Join(
            "; ",
            keys.Select(key => $"ALTER TABLE {Table(sql, key.Dependent)} NOCHECK CONSTRAINT {sql.DelimitIdentifier(key.Name!)}"));

    // Without WITH CHECK a key would be on and no longer trusted.
    public override string EnableConstraints(ISqlGenerationHelper sql, IReadOnlyList<ForeignKey> keys)
        => string.Join(
            "; ",
            keys.Select(key => $"ALTER TABLE {Table(sql, key.Dependent)} WITH {(key.IsTrusted ? "CHECK" : "NOCHECK")} CHECK CONSTRAINT "
                + $"{sql.DelimitIdentifier(key.Name!)}"));

    // The intent lock on the table, which REPEATABLEREAD keeps until the transaction ends, conflicts with the lock on the schema that ALTER
    // TABLE and a foreign key to it ask for.
    public override string HoldStructure(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => "DECLARE @held int; "
            + string.Join(
                "; ",
                tables.Select(table => $"SELECT TOP (1) @held = 1 FROM {Table(sql, table)} WITH (REPEATABLEREAD, ROWLOCK)"));

    public override string IsolationState => """
        SELECT CASE s.transaction_isolation_level WHEN 5 THEN N'snapshot' ELSE N'other' END FROM sys.dm_exec_sessions AS s WHERE s.session_id = @@SPID
        """;

    public override bool HidesLaterCommits(string isolation) => isolation is "snapshot";

    // The first row is enough for the lock on the whole table, which is kept until the transaction ends.
    public override string Lock(ISqlGenerationHelper sql, IReadOnlyList<TableName> tables)
        => "DECLARE @locked int; "
            + string.Join("; ", tables.Select(table => $"SELECT TOP (1) @locked = 1 FROM {Table(sql, table)} WITH (TABLOCKX, HOLDLOCK)"));

    // 0 and 1 mean that the lock was acquired, and -1 that the wait timed out; it ends with the transaction, and belongs to this database.
    public override string AcquirePurgeLock => $"{TakePurgeLock(", @LockTimeout = 0")}; SELECT CASE WHEN @result >= 0 THEN 1 ELSE 0 END";

    // For as long as LOCK_TIMEOUT says; the procedure itself fails at nothing.
    public override string WaitForPurgeLock
        => $"{TakePurgeLock(string.Empty)}; IF @result < 0 THROW {NoPurgeLockInTime}, N'Another purge or reset of this database held its "
            + $"lock for longer than the lock time-out.', 1; SELECT @result";

    public override string LockTimeoutState => "SELECT @@LOCK_TIMEOUT";

    // As a literal, since a statement with parameters is a scope of its own, at whose end the setting is restored; -1 waits for ever.
    public override SqlStatement SetLockTimeout(string value)
        => SqlStatement.Of(
            string.Create(
                CultureInfo.InvariantCulture,
                $"SET LOCK_TIMEOUT {Math.Clamp(
                    long.Parse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture),
                    -1,
                    int.MaxValue)}"));

    public override bool LockTimeoutOutlivesTransaction => true;

    // "Lock request time out period exceeded."
    public override bool IsLockTimeout(DbException exception) => ErrorNumber(exception) is 1222 or NoPurgeLockInTime;

    // The database is read-only; it is in emergency mode, or damaged.
    public override bool IsReadOnly(DbException exception) => ErrorNumber(exception) is 3906 or 3908;

    // A permission on an object, a column, a database or the server is denied.
    public override bool IsAccessDenied(DbException exception) => ErrorNumber(exception) is 229 or 230 or 262 or 297 or 300 or 916;

    // There was no transaction to commit; it could not be committed. Any other number may be the network's, after the server has committed.
    public override bool IsCommitRejected(DbException exception) => ErrorNumber(exception) is 3902 or 3930;

    // On a table whose counter has been used the next number is the new value and one increment. One that has never been used, or whose
    // table was truncated, has no last value and stands at its seed. As text, so that a script can print the table's name in any language.
    public override SqlStatement ResetIdentity(ISqlGenerationHelper sql, TableName table, string column, TableName? sequence)
    {
        if (sequence is not null)
        {
            return SqlStatement.Of($"ALTER SEQUENCE {Table(sql, sequence)} RESTART");
        }

        string name = "N'" + Table(sql, table).Replace("'", "''", StringComparison.Ordinal) + "'";
        return SqlStatement.Of(
            $"DECLARE @before bigint; SELECT @before = CONVERT(bigint, CONVERT(decimal(38, 0), i.seed_value) - CONVERT(decimal(38, 0), "
                + $"i.increment_value)) FROM sys.identity_columns AS i WHERE i.object_id = OBJECT_ID({name}) AND i.last_value IS NOT NULL; "
                + $"IF @before IS NOT NULL DBCC CHECKIDENT ({name}, RESEED, @before) WITH NO_INFOMSGS");
    }

    // Each is a batch of its own: one that deletes from a history is refused as long as the table is versioned when the batch is compiled.
    public override IReadOnlyList<string> PurgeHistory(ISqlGenerationHelper sql, TableName table, TableName? history, string? retention)
        => history is null ? [] :
        [
            $"ALTER TABLE {Table(sql, table)} SET (SYSTEM_VERSIONING = OFF)",
            $"DELETE FROM {Table(sql, history)}",
            $"ALTER TABLE {Table(sql, table)} SET (SYSTEM_VERSIONING = ON (HISTORY_TABLE = {Table(sql, history)}, DATA_CONSISTENCY_CHECK "
                + $"= ON{Retention(retention)}))",
        ];

    public override string? CountHistory(ISqlGenerationHelper sql, TableName table, TableName? history)
        => history is null ? null : $"SELECT COUNT_BIG(*) FROM {Table(sql, history)}";

    // sqlcmd continues after an error and sends no QUOTED_IDENTIFIER unless it is configured to; indexed views, computed columns and
    // filtered indexes need the settings. A client that knows GO but no :on error fails at that line alone: XACT_ABORT then ends the
    // transaction at the first error.
    public override string ScriptBegin => """
        -- For sqlcmd -b -x: without -x, a name with $( in it would be read as a variable.
        :on error exit
        GO
        SET ANSI_NULLS, ANSI_PADDING, ANSI_WARNINGS, ARITHABORT, CONCAT_NULL_YIELDS_NULL, QUOTED_IDENTIFIER, XACT_ABORT ON;
        SET NUMERIC_ROUNDABORT OFF;
        GO
        BEGIN TRANSACTION;
        GO
        """.ReplaceLineEndings("\n");

    public override string ScriptEnd => "COMMIT TRANSACTION;\nGO\nSET NOEXEC OFF;\nGO";

    // Without a transaction each statement that is left would commit by itself.
    public override string ScriptSeparator => "GO\nIF @@TRANCOUNT = 0 SET NOEXEC ON;\nGO";

    public override string CanonicalTypeName(string typeName)
    {
        ArgumentNullException.ThrowIfNull(typeName);
        string name = typeName.Replace("[", string.Empty, StringComparison.Ordinal).Replace("]", string.Empty, StringComparison.Ordinal);
        return name switch
        {
            "timestamp" => "rowversion",
            "numeric" or "dec" => "decimal",
            "integer" => "int",
            "double precision" => "float",
            "character" => "char",
            "character varying" or "char varying" => "varchar",
            "national character" or "national char" => "nchar",
            "national character varying" or "national char varying" or "sysname" => "nvarchar",
            "national text" => "ntext",
            "binary varying" => "varbinary",
            _ when name.StartsWith("sys.", StringComparison.Ordinal) => CanonicalTypeName(name["sys.".Length..]),
            _ => name,
        };
    }

    private static string TakePurgeLock(string timeout)
        => $"DECLARE @result int; EXEC @result = sys.sp_getapplock {PurgeLock}{timeout}; IF @result < -1 THROW 51223, N'sp_getapplock "
            + $"gave no lock: it was cancelled, was chosen as a deadlock victim, or refused its parameters.', 1";

    // The catalog's answer is used only as a number and a unit that are known here.
    private static string Retention(string? retention) => retention?.Split(' ') switch
    {
        ["INFINITE"] => ", HISTORY_RETENTION_PERIOD = INFINITE",
        [var number, "DAY" or "WEEK" or "MONTH" or "YEAR"] when int.TryParse(
            number,
            NumberStyles.None,
            CultureInfo.InvariantCulture,
            out int period)
            => string.Create(CultureInfo.InvariantCulture, $", HISTORY_RETENTION_PERIOD = {period} {retention[(number.Length + 1)..]}"),
        _ => string.Empty,
    };

    internal override string? NoKeyTables => null;

    internal override bool HashesNotExists => true;

    internal override bool ComparesRows => false;

    internal override string KeyTable(ISqlGenerationHelper sql, string name)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return sql.DelimitIdentifier("#" + name);
    }

    // The second part keeps the columns from being an identity column of the temporary table.
    internal override string CreateKeyTable(
        ISqlGenerationHelper sql,
        string name,
        RowSet source,
        IReadOnlyList<(Column Column, string Name)> columns,
        IReadOnlyList<string> numbers,
        bool isUnique)
    {
        string selected = string.Join(
            ", ",
            columns.Select(column => $"t.{sql.DelimitIdentifier(column.Column.Name)} AS {sql.DelimitIdentifier(column.Name)}")
                .Concat(numbers.Select(number => $"0 AS {sql.DelimitIdentifier(number)}")));
        string none = $"FROM {Source(sql, source)} AS t";
        return $"SELECT TOP (0) {selected} INTO {name} {none} UNION ALL SELECT TOP (0) {selected} {none}";
    }

    internal override string NoArchive => "it is not tested with a server yet";

    internal override string LongText => "nvarchar(max)";

    internal override string LockHint => " WITH (UPDLOCK, HOLDLOCK)";

    internal override string First(string query, int rows)
        => string.Create(CultureInfo.InvariantCulture, $"{query} OFFSET 0 ROWS FETCH NEXT {rows} ROWS ONLY");

    // The driver's own type is not known here; it puts the number of the first error there, as text.
    private static int? ErrorNumber(DbException exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return exception.Data["HelpLink.EvtID"] is string text
            && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number)
            ? number
            : null;
    }
}
