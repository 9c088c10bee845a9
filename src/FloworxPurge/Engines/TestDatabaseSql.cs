using FloworxPurge.Extensibility;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Engines;

/// <summary>The statements that create and drop the test databases of a server, and mark whose they are.</summary>
internal sealed record TestDatabaseSql
{
    /// <summary>
    /// Gets a query for one number: 1 when the session holds the mark of an owner, which it acquires where no other session of the server
    /// holds it; otherwise 0. The server releases the mark when the session ends, also that of a killed process.
    /// </summary>
    public required Func<string, SqlStatement> Hold { get; init; }

    /// <summary>Gets a statement that releases the mark of an owner.</summary>
    public required Func<string, SqlStatement> Release { get; init; }

    /// <summary>
    /// Gets a query for the names of the databases that begin with a text, to which no session is connected and that the role may drop.
    /// </summary>
    public required Func<string, SqlStatement> Unused { get; init; }

    /// <summary>Gets a statement that creates a database, as a copy of another one where a name is given.</summary>
    public required Func<ISqlGenerationHelper, string, string?, string> Create { get; init; }

    /// <summary>Gets a statement that makes a new database forgo what no test needs; null where there is none.</summary>
    public Func<ISqlGenerationHelper, string, string>? Relax { get; init; }

    /// <summary>
    /// Gets the statements that let nobody connect to a database and end its sessions, as copying and dropping it requires; null where
    /// nothing requires that.
    /// </summary>
    public Func<ISqlGenerationHelper, string, IReadOnlyList<SqlStatement>>? Close { get; init; }

    /// <summary>Gets a query that counts the databases of a name: 0 or 1.</summary>
    public required Func<string, SqlStatement> Find { get; init; }

    /// <summary>Gets a statement that drops a database, if it is there. It may fail where a session is connected to it.</summary>
    public required Func<ISqlGenerationHelper, string, string> Drop { get; init; }

    /// <summary>Gets whether a database can be created as a copy of another one.</summary>
    public bool Copies { get; init; }
}
