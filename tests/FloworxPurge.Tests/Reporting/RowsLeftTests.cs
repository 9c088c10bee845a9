using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Planning;

namespace FloworxPurge.Tests.Reporting;

/// <summary>"Are there rows left?" has an answer in the summary and in every form of a report.</summary>
public sealed class RowsLeftTests
{
    private static readonly PurgeReport Report = SampleReports.CompleteWithSkips();

    [Fact]
    public void Every_form_says_how_many_rows_are_left_and_where()
    {
        Assert.Equal(12, Report.RowsLeft);
        Assert.Contains("\"rowsLeft\": 12,", Report.ToJson(), StringComparison.Ordinal);
        Assert.Contains("12</td><td>in 3 skipped tables; 1 table not counted</td>", Report.ToHtml(), StringComparison.Ordinal);
        Assert.Contains(
            "value=\"12: in 3 skipped tables; 1 table not counted\"",
            PurgeReportTemplates.JUnit.Render(Report),
            StringComparison.Ordinal);
        foreach (string text in (string[])[Report.ToString(), Report.ToMarkdown()])
        {
            Assert.Matches(@"Rows left[ |]+12[ |]+in 3 skipped tables", text);
            Assert.Contains("4 rows left", text, StringComparison.Ordinal);
            Assert.Matches(@"rows\s+not\s+counted\s+\(row\s+security\s+may\s+hide\s+rows\s+from\s+the\s+role\)", text);
        }
    }

    [Theory]
    [InlineData(RunFinish.Clean, " 12 rows are left in 2 skipped tables.", 12L)]
    [InlineData(RunFinish.NoRows, " No rows are left in the skipped tables.", 0L)]
    [InlineData(RunFinish.NotCounted, " The rows of 1 table could not be counted. 12 rows are left in 2 skipped tables.", 12L)]
    [InlineData(RunFinish.NoneCounted, " The rows of 3 tables could not be counted.", 0L)]
    [InlineData(RunFinish.NoSkips, "", 0L)]
    [InlineData(RunFinish.NoTables, "", 0L)]
    [InlineData(RunFinish.FailedTable, " 15 rows are left in 2 skipped tables and 1 failed table.", 15L)]
    [InlineData(RunFinish.FailedUncounted, " The rows of 1 table could not be counted. 12 rows are left in 2 skipped tables.", 12L)]
    [InlineData(RunFinish.CallersTransaction, "", null)]
    [InlineData(RunFinish.RolledBack, "", null)]
    public void The_summary_and_the_number_are_of_what_was_counted(RunFinish finish, string sentence, long? rows)
    {
        PurgeReport report = Of(finish);

        Assert.Equal(sentence, RowsLeft.Sentence(report));
        Assert.Equal(rows, report.RowsLeft);
        Assert.Equal(report.ToJson(), PurgeReport.FromJson(report.ToJson()).ToJson());
        Assert.DoesNotContain("rowsLeft", (report with { LookedAgainAt = null, Skips = [] }).ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunFinish.CallersTransaction, "not counted before the caller's commit; VerifyAsync counts them")]
    [InlineData(RunFinish.RolledBack, "as before the run")]
    [InlineData(RunFinish.NoSkips, "0")]
    public void A_run_that_did_not_count_says_why(RunFinish finish, string words)
        => Assert.Equal(words, RowsLeft.Words(Of(finish), ReportText.Invariant));

    [Fact]
    public async Task What_cannot_be_counted_says_why_and_only_a_table_that_is_gone_has_no_rows()
    {
        TableSchema table = Facts.Live("a");
        PlanTable skip = Skip("a", 5);
        (PlanTable Skip, TableSchema? Table)[] skips =
        [
            (skip with { Reason = PlanReason.TableMissing }, null),
            (skip with { Reason = PlanReason.SchemaMissing }, null),
            (skip, null),
            (skip, table with { Kind = TableKind.View }),
            (skip, table with { Kind = TableKind.ForeignTable }),
            (skip, table with { MayUseSchema = false }),
            (skip, table with { CanSelect = false }),
            (skip, table with { HidesRows = true }),
            (skip, table with { EstimatedRows = 1_000_001 }),
        ];

        // Nothing is sent: none of them can be counted.
        IReadOnlyList<PlanTable> counted = await new SkippedRows(null!, (_, _) => throw new InvalidOperationException("Not to be counted."))
            .CountAsync(skips, TestContext.Current.CancellationToken);

        Assert.Equal([0, 0, null, null, null, null, null, null, null], counted.Select(one => one.Rows));
        Assert.Equal(
            [
                null,
                null,
                "the table is not visible to the role",
                "it is not a table",
                "its rows are on another server",
                "the role may not read the table",
                "the role may not read the table",
                "row security may hide rows from the role",
                "the server estimates 1000001 rows, which is too many to count",
            ],
            counted.Select(one => one.NotCounted));
    }

    [Fact]
    public void A_number_that_was_changed_is_refused()
    {
        string json = Report.ToJson().Replace("\"rowsLeft\": 12", "\"rowsLeft\": 0", StringComparison.Ordinal);

        Assert.Contains(
            "has been changed",
            Assert.Throws<PurgeException>(() => PurgeReport.FromJson(json)).Message,
            StringComparison.Ordinal);
    }

    private static PurgeReport Of(RunFinish finish)
    {
        PurgeReport report = SampleReports.Bare(PurgeVerdict.CompleteWithSkips) with
        {
            LookedAgainAt = DateTimeOffset.UnixEpoch,
            Skips = [Skip("a", 5), Skip("b", 7), Skip("c", 0)],
        };
        return finish switch
        {
            RunFinish.NoRows => report with { Skips = [Skip("a", 0)] },
            RunFinish.NotCounted => report with { Skips = [.. report.Skips, Skip("d", null)] },
            RunFinish.NoneCounted => report with { Skips = [Skip("a", null), Skip("b", null), Skip("c", null)] },
            RunFinish.NoTables => report with { Skips = [Skip("a", 0) with { Reason = PlanReason.TableMissing }] },
            RunFinish.NoSkips => report with { Skips = [], Verdict = PurgeVerdict.Complete },
            RunFinish.FailedTable => report with
            {
                Verdict = PurgeVerdict.Partial,
                Tables = [new TableReport { Table = Facts.Name("f"), RowsBefore = 3, RowsAfter = 3, Error = "permission denied" }],
            },
            RunFinish.FailedUncounted => Of(RunFinish.FailedTable) with
            {
                Tables = [new TableReport { Table = Facts.Name("f"), RowsBefore = 3, RowsAfter = null, Error = "permission denied" }],
            },
            RunFinish.CallersTransaction => report with
            {
                JoinedTransaction = true,
                Transaction = TransactionOutcome.LeftToCaller,
                LookedAgainAt = null,
            },
            RunFinish.RolledBack => report with
            {
                Verdict = PurgeVerdict.Failed,
                Transaction = TransactionOutcome.RolledBack,
                LookedAgainAt = null,
                Skips = [.. report.Skips.Select(skip => skip with { Rows = null })],
            },
            _ => report,
        };
    }

    private static PlanTable Skip(string name, long? rows)
        => PlanTable.Skipped(Facts.Name(name), [], PlanReason.ColumnMissing, "because", []) with
        {
            Rows = rows,
            NotCounted = rows is null ? "the role may not read the table" : null,
        };
}

public enum RunFinish
{
    Clean,
    NoRows,
    NotCounted,
    NoneCounted,
    NoSkips,
    NoTables,
    FailedTable,
    FailedUncounted,
    CallersTransaction,
    RolledBack,
}
