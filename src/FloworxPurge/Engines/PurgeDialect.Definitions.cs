using System.Data.Common;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

/// <content>Definitions of triggers and of full-text indexes. The latter are those of SQLite's own modules, and not for other
/// engines.</content>
public abstract partial class PurgeDialect
{
    /// <summary>
    /// Determines whether a trigger that <see cref="ObjectsQuery"/> reports as fired by a DELETE is fired by it, judged by its
    /// definition. The default is <see langword="true"/>.
    /// </summary>
    /// <param name="definition">The definition of the trigger.</param>
    /// <returns><see langword="true"/> when a DELETE fires it.</returns>
    public virtual bool FiresOnDelete(string definition) => true;

    /// <summary>
    /// Gets the full-text index that a virtual table is, with the table whose rows it shows as the definition spells it;
    /// <see langword="null"/> when it is none or holds its rows itself.
    /// </summary>
    internal virtual FullTextIndex? FullTextIndexOf(string definition) => null;

    /// <summary>
    /// A statement that fails unless the entries of a full-text index are those of the rows in its table; <see langword="null"/> (the
    /// default) when there is none.
    /// </summary>
    internal virtual string? CheckFullTextIndex(ISqlGenerationHelper sql, TableName index, string module) => null;

    /// <summary>Determines whether the failure means that the entries of a full-text index are not those of its table.</summary>
    internal virtual bool IsDamagedIndex(DbException exception) => false;
}
