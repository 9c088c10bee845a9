using System.Globalization;
using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>Notes the foreign keys without an index that make each deleted row a scan of a table, with what that costs.</summary>
internal static class RowScanNotes
{
    /// <summary>Adds the notes to a plan whose rows are selected and counted.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="live">The live schema.</param>
    /// <param name="rows">The number of selected rows of each table.</param>
    public static PurgePlan AddTo(PurgePlan plan, DatabaseSchema live, IReadOnlyDictionary<TableName, long> rows)
    {
        List<PlanNote> notes = [.. live.Facts
            .Where(fact => fact.Kind is SchemaFact.KeyWithoutIndex)
            .SelectMany(fact => live.ForeignKeys
                .Where(key => key.Dependent == fact.Table && string.Equals(key.Name, fact.Name, StringComparison.Ordinal)))
            .Where(key => rows.GetValueOrDefault(key.Principal) > 0)
            .Select(key => Note(key, live, rows[key.Principal]))];
        return notes.Count == 0 ? plan : plan with
        {
            Notes = [.. plan.Notes.Concat(notes)
                .OrderByDescending(note => note.Grade)
                .ThenBy(note => note.Table)
                .ThenBy(note => note.Text, StringComparer.Ordinal)],
        };
    }

    private static PlanNote Note(ForeignKey key, DatabaseSchema live, long deleted)
    {
        long? scanned = live.Tables.FirstOrDefault(table => table.Name == key.Dependent)?.EstimatedRows;
        string cost = scanned is { } each
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"each of them scans about {Quantity.Of(each, "row")} of this table, {(decimal)deleted * each:0} in all")
            : "each of them scans this table";
        string columns = string.Join(", ", key.DependentColumns.Select(column => $"\"{column}\""));
        return PlanNote.Warning(
            key.Dependent,
            $"Foreign key \"{key.Name}\" to {key.Principal} has no index on its columns: {Quantity.Of(deleted, "row")} of {key.Principal} "
                + $"{(deleted == 1 ? "is" : "are")} deleted, and {cost}. Create an index on {columns} first.");
    }
}
