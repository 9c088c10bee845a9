using FloworxPurge.Connections;
using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <summary>What a selection found.</summary>
/// <param name="Scope">The queries, references and reasons, with their counts.</param>
/// <param name="Rows">The number of selected rows of each table.</param>
/// <param name="Detached">The number of rows that stay and lose a reference, for each reference that is broken.</param>
/// <param name="Notes">What the plan says of the rows.</param>
internal sealed record SelectedRows(
    PlanScope Scope,
    IReadOnlyDictionary<TableName, long> Rows,
    IReadOnlyDictionary<RowReference, long> Detached,
    IReadOnlyList<PlanNote> Notes)
{
    /// <summary>The plan with what the selection found.</summary>
    public PurgePlan AddTo(PurgePlan plan) => plan with
    {
        Scope = Scope,
        Tables = [.. plan.Tables.Select(table => table with { Rows = Rows[table.Table] })],
        Notes = [.. plan.Notes.Concat(Notes)
            .OrderByDescending(note => note.Grade)
            .ThenBy(note => note.Table)
            .ThenBy(note => note.Text, StringComparer.Ordinal)],
    };

    /// <summary>Why a run of the selection is refused, or <see langword="null"/>.</summary>
    public static string? Refusal(PlanScope scope, PurgeSettings settings)
        => scope.Matched == 0 && settings.RequireMatch
            ? $"no row matches {string.Join(", ", scope.Queries.Where(query => !query.Keeps).Select(query => query.Text))}, and "
                + "RequireMatch is set. Check the queries, or set RequireMatch to false."
            : scope.BlockedRows > 0 && settings.OnBlocked == OnBlocked.Fail
            ? $"{Quantity.Of(scope.BlockedRows, "row")} of {scope.Matched} cannot be deleted, and OnBlocked is Fail: "
                + string.Join("; ", scope.Blocked.Select(block =>
                    $"{Quantity.Of(block.Rows, "row")} ({string.Join(" | ", block.Examples)}), since {block.Reason}")) + ". "
                + "Set OnBlocked to Skip to delete the others, or call OnReference for the reference that blocks."
            : null;

    /// <summary>The tables of which other numbers of rows were selected than when the plan was made.</summary>
    public IEnumerable<PlanNote> ChangesSince(PurgePlan plan)
        => plan.Tables
            .Where(table => table.Rows is { } planned && planned != Rows[table.Table])
            .Select(table => PlanNote.Warning(
                table.Table,
                $"{Quantity.Of(Rows[table.Table], "row")} {(Rows[table.Table] == 1 ? "was" : "were")} selected, and "
                    + $"{Quantity.Of(table.Rows!.Value, "row")} when the plan was made: rows changed in between."));
}
