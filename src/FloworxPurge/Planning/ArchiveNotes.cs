using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>What an archive does not hold.</summary>
internal static class ArchiveNotes
{
    public static IEnumerable<PlanNote> Of(PlanRequest request, IEnumerable<TableName> purged)
    {
        if (request.Archive is null)
        {
            yield break;
        }

        HashSet<TableName> tables = [.. purged];
        foreach (TableSchema table in request.Schema.Live.Tables.Where(table => tables.Contains(table.Name)))
        {
            foreach (Column column in table.Columns.Where(column => !column.IsSystem
                && request.Dialect.NumbersLargeObjects(column.BaseType ?? column.StoreType)))
            {
                yield return PlanNote.Warning(
                    table.Name,
                    $"Where column \"{column.Name}\" is the number of a large object, the archive holds the number, not the object: the "
                        + "object stays in the database.");
            }

            if (request.Schema.Live.Histories.Any(history => history.Table == table.Name))
            {
                yield return PlanNote.Warning(
                    table.Name,
                    "The archive holds the rows as they are now, not the earlier rows of the history.");
            }
        }
    }
}
