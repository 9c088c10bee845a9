using System.Text.Json.Nodes;
using FloworxPurge.Planning;

namespace FloworxPurge.CommandLine.Plans;

/// <summary>How the plan of now differs from the one in a file.</summary>
internal sealed class PlanComparison
{
    private readonly List<PlanChange> _changes = [];
    private readonly PurgePlan _then;
    private readonly PurgePlan _now;
    private readonly JsonObject _thenJson;
    private readonly JsonObject _nowJson;

    private PlanComparison(PurgePlan then, PurgePlan now)
    {
        (_then, _now) = (then, now);
        (_thenJson, _nowJson) = (JsonNode.Parse(then.ToJson())!.AsObject(), JsonNode.Parse(now.ToJson())!.AsObject());
    }

    /// <summary>Compares.</summary>
    /// <param name="file">The file.</param>
    /// <param name="now">The plan of now.</param>
    /// <param name="options">The options of the command line, as a file holds them.</param>
    /// <param name="guards">The guards of now.</param>
    /// <param name="afterCommit">What would follow the commit now.</param>
    public static IReadOnlyList<PlanChange> Find(
        PlanFile file,
        PurgePlan now,
        IReadOnlyList<string> options,
        IReadOnlyList<PlanGuard> guards,
        IReadOnlyList<PlanFollowUp> afterCommit)
    {
        var comparison = new PlanComparison(file.Plan, now);
        comparison.CompareDatabase();
        comparison.CompareTables();
        comparison.CompareReferences();
        comparison.CompareScope();
        comparison.CompareMode();
        comparison.CompareStatements();
        comparison.Compare("Options of the command line", file.Content.Options, options, option => option, _ => string.Empty);
        comparison.Compare("Guards", file.Content.Guards, guards, guard => guard.Name, guard => guard.Value);
        comparison.Compare(
            "After the commit",
            file.Content.AfterCommit,
            afterCommit,
            step => $"{step.Kind} {step.Name}",
            step => step.IsRequired ? "required" : "optional");
        comparison.CompareNotes();
        comparison.CompareRows(file.Content.RowsAtMost);
        comparison.AddWhatIsLeft();
        return comparison._changes;
    }

    private void CompareDatabase()
    {
        const string section = "Database";
        DatabaseIdentity then = _then.Database;
        DatabaseIdentity now = _now.Database;
        Change(section, "name", then.Database, now.Database);
        Change(section, "server", then.Server, now.Server);
        Change(section, "provider", then.Provider, now.Provider);
        Change(section, "id (a database that was made anew has another)", then.DatabaseId, now.DatabaseId);
        Change(section, "default schema", then.DefaultSchema, now.DefaultSchema);
        Change(section, "dialect", _then.Dialect, _now.Dialect);
        Change(section, "version of the server", then.ServerVersion, now.ServerVersion, makesAnotherPlan: false);
        Change(section, "role", then.Role, now.Role, makesAnotherPlan: false);
    }

    private void CompareTables()
    {
        const string order = "Order";
        Compare("To purge", _then.Tables, _now.Tables, table => table.Table.ToString(), _ => string.Empty, Rows);
        Dictionary<TableName, PlanTable> then = _then.Tables.ToDictionary(table => table.Table);
        Dictionary<string, string?> ids = Ids(_thenJson);
        Dictionary<string, string?> idsNow = Ids(_nowJson);
        foreach (PlanTable now in _now.Tables.Where(table => then.ContainsKey(table.Table)))
        {
            string name = now.Table.ToString();
            Change(order, name, Level(then[now.Table]), Level(now));
            Change("Replaced by another table of the name", name, ids.GetValueOrDefault(Key(now)), idsNow.GetValueOrDefault(Key(now)));
        }

        Compare("Skipped", _then.Skips, _now.Skips, skip => skip.Table.ToString(), skip => $"{skip.Reason}", skip => skip.Explanation);
        Compare(
            "Kept",
            _then.Kept,
            _now.Kept,
            table => table.Table.ToString(),
            table => $"{table.Reason}{(table.AllowsInserts ? "; rows may be added" : string.Empty)}");
    }

