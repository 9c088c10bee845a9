using System.Data.Common;
using FloworxPurge.Engines;

namespace FloworxPurge.Extensibility;

/// <content>Databases for test workers.</content>
public abstract partial class PurgeDialect
{
    /// <summary>Gets the statements for test databases on a server; <see langword="null"/> (the default) where there are none.</summary>
    internal virtual TestDatabaseSql? TestDatabases => null;

    /// <summary>
    /// Gets a query for one text that changes with every definition of the database that a test may change; <see langword="null"/> where
    /// there is none. The default is <see cref="StructureMark"/>.
    /// </summary>
    internal virtual string? DefinitionMark => StructureMark;

    /// <summary>Determines whether a connection string is that of a database in memory.</summary>
    internal virtual bool IsInMemory(DbConnectionStringBuilder connectionString) => false;

    /// <summary>Makes a connection string lead to another database: its name on a server, or its file.</summary>
    internal virtual void LeadTo(DbConnectionStringBuilder connectionString, string database)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        connectionString["Database"] = database;
    }

    /// <summary>
    /// Closes the connections that the driver's pool keeps open with the connection string of a connection. By default it does nothing.
    /// </summary>
    internal virtual void ClearPool(DbConnection connection)
    {
    }

    /// <summary>Makes a connection string lead to a database in memory that all connections of the process share.</summary>
    internal virtual void LeadToMemory(DbConnectionStringBuilder connectionString, string name)
        => throw new NotSupportedException($"{Name} has no databases in memory.");
}
