using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>The table that remembers runs.</content>
public abstract partial class PurgeDialect
{
    /// <summary>Gets the type of a column for text of any length.</summary>
    internal virtual string LongText => "text";

    /// <summary>What follows CREATE TABLE (...), so that the table takes part in transactions.</summary>
    internal virtual string TransactionalTable => string.Empty;

    /// <summary>Counts the tables of a name: 0 or 1.</summary>
    internal virtual SqlStatement FindTable(TableName table)
        => SqlStatement.Of(
            $"SELECT {CountRows} FROM information_schema.tables WHERE table_schema = @p0 AND table_name = @p1",
            table.Schema,
            table.Name);

    /// <summary>Creates the table that remembers runs.</summary>
    internal string CreateJournal(ISqlGenerationHelper sql, TableName table)
    {
        (string Name, string Type)[] columns =
        [
            ("run_id", "varchar(40) NOT NULL PRIMARY KEY"),
            ("fingerprint", "varchar(80) NOT NULL"),
            ("state", "varchar(20) NOT NULL"),
            ("started_at", "varchar(40) NOT NULL"),
            ("owner", "varchar(40) NOT NULL"),
            ("updated_at", "varchar(40) NOT NULL"),
            ("chunks", "bigint NOT NULL"),
            ("progress", $"{LongText} NOT NULL"),
            ("archive", LongText),
            ("archive_hash", "varchar(80)"),
            ("restored_at", "varchar(40)"),
        ];
        return $"CREATE TABLE {sql.DelimitIdentifier(table.Name, table.Schema)} ("
            + $"{string.Join(", ", columns.Select(column => $"{sql.DelimitIdentifier(column.Name)} {column.Type}"))}){TransactionalTable}";
    }
}
