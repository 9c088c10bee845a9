using System.Data.Common;
using System.Diagnostics.CodeAnalysis;

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
    }

    // A pool keeps the file open, which cannot be deleted then on every system; without one, each statement of EF Core opens the file anew
    // and reads its schema. What a test has set in a connection stays there as well.
    [UnconditionalSuppressMessage(
        "Trimming",
        "IL2075",
        Justification = "Only TestDatabases uses it, and it requires code that is not trimmed.")]
    internal override void ClearPool(DbConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        Type type = connection.GetType();
        type.GetMethod("ClearPool", [type])?.Invoke(obj: null, [connection]);
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
