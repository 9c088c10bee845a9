using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Properties;

/// <summary>Compares a run's report with the database before and after it.</summary>
internal sealed class ReportChecks(GeneratedCase it, CaseOracle oracle, CaseSql sql, CaseState before, CaseState after)
{
    private readonly Dictionary<string, int> _tables = Enumerable.Range(0, it.Tables.Count).ToDictionary(i => it.Tables[i].Name);

    public void Check(PurgeReport report)
    {
        CheckVerdict(report);
        PurgeProperties.Must(after.Schema == before.Schema, "the schema is unchanged", before.Schema, after.Schema);
        PurgeProperties.Must(
            report.RowsDeleted == report.Tables.Sum(table => table.RowsDeleted),
            "the total is the sum",
            report.ToString());
        if (report.Verdict == PurgeVerdict.Failed)
        {
            PurgeProperties.Must(after.Text == before.Text, "a run that failed changes nothing", report.Summary, before.Text, after.Text);
            return;
        }

        var gone = report.Tables.Where(table => table.Error is null).Select(table => table.Table.Name).ToHashSet();
        foreach (string table in before.Tables)
        {
            string rows = string.Join('\n', after.Rows(table) ?? ["(no table)"]);
            string expected = gone.Contains(table) ? "" : string.Join('\n', before.Rows(table)!);
            PurgeProperties.Must(
                rows == expected,
                gone.Contains(table) ? "a purged table is empty" : "the rows of any other table are unchanged",
                table,
                expected,
                rows,
                report.Summary);
            CheckCounter(table, gone.Contains(table));
        }

        string[] violations = [.. after.Violations.Except(before.Violations)];
        PurgeProperties.Must(violations.Length == 0, "no foreign key violation appears", violations);
        foreach (TableReport table in report.Tables)
        {
            CheckCounts(table);
        }
    }

    private void CheckVerdict(PurgeReport report)
    {
        string summary = $"{report.Summary}\n{string.Join('\n', report.Tables.Select(table => $"{table.Table}: {table.Error ?? "fine"}"))}";
        PurgeProperties.Must(
            report.Verdict is not (PurgeVerdict.Refused or PurgeVerdict.Cancelled or PurgeVerdict.Planned),
            "a run is not refused",
            summary);
        PurgeProperties.Must(
            report.Verdict != PurgeVerdict.Partial || it.BestEffort,
            "only best effort ends as Partial",
            summary);
        PurgeVerdict clean = report.Tables.Count == 0 ? PurgeVerdict.NothingMatched
            : report.Skips.Count == 0 ? PurgeVerdict.Complete : PurgeVerdict.CompleteWithSkips;
        List<int> armed = [.. oracle.Purged.Where(IsArmed)];
        if (!oracle.Firing.Any(IsArmed))
        {
            PurgeProperties.Must(report.Verdict == clean, $"a run in which no trigger fires ends as {clean}", summary);
        }
        else if (armed.Count == 1)
        {
            PurgeVerdict expected = it.Tables[armed[0]].Trigger switch
            {
                TriggerKind.WriteTable when sql.TriggerTarget(armed[0]) is { } target
                    && target != armed[0]
                    && oracle.Purged.Contains(target) => clean,
                TriggerKind.Raise when it.BestEffort => PurgeVerdict.Partial,

                // What it swallows may fail another table of its cycle, and then the cycle is rolled back alone.
                TriggerKind.Swallow when it.BestEffort
                    && report.Tables.Any(table => _tables[table.Table.Name] == armed[0] && table.Error is not null) => PurgeVerdict.Partial,
                _ => PurgeVerdict.Failed,
            };
            PurgeProperties.Must(
                report.Verdict == expected,
                $"a trigger that does {it.Tables[armed[0]].Trigger} ends the run as {expected}",
                summary);
            PurgeProperties.Must(
                expected != PurgeVerdict.Partial || report.Tables.Single(table => _tables[table.Table.Name] == armed[0]).Error is not null,
                "a table whose trigger raises failed",
                summary);
        }
    }

    private bool IsArmed(int table) => it.Tables[table].Trigger switch
    {
        TriggerKind.None => false,
        TriggerKind.WriteTable => sql.TriggerTarget(table) is not null,
        _ => true,
    };

    private void CheckCounter(string table, bool isGone)
    {
        // Rows that a trigger writes may be numbered, and SQLite makes the counter ready when it might write.
        if (!_tables.TryGetValue(table, out int index) || oracle.Purged.Any(IsArmed))
        {
            return;
        }

        bool isReset = it.ResetsIdentity && isGone && it.Tables[index].HasIdentity;
        string expected = !isReset || before.Counter(table).Length == 0 ? before.Counter(table)
            : before.Counter(table).StartsWith('\'') ? ""
            : before.Counter(table).Contains('|', StringComparison.Ordinal) ? "1 | False"
            : "1";
        PurgeProperties.Must(
            after.Counter(table) == expected,
            "a counter restarts where that is wanted, and nowhere else",
            table,
            $"expected {expected}",
            $"found {after.Counter(table)}");
    }

    private void CheckCounts(TableReport table)
    {
        long rows = before.Rows(table.Table.Name)!.Length;
        PurgeProperties.Must(table.RowsBefore == rows, "RowsBefore is what was there", table.ToString(), $"expected {rows}");
        if (!oracle.Firing.Any(IsArmed))
        {
            PurgeProperties.Must(
                table.RowsDeleted == rows && table.RowsAfter == 0,
                "RowsDeleted is what is gone",
                table.ToString(),
                $"expected {rows}");
        }
    }
}