    private void CompareReferences()
    {
        Compare(
            "Foreign keys",
            _then.ForeignKeys,
            _now.ForeignKeys,
            key => key.ToString(),
            key => $"on delete {key.OnDelete}{(key.IsEnforced ? string.Empty : "; only the model knows it")}");
        Compare(
            "Cycles of foreign keys",
            Cycles(_thenJson),
            Cycles(_nowJson),
            cycle => cycle.Tables,
            cycle => cycle.BrokenBy);
    }

    private void CompareScope()
    {
        PlanScope? then = _then.Scope;
        PlanScope? now = _now.Scope;
        Compare(
            "Rows that are selected",
            then?.Queries ?? [],
            now?.Queries ?? [],
            query => $"{query.Text}: {(query.Keeps ? "kept " : string.Empty)}rows of {query.Table}",
            query => $"{query.Sql} {query.ParametersHash}",
            shows: query => query.ParametersHash is { } hash ? $"values with SHA-256 {hash}" : query.Sql);
        Compare(
            "Actions on references",
            then?.References ?? [],
            now?.References ?? [],
            reference => reference.ForeignKey.ToString(),
            reference => $"{reference.Action}",
            ScopeText.Effect);
        Compare(
            "Deleted when nothing references them",
            then?.Orphans ?? [],
            now?.Orphans ?? [],
            table => table.ToString(),
            _ => string.Empty);
        Compare("Blocked rows", then?.Blocked ?? [], now?.Blocked ?? [], ScopeText.Of, _ => string.Empty, makesAnotherPlan: false);
        foreach (ScopeReference reference in now?.References ?? [])
        {
            string key = reference.ForeignKey.ToString();
            ScopeReference? before = then?.References
                .FirstOrDefault(other => string.Equals(other.ForeignKey.ToString(), key, StringComparison.Ordinal));
            if (before is not null && before.Action == reference.Action)
            {
                Change("Rows", key, ScopeText.Effect(before), ScopeText.Effect(reference), makesAnotherPlan: false);
            }
        }
    }

    private void CompareMode()
    {
        const string section = "How it is run";
        Change(section, "a table that fails", Mode(_then.BestEffort), Mode(_now.BestEffort));
        Change(section, "statement", _then.Truncates ? "TRUNCATE" : "DELETE", _now.Truncates ? "TRUNCATE" : "DELETE");
        Change(section, "transactions", Chunks(_then.Chunks), Chunks(_now.Chunks));
        Change(section, "archive", Archive(_then.Archive), Archive(_now.Archive));
        Change(
            section,
            "folder of the archive",
            _then.Archive?.Directory,
            _now.Archive?.Directory,
            makesAnotherPlan: _then.Archive is not null && _now.Archive is not null);

        static string Mode(bool isBestEffort) => isBestEffort ? "keeps its rows, and the others are purged" : "rolls everything back";

        static string Chunks(PlanChunks? chunks)
            => chunks is null ? "one"
                : $"of up to {Words.Count(chunks.Roots, "selected row")} and {Words.Count(chunks.MaxRows, "row")}";

        static string? Archive(PlanArchive? archive)
            => archive is null ? "none"
                : $"{(archive.Schema is { } schema ? $"in schema {schema}" : "in a folder")}"
                    + $"{(archive.IsWrapped ? ", through a stream of the host" : string.Empty)}";
    }

    private void CompareStatements()
    {
        const string section = "Statements";
        string[] then = [.. _then.Steps.Select(step => step.Sql)];
        string[] now = [.. _now.Steps.Select(step => step.Sql)];
        Compare(section, then, now, sql => sql, _ => string.Empty);
        if (then.Order(StringComparer.Ordinal).SequenceEqual(now.Order(StringComparer.Ordinal), StringComparer.Ordinal)
            && !then.SequenceEqual(now, StringComparer.Ordinal))
        {
            Add(section, $"~ in another order: {string.Join("; ", now)}");
        }
    }

    private void CompareNotes()
        => Compare(
            "Notes",
            _then.Notes,
            _now.Notes,
            note => $"{note.Grade}: {(note.Table is null ? string.Empty : note.Table + ": ")}{note.Text}",
            _ => string.Empty,
            makesAnotherPlan: false);

    private void CompareRows(long most)
    {
        const string section = "Rows";
        Dictionary<TableName, PlanTable> then = _then.Tables.ToDictionary(table => table.Table);
        foreach (PlanTable table in _now.Tables.Where(table => then.ContainsKey(table.Table)))
        {
            Change(section, table.Table.ToString(), Rows(then[table.Table]), Rows(table), makesAnotherPlan: false);
        }

        long rows = _now.Tables.Sum(table => table.Rows ?? 0);
        if (rows > most)
        {
            Add(
                section,
                $"~ {Words.Count(rows, "row")} to delete, and the file allows {Words.Number(most)}. A file that is written with --max-rows "
                    + "allows more than it counted");
        }
    }

