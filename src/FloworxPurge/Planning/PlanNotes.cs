using System.Globalization;
using FloworxPurge.Schema;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Planning;

/// <summary>Collects what else was found, each with what it means.</summary>
internal static class PlanNotes
{
    /// <summary>How the note of a difference begins.</summary>
    public const string DriftPrefix = "Differs from the model, which does not stop the purge: ";

    private const int MostNames = 3;

    private const string AgainAndAgain =
        ". It is a statement trigger, which fires for that DELETE too, also when no row is left: if it fills the table each time, the run "
            + "fails and is rolled back. Disable it for the purge, or make it insert only when rows were deleted.";

    public static IReadOnlyList<PlanNote> Collect(PlanRequest request, Dictionary<TableName, TableDisposition> purged, PlanStepWriter steps)
    {
        List<PlanNote> notes = [.. OfRequest(request, purged)];
        notes.AddRange(steps.IdentitiesLeft.Select(counter => DescribeNumbersLeft(counter, request)));
        foreach (ComparedTable table in request.Schema.Tables.Where(table => purged.ContainsKey(table.Name)))
        {
            notes.AddRange(table.Drifts.Select(drift => PlanNote.Information(table.Name, $"{DriftPrefix}{drift.Text}.")));
        }

        notes.AddRange(ArchiveNotes.Of(request, purged.Keys));
        notes.AddRange(ChunkNotes.Of(request));
        notes.AddRange(Triggers(request, purged, steps.Updated));
        notes.AddRange(FullTextIndexes(request.Schema.Live, purged));
        notes.AddRange(purged.Values.SelectMany(disposition => OfTable(disposition, request)));
        HashSet<TableName> unqualified = [.. request.Schema.Tables
            .Where(table => table.Model.IsUnqualified)
            .Select(table => table.Name)];
        HashSet<TableName> emptied = request.Schema.Live.WithPartitions(purged.Keys);
        notes.AddRange(
            request.Schema.Live.Facts
                .Where(fact => (fact.Kind is SchemaFact.MaterializedView ? emptied.Contains(fact.Table) : purged.ContainsKey(fact.Table))
                    && fact.Kind is not (SchemaFact.Sequence or SchemaFact.SequenceUse or SchemaFact.PossibleSequenceUse)
                    && !(fact.Kind is SchemaFact.FreeSequence && IsOfModel(fact, request))
                    && !(fact.Kind is SchemaFact.KeyWithoutIndex && request.Selection is not null)
                    && !(fact.Kind is SchemaFact.NoReplicaIdentity or SchemaFact.KeyWithoutIndex && steps.Truncated.Contains(fact.Table))
                    && (fact.Kind is not SchemaFact.SameName || unqualified.Contains(fact.Table)))
                .Select(fact => Describe(fact, request))
                .Distinct());

        notes.AddRange(SequenceNotes.Of(request));
        notes.AddRange(Partitions(request.Schema.Live, purged));
        return [.. notes
            .OrderByDescending(note => note.Grade)
            .ThenBy(note => note.Table)
            .ThenBy(note => note.Text, StringComparer.Ordinal)];
    }

    private static List<PlanNote> OfRequest(PlanRequest request, Dictionary<TableName, TableDisposition> purged)
    {
        List<PlanNote> notes = [];
        if (request.Dialect.Catalog is null)
        {
            notes.Add(new PlanNote
            {
                Grade = LogLevel.Warning,
                Text = $"The provider {request.Schema.Live.Identity.Provider} has no dialect of its own. The SQL dialect is "
                    + $"{request.Dialect.Name}, and the live schema is read through the provider's scaffolding. "
                    + $"Triggers, privileges and row security are not known, and the content of every kept table is compared before the "
                    + $"commit.",
            });
        }

        notes.AddRange(Engine(request));
        if (request.Schema.Live.ForeignKeysAreOff)
        {
            notes.Add(
                PlanNote.Warning(null, "This connection does not enforce foreign keys. The plan is made as if it did; nothing that is "
                    + "kept loses its principal."));
        }

        notes.AddRange(OfConnection(request));
        notes.AddRange(
            new[]
            {
                request is { Chunks: not null, Selection: null } ? null : LockTable.Note(request.Schema.Live, purged.Keys),
                NothingExists(request.Schema),
            }.OfType<PlanNote>());
        if (request.LimitsLockWaits && request.Dialect.LockTimeoutState is null)
        {
            notes.Add(
                PlanNote.Warning(null, $"LockTimeout has no effect: {request.Dialect.Name} has no such setting here. How long a statement "
                    + $"waits is decided by the connection string and by Database.SetCommandTimeout."));
        }

        foreach (RowHistory history in request.Schema.Live.Histories.Where(history => purged.ContainsKey(history.Table)))
        {
            notes.Add(DescribeHistory(history, request.PurgeHistory));
        }

        return notes;
    }

