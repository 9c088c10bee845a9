using FloworxPurge.Connections;
using FloworxPurge.Execution;
using FloworxPurge.Schema;

namespace FloworxPurge.Archiving;

/// <summary>Finds what in the structure of the database stands against a restore.</summary>
internal sealed class RestoreStructure(DatabaseSession session, RestoreFacts facts, RestoreSettings settings, RestoreRefusals refusals)
{
    /// <summary>Refuses a database that the archive is not of, or that the options do not allow.</summary>
    public static void CheckDatabase(
        DatabaseIdentity database,
        ArchiveManifest manifest,
        RestoreSettings settings,
        RestoreRefusals refusals)
    {
        DatabaseIdentity archived = manifest.Database;
        string here = $"The connection is open to database \"{database.Database}\" on {database.Server}";
        if (settings.RequiredDatabase is { } required && !string.Equals(required, database.Database, StringComparison.Ordinal))
        {
            refusals.Add(
                RestoreRefusalKind.OtherDatabase,
                $"{here}, and RequiredDatabase says \"{required}\". Connect to that database.");
        }

        if (settings.AllowedDatabases.Count > 0 && !TargetGuard.IsAllowed(database, settings.AllowedDatabases))
        {
            refusals.Add(
                RestoreRefusalKind.OtherDatabase,
                $"{here}, which is not one of the allowed databases "
                    + $"({string.Join(", ", settings.AllowedDatabases.Select(pattern => $"\"{pattern}\""))}). Allow it with "
                    + $"AllowDatabase(\"{database.Database}\") if it is the right one.");
        }

        if (!string.Equals(archived.Engine, database.Engine, StringComparison.Ordinal))
        {
            refusals.Add(
                RestoreRefusalKind.OtherDatabase,
                $"The archive is of {archived.Engine}, and the database is of {database.Engine}. Restore it where it is from.");
        }
        else if (!settings.AllowOtherDatabase && !IsSame(archived, database))
        {
            refusals.Add(
                RestoreRefusalKind.OtherDatabase,
                $"The archive is of database \"{archived.Database}\" on {archived.Server}, and this is another one, "
                    + $"\"{database.Database}\" on "
                    + $"{database.Server}. Connect to the right one, or set AllowOtherDatabase if this one is a copy of it.");
        }
    }

    /// <summary>The refusal of a connection that may only read.</summary>
    public static string ReadOnly(string because)
        => $"The connection is read-only ({because}). Restore through a connection that may write, to the primary server.";

    /// <summary>Checks each table of the archive, and returns those that fit.</summary>
    /// <param name="manifest">The manifest.</param>
    /// <param name="rows">The number of archived rows of each table of the manifest, by its file.</param>
    public IReadOnlyList<StagedTable> Check(ArchiveManifest manifest, IReadOnlyDictionary<string, long> rows)
    {
        if (facts.Live.Facts.FirstOrDefault(fact => fact.Kind is SchemaFact.ReadOnly) is { } readOnly)
        {
            refusals.Add(RestoreRefusalKind.Session, ReadOnly(readOnly.Name));
        }

        List<StagedTable> fitting = [];
        foreach (ArchiveTable archived in manifest.Tables)
        {
            TableSchema? live = facts.Live.Tables.FirstOrDefault(table => table.Name == archived.Table);
            if (live is null || live.Kind is not (TableKind.Table or TableKind.PartitionedTable or TableKind.InheritanceParent))
            {
                refusals.Add(
                    RestoreRefusalKind.Structure,
                    archived.Table,
                    live is null
                        ? $"Table {archived.Table.ToQuotedString()} does not exist any more. Create it as it was."
                        : $"{archived.Table.ToQuotedString()} is no ordinary table any more ({live.Kind}). Create the table as it was.");
                continue;
            }

            CheckRights(archived, live);
            if (CheckColumns(archived, live) is { } columns)
            {
                string number = fitting.Count.ToString(System.Globalization.CultureInfo.InvariantCulture);
                string stage = session.Dialect.KeyTable(session.Sql, $"floworxpurge_restore_{number}");
                fitting.Add(new StagedTable(archived, live, columns, stage, rows.GetValueOrDefault(archived.File))
                {
                    EqualBefore = archived.Key.Count > 0 ? null
                        : session.Dialect.KeyTable(session.Sql, $"floworxpurge_restore_equal_{number}"),
                });
            }
        }

        CheckTriggers(manifest);
        return fitting;
    }

    /// <summary>Determines whether an archive is of a database.</summary>
    public static bool IsSame(DatabaseIdentity archived, DatabaseIdentity database)
        => string.Equals(archived.Database, database.Database, StringComparison.Ordinal)
            && (archived.DatabaseId is null || database.DatabaseId is null
                ? string.Equals(archived.Server, database.Server, StringComparison.Ordinal)
                : string.Equals(archived.DatabaseId, database.DatabaseId, StringComparison.Ordinal));

    private List<Column>? CheckColumns(ArchiveTable archived, TableSchema live)
    {
        string name = live.Name.ToQuotedString();
        List<string> problems = [];
        List<Column> columns = [];
        foreach (ArchiveColumn column in archived.Columns)
        {
            if (live.Columns.FirstOrDefault(other => string.Equals(other.Name, column.Name, StringComparison.Ordinal)) is not { } now)
            {
                problems.Add($"column \"{column.Name}\" does not exist any more");
            }
            else if (!string.Equals(now.StoreType, column.Type, StringComparison.OrdinalIgnoreCase))
            {
                problems.Add($"column \"{column.Name}\" is of type {now.StoreType}, and was of type {column.Type}");
            }
            else if (facts.Fills.GetValueOrDefault((live.Name, now.Name)) is { IsGenerated: true })
            {
                problems.Add($"column \"{column.Name}\" is computed by the database now, and was not");
            }
            else
            {
                columns.Add(now);
            }
        }

        if (!archived.IsDetached)
        {
            HashSet<string> names = [.. archived.Columns.Select(column => column.Name)];
            problems.AddRange(live.Columns
                .Where(column => column is { IsNullable: false, IsSystem: false }
                    && !names.Contains(column.Name)
                    && facts.Fills.GetValueOrDefault((live.Name, column.Name)) is { IsGenerated: false, FillsItself: false })
                .Select(column => $"column \"{column.Name}\" is new, accepts no NULL and has no default"));
        }

        if (problems.Count > 0)
        {
            refusals.Add(
                RestoreRefusalKind.Structure,
                live.Name,
                $"Table {name} is not as it was: {string.Join("; ", problems)}. Change it back for the restore.");
            return null;
        }

        return columns;
    }

    private void CheckRights(ArchiveTable archived, TableSchema live)
    {
        string name = live.Name.ToQuotedString();
        if (live.HidesRows)
        {
            refusals.Add(
                RestoreRefusalKind.Permission,
                live.Name,
                $"Row security applies to this role on {name}, so what is restored could not be verified. Restore as a role that it does "
                    + "not apply to.");
        }

        List<string> missing = [];
        if (!live.CanSelect || !live.MayUseSchema)
        {
            missing.Add("SELECT");
        }

        if (facts.Rights.GetValueOrDefault(live.Name) is { } rights)
        {
            missing.AddRange(archived.IsDetached || rights.MayInsert ? [] : ["INSERT"]);
            missing.AddRange(!archived.IsDetached || rights.MayUpdate ? [] : ["UPDATE"]);
            missing.AddRange(archived.IsDetached || rights.MayLock ? [] : ["DELETE (to lock the table)"]);
        }

        if (missing.Count > 0)
        {
            refusals.Add(
                RestoreRefusalKind.Permission,
                live.Name,
                $"This role has no right to {string.Join(" and ", missing)} on {name}. Grant it for the restore.");
        }

        foreach (TableName sequence in archived.IsDetached
            ? []
            : facts.CountersOf(archived).Select(counter => counter.Sequence).OfType<TableName>().Distinct())
        {
            if (facts.MissingRights.GetValueOrDefault(sequence) is { ToRead.Length: > 0 } lacking)
            {
                refusals.Add(
                    RestoreRefusalKind.Permission,
                    live.Name,
                    $"This role lacks {lacking.ToRead} for sequence {sequence.ToQuotedString()}, which numbers rows of {name}. "
                        + "Grant it for the restore.");
            }
        }

        foreach (SchemaFact fact in facts.Live.Facts.Where(fact => fact.Table == live.Name))
        {
            if (fact.Kind is SchemaFact.NoTransaction)
            {
                refusals.Add(
                    RestoreRefusalKind.Structure,
                    live.Name,
                    $"The storage of {name} ({fact.Name}) has no transactions, so a restore that fails could not be rolled back. Give it "
                        + "one that has.");
            }
            else if (fact.Kind is SchemaFact.HiddenTriggers)
            {
                refusals.Add(
                    RestoreRefusalKind.Permission,
                    live.Name,
                    $"This role may not see the triggers of {name}. Grant it TRIGGER for the restore.");
            }
        }
    }

    private void CheckTriggers(ArchiveManifest manifest)
    {
        HashSet<TableName> inserted = [.. manifest.Tables.Where(table => !table.IsDetached).Select(table => table.Table)];
        HashSet<TableName> updated = [.. manifest.Tables.Where(table => table.IsDetached).Select(table => table.Table)];
        FiringTrigger[] firing =
        [
            .. facts.Triggers.Where(trigger =>
                (inserted.Contains(trigger.Table) && trigger.Events.Contains("INSERT", StringComparer.Ordinal))
                || (updated.Contains(trigger.Table) && trigger.Events.Contains("UPDATE", StringComparer.Ordinal))),
        ];
        foreach (FiringTrigger trigger in firing.Where(trigger => !settings.Triggers.Contains(trigger.Name, StringComparer.Ordinal)))
        {
            refusals.Add(
                RestoreRefusalKind.Trigger,
                trigger.Table,
                $"Trigger \"{trigger.Name}\" on {trigger.Table.ToQuotedString()} would fire for restored rows. Disable it for the "
                    + "restore, or "
                    + $"allow it with AllowTrigger(\"{trigger.Name}\").");
        }

        HashSet<string> fired = [.. firing.Select(trigger => trigger.Name)];
        foreach (string name in settings.Triggers.Where(name => !fired.Contains(name)))
        {
            refusals.Add(
                RestoreRefusalKind.Trigger,
                $"AllowTrigger(\"{name}\") names no trigger that would fire for restored rows. Check the name, or leave it out.");
        }
    }
}
