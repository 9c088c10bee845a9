using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>Collects what else was found, each with what it means.</summary>
internal static class PlanNotes
{
    /// <summary>How the note of a difference begins.</summary>
    public const string DriftPrefix = "Differs from the model, which does not stop the purge: ";

    public static IReadOnlyList<PlanNote> Collect(PlanRequest request, Dictionary<TableName, TableFate> purged, IReadOnlyList<IdentityCounter> identitiesLeft)
    {
        var notes = new List<PlanNote>();
        if (request.Dialect.Catalog is null)
        {
            notes.Add(new PlanNote(
                NoteGrade.Warning,
                Table: null,
                $"The provider {request.Schema.Live.Identity.Provider} has no dialect of its own: {request.Dialect.Name} is spoken, and the live schema is read through the provider's scaffolding. Triggers, privileges and row security are not known."));
        }

        if (request.Schema.Live.ForeignKeysAreOff)
        {
            notes.Add(new PlanNote(NoteGrade.Warning, Table: null, "This connection does not enforce foreign keys. The plan is made as if it did; nothing that is kept loses its principal."));
        }

        foreach (IdentityCounter counter in identitiesLeft)
        {
            notes.Add(new PlanNote(NoteGrade.Warning, counter.Table, $"The numbers of column \"{counter.Column}\" go on where they are: {request.Dialect.Name} has no statement that restarts them. Restart them by hand if that matters."));
        }

        foreach (ComparedTable table in request.Schema.Tables.Where(table => purged.ContainsKey(table.Name)))
        {
            notes.AddRange(table.Drifts.Select(drift => new PlanNote(NoteGrade.Information, table.Name, $"{DriftPrefix}{drift.Text}.")));
        }

        foreach (SchemaObject trigger in request.Schema.Live.Objects.Where(o => o.FiresOnDelete && purged.ContainsKey(o.Table)))
        {
            notes.Add(new PlanNote(NoteGrade.Warning, trigger.Table, $"Trigger \"{trigger.Name}\" fires on delete. What it does to kept tables is compared before the commit."));
        }

        return [.. notes.OrderByDescending(note => note.Grade).ThenBy(note => note.Table).ThenBy(note => note.Text, StringComparer.Ordinal)];
    }
}