    /// <summary>Notes that no table of the model is in the database.</summary>
    public static PlanNote? NothingExists(ComparedSchema schema)
    {
        bool isMissing = schema.Tables.Count > 0 && schema.Tables.All(
            table => table.Drifts.Any(drift => drift.Kind is DriftKind.TableMissing or DriftKind.SchemaMissing));
        if (!isMissing)
        {
            return null;
        }

        string names = string.Join(
            ", ",
            schema.Tables.Select(table => table.Name).Order().Take(MostNames).Select(name => name.ToQuotedString()));
        string some = schema.Tables.Count > MostNames ? ", among them " : ": ";
        return PlanNote.Warning(
            null,
            $"No table of the model ({Quantity.Of(schema.Tables.Count, "table")}{some}{names}) exists in database "
                + $"\"{schema.Live.Identity.Database}\". Were the migrations applied (dotnet ef database update), and is it the right "
                + $"database?");
    }

    private static IEnumerable<PlanNote> OfTable(TableDisposition disposition, PlanRequest request)
    {
        if (disposition.Live!.HidesRows)
        {
            string known = request.Schema.Live.Facts.Any(fact => fact.Kind is SchemaFact.HiddenCatalog)
                ? "Whether row security applies to this role is not known. It"
                : "Row security applies to this role and";
            yield return PlanNote.Warning(
                disposition.Name,
                $"{known} may hide rows from the purge and from its verification, so the result for this table will be unknown"
                    + $"{(request.MustBeVerified ? ", and a run is refused unless AllowUnverified is set" : string.Empty)}. "
                    + "Purge as the table's owner, or as a role that bypasses row security.");
        }

        if (disposition.IsIncludedAsDependent)
        {
            yield return PlanNote.Warning(
                disposition.Name,
                "Is not part of what was asked for, and is purged because its rows would block other tables "
                    + "(OnBlocked.IncludeDependents).");
        }
    }

    private static IEnumerable<PlanNote> Engine(PlanRequest request)
    {
        foreach (string note in request.Dialect.Notes)
        {
            yield return PlanNote.Information(null, note);
        }

        if (!request.Dialect.LocksOnBegin && request.Dialect.HoldStructure(request.Sql, []) is null)
        {
            yield return PlanNote.Information(
                null,
                $"{request.Dialect.Name} has no lock that holds the structure of tables while other sessions write: tables, columns and "
                    + $"foreign keys are read again before the commit, and a run during which they changed fails.");
        }

        if (request.Dialect.RowsPerStatement is { } rows)
        {
            yield return PlanNote.Information(
                null,
                string.Create(CultureInfo.InvariantCulture, $"Rows are deleted {rows} at a time, except where they reference each other. "
                    + $"It is one transaction all the same: all of it happens, or nothing."));
        }
    }

    private static IEnumerable<PlanNote> OfConnection(PlanRequest request) => request.Schema.Live.Facts.Select(fact => fact.Kind switch
    {
        SchemaFact.ReadOnly => $"This connection is read-only ({fact.Name}): the plan can be looked at, and a run through such a "
            + $"connection is refused.",
        SchemaFact.HiddenCatalog => $"This role may not see the whole catalog ({fact.Name}): triggers, row security and tables on which "
            + $"it has no right may be there, so what a trigger or a foreign key of theirs does is neither planned nor verified"
            + $"{(request.MustBeVerified ? ", and a run is refused unless AllowUnverified is set" : string.Empty)}. "
            + (fact.Detail is { } remedy ? $"{char.ToUpperInvariant(remedy[0])}{remedy[1..]}."
                : "Grant that right, or purge as the database's owner."),
        _ => null,
    }).OfType<string>().Select(text => PlanNote.Warning(null, text));

