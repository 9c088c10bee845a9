using System.Data.Common;

namespace FloworxPurge.Tests.Kit;

/// <summary>The full text of a SQL Server database: its objects with their state, its counters, its rows.</summary>
internal static class SqlServerChecksum
{
    private const string Table = "CONCAT(OBJECT_SCHEMA_NAME(t.object_id), '.', t.name)";

    // Times of changes are left out: disabling and enabling a key changes nothing else.
    internal static IReadOnlyList<(string Heading, string Sql)> Objects { get; } =
    [
        (
            "tables",
            $"SELECT {Table}, t.temporal_type_desc, OBJECT_NAME(t.history_table_id), t.lock_escalation_desc, t.is_memory_optimized FROM "
                + $"sys.tables AS t"),
        ("columns", $"""
            SELECT {Table}, c.column_id, c.name, TYPE_NAME(c.user_type_id), c.max_length, c.precision, c.scale, c.collation_name, c.is_nullable, c.is_hidden, c.generated_always_type_desc, d.definition, p.definition
            FROM sys.columns AS c JOIN sys.tables AS t ON t.object_id = c.object_id
            LEFT JOIN sys.default_constraints AS d ON d.object_id = c.default_object_id
            LEFT JOIN sys.computed_columns AS p ON p.object_id = c.object_id AND p.column_id = c.column_id
            """),
        ("foreign keys", $"""
            SELECT {Table}, k.name, k.delete_referential_action_desc, k.update_referential_action_desc, k.is_disabled, k.is_not_trusted,
                   OBJECT_SCHEMA_NAME(k.referenced_object_id), OBJECT_NAME(k.referenced_object_id), c.constraint_column_id,
                   COL_NAME(c.parent_object_id, c.parent_column_id), COL_NAME(c.referenced_object_id, c.referenced_column_id)
            FROM sys.foreign_keys AS k JOIN sys.tables AS t ON t.object_id = k.parent_object_id JOIN sys.foreign_key_columns AS c ON c.constraint_object_id = k.object_id
            """),
        (
            "checks",
            $"SELECT {Table}, k.name, k.definition, k.is_disabled, k.is_not_trusted FROM sys.check_constraints AS k JOIN sys.tables AS t "
                + $"ON t.object_id = k.parent_object_id"),
        ("indexes", $"""
            SELECT {Table}, i.name, i.type_desc, i.is_unique, i.is_primary_key, i.is_unique_constraint, i.is_disabled, i.filter_definition, c.key_ordinal, COL_NAME(c.object_id, c.column_id), c.is_descending_key, c.is_included_column
            FROM sys.indexes AS i JOIN sys.tables AS t ON t.object_id = i.object_id LEFT JOIN sys.index_columns AS c ON c.object_id = i.object_id AND c.index_id = i.index_id
            """),
        (
            "triggers",
            "SELECT OBJECT_SCHEMA_NAME(r.parent_id), OBJECT_NAME(r.parent_id), r.name, r.is_disabled, r.is_instead_of_trigger FROM "
                + "sys.triggers AS r"),
        ("modules", "SELECT OBJECT_SCHEMA_NAME(m.object_id), OBJECT_NAME(m.object_id), m.definition FROM sys.sql_modules AS m"),
        (
            "identities",
            $"SELECT {Table}, i.name, i.seed_value, i.increment_value, i.last_value FROM sys.identity_columns AS i JOIN sys.tables AS t "
                + $"ON t.object_id = i.object_id"),
        ("sequences", "SELECT SCHEMA_NAME(q.schema_id), q.name, q.start_value, q.increment, q.current_value FROM sys.sequences AS q"),
    ];

    /// <summary>The tables' names as headings show them and, in the same order, as SQL writes them.</summary>
    internal static (string Shown, string Quoted) Tables { get; } = (
        $"SELECT {Table} FROM sys.tables AS t ORDER BY t.object_id",
        "SELECT CONCAT(QUOTENAME(OBJECT_SCHEMA_NAME(t.object_id)), '.', QUOTENAME(t.name)) FROM sys.tables AS t ORDER BY t.object_id");

    public static async Task<string> ReadAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        var text = new ChecksumText(connection);
        foreach (var (heading, sql) in Objects)
        {
            await text.AddAsync(heading, sql, cancellationToken);
        }

        List<string> shown = await text.NamesAsync(Tables.Shown, cancellationToken);
        List<string> quoted = await text.NamesAsync(Tables.Quoted, cancellationToken);
        foreach (var (heading, table) in shown.Zip(quoted).OrderBy(pair => pair.First, StringComparer.Ordinal))
        {
            await text.AddAsync("rows of " + heading, $"SELECT * FROM {table}", cancellationToken);
        }

        return text.ToString();
    }
}
