using System.Data.Common;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Extensibility;

public partial class PurgeDialect
{
    /// <summary>Whether a trigger that the catalog takes for one on delete is one, by its definition.</summary>
    internal virtual bool FiresOnDelete(string definition) => true;

    /// <summary>The full-text index that a virtual table is, with the table whose rows it shows as the definition spells it; <see langword="null"/> when it is none or holds its rows itself.</summary>
    internal virtual FullTextIndex? FullTextIndexOf(string definition) => null;

    /// <summary>A statement that fails unless the entries of a full-text index are those of the rows in its table; <see langword="null"/> (the default) when there is none.</summary>
    internal virtual string? CheckFullTextIndex(ISqlGenerationHelper sql, TableName index, string module) => null;

    /// <summary>Whether the engine says that the entries of a full-text index are not those of its table.</summary>
    internal virtual bool IsDamagedIndex(DbException exception) => false;
}