    private static IEnumerable<PlanNote> Partitions(DatabaseSchema live, Dictionary<TableName, TableDisposition> purged)
        => live.Tables
            .Where(table => table.PartOf is not null && purged.ContainsKey(table.PartOf)
                && !live.Facts.Any(
                    fact => fact.Kind is SchemaFact.DetachingPartition
                        && new TableName(fact.Detail, fact.Name) == table.Name))
            .GroupBy(table => table.PartOf!)
            .Select(parts => PlanNote.Information(parts.Key, $"Has {Quantity.Of(parts.Count(), "partition")}, purged with it."));

    // Such a sequence has a note of its own, or a step.
    private static bool IsOfModel(SchemaFact fact, PlanRequest request)
        => request.ResetIdentity
            && request.Schema.Live.SequencesOf(fact).Any(request.Schema.Sequences.Contains);

    private static IEnumerable<PlanNote> Triggers(
        PlanRequest request,
        Dictionary<TableName, TableDisposition> purged,
        IReadOnlySet<TableName> updated)
    {
        var writes = new TriggerWrites(request);
        return request.Schema.Live.TriggersOf(purged.Keys, updated)
            .Select(trigger => PlanNote.Warning(
                trigger.Table,
                $"{(trigger.Kind is "rule" ? "Rule" : "Trigger")} \"{trigger.Name}\" "
                    + $"{(trigger.FiresOnDelete ? "fires on delete" : "may fire when foreign keys of its table are set to NULL")}. The "
                    + $"content of every kept table of this database is compared before the commit, and a purged table that it fills is "
                    + $"emptied once more{(trigger.FiresPerStatement ? AgainAndAgain : ".")} {writes.Advice(trigger)}"));
    }

    private static IEnumerable<PlanNote> FullTextIndexes(DatabaseSchema live, Dictionary<TableName, TableDisposition> purged)
        => live.Tables
            .Where(table => table.FullText is { } index && purged.ContainsKey(index.Content))
            .Select(table => live.Objects.Any(o => o.FiresOnDelete && o.Table == table.FullText!.Content && o.Names(table.Name))
                ? PlanNote.Information(
                    table.FullText!.Content,
                    $"Full-text index {table.Name.ToQuotedString()} shows its rows and is not a kept table: a trigger deletes their "
                        + $"entries, which is verified before the commit.")
                : PlanNote.Warning(table.FullText!.Content, $"Full-text index {table.Name.ToQuotedString()} shows its rows, and no "
                    + $"trigger deletes their entries: it finds the words of deleted rows until it is rebuilt (INSERT INTO "
                    + $"{table.Name.ToQuotedString()} ({table.Name.ToQuotedString()}) VALUES ('rebuild'))."));

    private static PlanNote DescribeNumbersLeft(IdentityCounter counter, PlanRequest request)
    {
        string why = !counter.MayRestart
            ? $"this role may not restart them. Purge as the owner of {(counter.Sequence ?? counter.Table).ToQuotedString()}, or restart "
                + "them by hand if that matters."
            : PlanStepWriter.KeepsNumbers(counter, request)
            ? "the rows that the table had stay in its history, and the engine would restart after their numbers. Set PurgeHistory too, "
                + "with a role that may delete the history."
            : request.Dispositions.Any(disposition => disposition.Name == counter.Table) || counter.Users.Count > 0
            ? $"{request.Dialect.Name} has no statement that restarts them. Restart them by hand if that matters."
            : "they are those of a partition alone. Restart them by hand if that matters.";
        return counter.Users.Count > 0
            ? PlanNote.Warning(null, $"Sequence {counter.Sequence!.ToQuotedString()} of the model is not restarted: {why}")
            : PlanNote.Warning(counter.Table, $"The numbers of column \"{counter.Column}\" are not restarted: {why}");
    }

    private static PlanNote DescribeHistory(RowHistory history, bool isPurged)
    {
        string where = history.Store is { } store ? $"History table {store}" : "Its history, within the table,";
        return !isPurged ? PlanNote.Warning(history.Table, $"{where} keeps the deleted rows. Set PurgeHistory to delete them too.")
            : history.MayBePurged ? PlanNote.Warning(
                history.Table,
                $"{where} is emptied too (PurgeHistory). The deleted rows can no longer be read from it.")
            : PlanNote.Warning(
                history.Table,
                $"{where} keeps the deleted rows, although PurgeHistory is set: this role has no right to delete them. Purge as the "
                    + $"table's owner.");
    }

