using FloworxPurge.Engines;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>Archives in a schema of the same database.</content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// Gets why rows cannot be archived in a schema of the same database, as the end of a sentence; <see langword="null"/> when they can.
    /// </summary>
    internal virtual string? NoArchiveSchema => NoArchive ?? "it has no schemas. Give a directory instead";

    /// <summary>Counts the schemas of a name: 0 or 1.</summary>
    internal virtual SqlStatement FindSchema(string name)
        => SqlStatement.Of($"SELECT {CountRows} FROM information_schema.schemata WHERE schema_name = @p0", name);

    /// <summary>Creates a schema.</summary>
    internal virtual string CreateSchema(ISqlGenerationHelper sql, string name)
    {
        ArgumentNullException.ThrowIfNull(sql);
        return $"CREATE SCHEMA {sql.DelimitIdentifier(name)}";
    }

    /// <summary>Creates a table without rows and without keys, whose columns have the types of those of a table.</summary>
    internal virtual string CreateArchiveTable(ISqlGenerationHelper sql, TableName name, RowSet source, IEnumerable<string> columns)
        => throw new NotSupportedException($"{Name} has no archives in a schema.");

    /// <summary>Gets the settings of the session under which each value is inserted as it is.</summary>
    internal virtual IReadOnlyList<SessionSetting> ArchiveSchemaSettings => [];

    /// <summary>Gets whether one statement deletes rows and inserts them elsewhere.</summary>
    internal virtual bool DeletesInto => false;

    /// <summary>Deletes rows and inserts columns of them into a table.</summary>
    internal virtual string DeleteInto(ISqlGenerationHelper sql, string delete, TableName to, IReadOnlyList<string> columns)
        => throw new NotSupportedException($"{Name} does not delete and insert rows by one statement.");

    /// <summary>Inserts columns of rows into a table.</summary>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="to">The table that gets them, delimited.</param>
    /// <param name="from">What follows FROM: a source whose alias is <paramref name="alias"/>, and a condition.</param>
    /// <param name="alias">The alias.</param>
    /// <param name="columns">The columns, which have the same names in both.</param>
    /// <param name="locks">Whether the rows are locked against changes.</param>
    internal string InsertFrom(
        ISqlGenerationHelper sql,
        string to,
        string from,
        string alias,
        IReadOnlyList<string> columns,
        bool locks)
    {
        ArgumentNullException.ThrowIfNull(sql);
        string[] names = [.. columns.Select(sql.DelimitIdentifier)];
        return $"INSERT INTO {to} ({string.Join(", ", names)}) SELECT {string.Join(", ", names.Select(name => $"{alias}.{name}"))} "
            + $"FROM {from}{(locks ? LockClause(alias) : string.Empty)}";
    }
}
