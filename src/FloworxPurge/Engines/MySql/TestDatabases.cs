using FloworxPurge.Extensibility;

namespace FloworxPurge.Engines;

/// <content>Test databases: created empty, since the server copies none, and a named lock as the mark of their owner.</content>
internal sealed partial class MySqlDialect
{
    private const string OwnerLock = "CONCAT('floworxpurge test ', @p0)";

    private static readonly TestDatabaseSql TestDatabaseStatements = new()
    {
        Hold = owner => SqlStatement.Of(
            $"SELECT CASE WHEN IS_USED_LOCK({OwnerLock}) = CONNECTION_ID() THEN 1 ELSE COALESCE(GET_LOCK({OwnerLock}, 0), 0) END",
            owner),
        Release = owner => SqlStatement.Of($"SELECT RELEASE_LOCK({OwnerLock})", owner),
        Unused = start => SqlStatement.Of(
            """
            SELECT s.SCHEMA_NAME FROM information_schema.SCHEMATA s
            WHERE LEFT(s.SCHEMA_NAME, CHAR_LENGTH(@p0)) = @p0
              AND NOT EXISTS (SELECT 1 FROM information_schema.PROCESSLIST p WHERE p.DB = s.SCHEMA_NAME)
            """,
            start),
        Create = (sql, name, _) => $"CREATE DATABASE {sql.DelimitIdentifier(name)}",
        Find = name => SqlStatement.Of("SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = @p0", name),
        Drop = (sql, name) => $"DROP DATABASE IF EXISTS {sql.DelimitIdentifier(name)}",
    };

    private static readonly string Definitions = $"""
        SELECT CONCAT_WS(' ', ({MySqlCatalog.StructureMark}),
            (SELECT CONCAT_WS(' ', COUNT(*), SUM(CRC32(CONCAT_WS('.', TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION,
                 COLUMN_DEFAULT, IS_NULLABLE, COLUMN_TYPE, COLLATION_NAME, EXTRA))))
             FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()),
            (SELECT CONCAT_WS(' ', COUNT(*), SUM(CRC32(CONCAT_WS('.', TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE))))
             FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()))
        """;

    internal override TestDatabaseSql? TestDatabases => TestDatabaseStatements;

    internal override string? DefinitionMark => Definitions;
}