    private static PlanNote Describe(SchemaFact fact, PlanRequest request) => fact.Kind switch
    {
        SchemaFact.MaterializedView when request.RefreshMaterializedViews
            => PlanNote.Information(
                fact.Table,
                $"Materialized view {new TableName(fact.Detail, fact.Name)} shows its rows, and is refreshed at the end."),
        SchemaFact.MaterializedView
            => PlanNote.Warning(
                fact.Table,
                $"Materialized view {new TableName(fact.Detail, fact.Name)} shows the deleted rows until it is refreshed. Set "
                    + $"RefreshMaterializedViews, or refresh it by hand."),
        SchemaFact.KeyWithoutIndex
            => PlanNote.Warning(
                fact.Table,
                $"Foreign key \"{fact.Name}\" to {fact.Detail} has no index on its columns: each row deleted there scans this table. "
                    + $"Create an index first if it is large."),
        SchemaFact.NoReplicaIdentity
            => PlanNote.Warning(
                fact.Table,
                $"Publication \"{fact.Name}\" publishes deletes of this table, which has no replica identity: the server refuses to "
                    + $"delete its rows. Give it one (ALTER TABLE ... REPLICA IDENTITY FULL), or exclude it."),
        SchemaFact.KeyNotEnforced
            => PlanNote.Warning(
                fact.Table,
                $"Foreign key \"{fact.Name}\" is not fully enforced ({fact.Detail}), so its rows may already reference missing rows. "
                    + $"It is left in that state."),
        SchemaFact.FreeSequence
            => new PlanNote
            {
                Grade = request.ResetIdentity ? LogLevel.Warning : LogLevel.Information,
                Table = fact.Table,
                Text = $"Column \"{fact.Detail}\" is numbered by sequence \"{fact.Name}\", which the table does not own: it is not "
                    + $"restarted.",
            },
        SchemaFact.IdentityKept
            => new PlanNote
            {
                Grade = request.ResetIdentity ? LogLevel.Warning : LogLevel.Information,
                Table = fact.Table,
                Text = $"The numbers of column \"{fact.Name}\" are not restarted: {fact.Detail}.",
            },
        SchemaFact.Inherits or SchemaFact.SameName or SchemaFact.DetachingPartition => DescribeOther(fact),
        SchemaFact.HiddenTriggers
            => PlanNote.Warning(
                fact.Table,
                "This role may not see its triggers, so whether one fires on delete is not known, and the content of every kept table of "
                    + "this database is compared before the commit. Grant TRIGGER on it, or purge as its owner."),
        SchemaFact.NoTransaction
            => PlanNote.Warning(
                fact.Table,
                $"Its storage ({fact.Name}) has no transactions: rows that are deleted there stay deleted, also when the run fails and "
                    + $"everything else is rolled back. Make a backup of it first, or exclude it."),
        SchemaFact.DeferrableTrigger
            => PlanNote.Information(
                fact.Table,
                $"Trigger \"{fact.Name}\" may be deferred to the commit: deferred work is done before the verification, and the tables "
                    + $"are looked at once more after the commit."),
        SchemaFact.SharedSequence
            => new PlanNote
            {
                Grade = request.ResetIdentity ? LogLevel.Warning : LogLevel.Information,
                Table = fact.Table,
                Text = $"Its sequence \"{fact.Name}\" numbers other tables, too: it is not restarted.",
            },
        _ => PlanNote.Information(fact.Table, $"{fact.Kind}: {fact.Name} {fact.Detail}"),
    };

    // Another table takes part.
    private static PlanNote DescribeOther(SchemaFact fact) => fact.Kind switch
    {
        SchemaFact.Inherits
            => PlanNote.Information(
                fact.Table,
                $"Its rows are shown by {new TableName(fact.Detail, fact.Name)} too, which it inherits from."),
        SchemaFact.SameName
            => PlanNote.Warning(
                fact.Table,
                $"Was found by the search path, on which schema \"{fact.Detail}\" has a table of that name too: "
                    + $"{new TableName(fact.Detail, fact.Name).ToQuotedString()} is not purged by this name. Name the schema in the model "
                    + "if that one is meant."),
        _ => PlanNote.Warning(
            fact.Table,
            $"Partition {new TableName(fact.Detail, fact.Name).ToQuotedString()} is being detached: its rows are not seen through the "
                + "table any more, and stay. If DETACH PARTITION CONCURRENTLY was interrupted, end it with ALTER TABLE ... DETACH "
                + "PARTITION ... FINALIZE."),
    };
}
