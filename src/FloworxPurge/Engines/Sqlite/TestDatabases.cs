using System.Data.Common;

namespace FloworxPurge.Engines;

/// <content>Test databases: a file each, or a name in memory each.</content>
internal sealed partial class SqliteDialect
{
    private const string DataSource = "Data Source";
    private const string Mode = "Mode";
    private const string Pooling = "Pooling";

    internal override bool IsInMemory(DbConnectionStringBuilder connectionString)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        return string.Equals(connectionString[DataSource]?.ToString(), ":memory:", StringComparison.Ordinal)
            || string.Equals(connectionString[Mode]?.ToString(), "Memory", StringComparison.OrdinalIgnoreCase);
    }

    internal override void LeadTo(DbConnectionStringBuilder connectionString, string database)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        connectionString[DataSource] = database;

        // A pool keeps the file open, which cannot be deleted then on every system.
        connectionString[Pooling] = false;
    }

    internal override void LeadToMemory(DbConnectionStringBuilder connectionString, string name)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        connectionString[DataSource] = name;
        connectionString[Mode] = "Memory";
        connectionString["Cache"] = "Shared";
        connectionString[Pooling] = false;
    }
}