    // The fingerprint covers more than can be named one by one.
    private void AddWhatIsLeft()
    {
        if (string.Equals(_then.Fingerprint, _now.Fingerprint, StringComparison.Ordinal)
            || _changes.Exists(change => change.MakesAnotherPlan && change.Section is not ("Guards" or "After the commit" or "Rows")))
        {
            return;
        }

        string? then = (string?)_thenJson["structureHash"];
        Add(
            "Structure",
            string.Equals(then, (string?)_nowJson["structureHash"], StringComparison.Ordinal)
                ? "~ the statements or the units of the plan are others"
                : "~ tables, columns, foreign keys or triggers of the database are not what they were, or were made anew");
    }

    private void Compare<T>(
        string section,
        IEnumerable<T> then,
        IEnumerable<T> now,
        Func<T, string> name,
        Func<T, string> value,
        Func<T, string>? details = null,
        Func<T, string>? shows = null,
        bool makesAnotherPlan = true)
    {
        // A name may be there more than once.
        ILookup<string, T> before = then.ToLookup(name, StringComparer.Ordinal);
        ILookup<string, T> after = now.ToLookup(name, StringComparer.Ordinal);
        foreach (string key in before.Select(group => group.Key).Union(after.Select(group => group.Key), StringComparer.Ordinal))
        {
            T[] gone = [.. before[key].ExceptBy(after[key].Select(value), value, StringComparer.Ordinal)];
            T[] come = [.. after[key].ExceptBy(before[key].Select(value), value, StringComparer.Ordinal)];
            Func<T, string> text = shows ?? value;
            if (gone.Length == 1 && come.Length == 1)
            {
                Add(section, $"~ {key}: {text(gone[0])} -> {text(come[0])}", makesAnotherPlan);
                continue;
            }

            foreach (T item in gone)
            {
                Add(section, $"- {key}{Rest(text(item), details?.Invoke(item))}", makesAnotherPlan);
            }

            foreach (T item in come)
            {
                Add(section, $"+ {key}{Rest(text(item), details?.Invoke(item))}", makesAnotherPlan);
            }

            int more = after[key].Count() - before[key].Count();
            if (gone.Length + come.Length == 0 && more != 0)
            {
                Add(section, $"{(more > 0 ? "+" : "-")} {key}, {Words.Count(Math.Abs(more), "time")}", makesAnotherPlan);
            }
        }
    }

    private static string Rest(string value, string? details)
        => string.Concat(new[] { value, details }
            .Where(text => !string.IsNullOrEmpty(text))
            .Select((text, i) => (i == 0 ? ": " : "; ") + text));

    private void Change(string section, string name, string? then, string? now, bool makesAnotherPlan = true)
    {
        if (!string.Equals(then, now, StringComparison.Ordinal))
        {
            Add(section, $"~ {name}: {then ?? "none"} -> {now ?? "none"}", makesAnotherPlan);
        }
    }

    private void Add(string section, string text, bool makesAnotherPlan = true)
        => _changes.Add(new PlanChange(section, text, makesAnotherPlan));

    private static string Rows(PlanTable table) => table.Rows is { } rows ? Words.Count(rows, "row") : "rows not counted";

    private static string Level(PlanTable table) => $"level {Words.Number(table.Level)}";

    private static string Key(PlanTable table) => table.Table.ToQuotedString();

    private static Dictionary<string, string?> Ids(JsonObject plan)
        => plan["tables"]!.AsArray().ToDictionary(
            table => Name(table!["table"]!).ToQuotedString(),
            table => (string?)table!["objectId"],
            StringComparer.Ordinal);

    private static IReadOnlyList<(string Tables, string BrokenBy)> Cycles(JsonObject plan)
        => [.. plan["cycles"]!.AsArray().Select(cycle =>
            (string.Join(", ", cycle!["tables"]!.AsArray().Select(table => Name(table!))), (string)cycle["brokenBy"]!))];

    private static TableName Name(JsonNode table) => new((string?)table["schema"], (string)table["name"]!);
}
