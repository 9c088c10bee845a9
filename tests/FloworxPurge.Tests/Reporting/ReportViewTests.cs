using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using Xunit;

namespace FloworxPurge.Tests.Reporting;

public sealed class ReportViewTests
{
    public static TheoryData<PurgeVerdict> WithoutEffect => [PurgeVerdict.Failed, PurgeVerdict.Refused, PurgeVerdict.Cancelled];

    [Fact]
    public void A_purge_reports_what_an_operator_asks_in_the_order_of_its_weight()
    {
        foreach (string view in Views(SampleReports.CompleteWithSkips()))
        {
            string text = string.Join(' ', view.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            string[] expected =
            [
                "Purge report: complete with skips", "15 tables purged and verified empty", "Date", "2025-09-18 13:10:00Z",
                "floworx on db.internal:5432", "https", "Operation", "delete all rows of 20 tables", "1.482 s", "4187", "15 purged, 5 skipped, 3 kept",
                "Component", "Database purge", "purged and verified", "Redis", "skipped", "uploads", "emptied", "health", "passed",
                "Rows left", "12", "in 3 skipped tables", "Verification", "4 of 5", "Schema", "unchanged", "Approval", "J. Doe", "Guards",
                "Acceptance criteria", "SELECT COUNT", "required", "Approval and guards", "deploy", "OPS-42", "MaxRows", "force",
                "Warnings", "public.audit_log", "Notes", "materialized views",
                "Tables skipped", "public.business_configs", "key type differs", "4 rows left", "public.clients", "table missing",
                "rows not counted (row security may hide rows from the role)",
                "Tables purged", "public.performance_metrics", "2210", "18.0", "Empty before the purge", "auth.users",
                "Cycles, and how they were broken", "FK_business_profiles_users_owner_id",
                "Tables kept", "public.__EFMigrationsHistory", "the migrations history", "Identity counters reset",
                "Outside the database", "connection refused", "Checklist", "[x]", "mail", "Backups are kept for 30 days", "stated",
                "Security", "started by account deploy on web-1", "The signing keys are unchanged", "What this report does not prove", "replicas",
                "Next steps", "onboarding", "Support", "/health", "When to escalate", "Conclusion", "Rows left: 12 in 3 skipped tables",
                "2 of 2 required checks passed", "ready for its first client", "Sign-off", "Customer",
                "Verification before the commit", "unknown", "Schema integrity", "Timeline", "transaction begun", "committed",
                "Target database", "15.18", "floworx (id 16412)", "auth, public", "Evidence", "Files written", "purge-report.json",
            ];
            int at = 0;
            foreach (string part in expected)
            {
                int found = text.IndexOf(part, at, StringComparison.Ordinal);
                Assert.True(found >= 0, $"\"{part}\" is missing after position {at} of:\n{text}");
                at = found;
            }
        }
    }

    [Fact]
    public void A_plan_uses_the_future_tense_and_counts_no_deletions()
    {
        foreach (string text in Views(SampleReports.Planned()))
        {
            Assert.Contains("Purge plan: nothing has been run", text, StringComparison.Ordinal);
            Assert.Contains("Tables that will be purged", text, StringComparison.Ordinal);
            Assert.Contains("Tables that will be skipped", text, StringComparison.Ordinal);
            Assert.Contains("Tables that will be kept", text, StringComparison.Ordinal);
            Assert.Contains("how they will be broken", text, StringComparison.Ordinal);
            Assert.Contains("Identity counters that will be reset", text, StringComparison.Ordinal);
            Assert.Contains("Planned at", text, StringComparison.Ordinal);
            foreach (string past in (string[])["Purge report", "Tables purged", "Tables skipped", "Deleted", "Rows deleted", "After", "Duration", "Started at", "Verification", "counters reset", "Checklist", "Conclusion"])
            {
                Assert.DoesNotContain(past, text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_plan_says_how_many_tables_were_not_counted()
    {
        PurgeReport plan = SampleReports.Planned();
        PurgeReport partly = plan with { Tables = [plan.Tables[0], plan.Tables[1] with { RowsBefore = null }] };
        PurgeReport none = plan with { Tables = [plan.Tables[1] with { RowsBefore = null }] };

        Assert.Contains("96, and those of 1 not counted", partly.ToString(), StringComparison.Ordinal);
        Assert.DoesNotMatch(@"Rows to delete +\d", none.ToString());
    }

    [Theory]
    [MemberData(nameof(WithoutEffect))]
    public void A_run_without_effect_shows_no_deletion_and_nothing_as_passed(PurgeVerdict verdict)
    {
        PurgeReport report = SampleReports.WithoutEffect(verdict);
        PurgeReport careless = report with
        {
            RowsDeleted = 31337,
            Tables = [.. report.Tables
                .Select(table => table with { RowsDeleted = 31337, RowsDeletedByCascade = 31337, RowsAfter = 31337 })],
        };

        foreach (string text in Views(careless))
        {
            Assert.DoesNotContain("31337", text, StringComparison.Ordinal);
            Assert.DoesNotContain("passed", text, StringComparison.Ordinal);
            Assert.DoesNotContain("✅", text, StringComparison.Ordinal);
            Assert.DoesNotContain("Identity counters reset", text, StringComparison.Ordinal);
            Assert.DoesNotContain("will be", text, StringComparison.Ordinal);
            Assert.Contains("Why it stopped: DELETE FROM \"public\".\"emails\" failed", text, StringComparison.Ordinal);
            Assert.Contains("Tables that were to be purged and are as they were", text, StringComparison.Ordinal);
            Assert.Contains("Tables that failed", text, StringComparison.Ordinal);
            Assert.Matches(@"Tables[ |]+0 purged\b", text);
            Assert.DoesNotContain("ready for its first client", text, StringComparison.Ordinal);
            Assert.Contains(
                verdict is PurgeVerdict.Refused ? "0, nothing was written" : "0, everything was rolled back", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(PurgeVerdict.Failed, nameof(TransactionOutcome.RolledBack), "failed and rolled back", "0, everything was rolled back")]
    [InlineData(
        PurgeVerdict.Failed,
        nameof(TransactionOutcome.RolledBackWithCaller),
        "failed and rolled back with the caller's transaction",
        "0, the caller's whole transaction was rolled back")]
    [InlineData(PurgeVerdict.Failed, nameof(TransactionOutcome.NothingWritten), "failed, nothing was written", "0, nothing was written")]
    [InlineData(
        PurgeVerdict.Failed,
        nameof(TransactionOutcome.RollbackLeftToCaller),
        "failed, the caller has to roll back",
        "0 once the caller has rolled back")]
    [InlineData(
        PurgeVerdict.Failed,
        nameof(TransactionOutcome.Unknown),
        "failed, not known whether committed",
        "not known: the commit was not acknowledged")]
    [InlineData(PurgeVerdict.Cancelled, nameof(TransactionOutcome.RolledBack), "cancelled and rolled back", "0, everything was rolled back")]
    [InlineData(
        PurgeVerdict.Cancelled,
        nameof(TransactionOutcome.RollbackLeftToCaller),
        "cancelled, the caller has to roll back",
        "0 once the caller has rolled back")]
    public void A_run_without_effect_says_what_became_of_its_transaction(
        PurgeVerdict verdict,
        string transaction,
        string title,
        string rows)
    {
        var outcome = Enum.Parse<TransactionOutcome>(transaction);
        PurgeReport report = SampleReports.WithoutEffect(verdict) with { Transaction = outcome };

        foreach (string text in Views(report))
        {
            Assert.Contains("Purge report: " + title, text, StringComparison.Ordinal);
            Assert.Contains(rows, text, StringComparison.Ordinal);
            Assert.Equal(
                outcome is TransactionOutcome.RolledBack or TransactionOutcome.RolledBackWithCaller or TransactionOutcome.NothingWritten,
                text.Contains("are as they were", StringComparison.Ordinal));
        }

        Assert.Equal(outcome, PurgeReport.FromJson(report.ToJson()).Transaction);
    }

    [Fact]
    public void Only_what_is_known_is_committed_or_not()
        => Assert.Equal(
            [
                ("NothingWritten", false), ("Committed", true), ("LeftToCaller", null), ("RolledBack", false),
                ("RolledBackWithCaller", false), ("RollbackLeftToCaller", null), ("Unknown", null),
            ],
            Enum.GetValues<TransactionOutcome>().Select(outcome
                => (outcome.ToString(), (SampleReports.Bare() with { Transaction = outcome }).IsCommitted)));

    [Fact]
    public void A_partial_purge_distinguishes_failed_tables_from_purged_ones()
    {
        string text = SampleReports.Partial().ToString();

        Assert.Matches(@"Tables +14 purged, 1 failed, 5 skipped, 3 kept\n", text);
        Assert.Contains("- public.emails (Email), level 2, rows before 140: permission denied for table", text, StringComparison.Ordinal);
        Assert.Contains("Why it is not complete: ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_section_with_nothing_to_say_is_left_out()
    {
        string[] headings = [.. SampleReports.Bare().ToMarkdown().Split('\n').Where(line => line.StartsWith('#'))];

        Assert.Equal(
            [
                "# Purge report: complete", "## Checklist", "## Security", "## What this report does not prove", "## Conclusion",
                "## Target database", "## Evidence",
            ],
            headings,
            StringComparer.Ordinal);
        Assert.DoesNotContain("Why", SampleReports.Bare().ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_cascade_column_is_there_only_when_a_cascade_took_rows()
    {
        PurgeReport report = SampleReports.CompleteWithSkips();
        PurgeReport without = report with { Tables = [.. report.Tables.Select(table => table with { RowsDeletedByCascade = 0 })] };

        Assert.All(Views(report), text => Assert.Contains("By cascade", text, StringComparison.Ordinal));
        Assert.All(Views(without), text => Assert.DoesNotContain("By cascade", text, StringComparison.Ordinal));
    }

    [Fact]
    public void A_borrowed_transaction_and_a_retry_are_reported()
    {
        PurgeReport report = SampleReports.Bare() with { JoinedTransaction = true, Attempts = 2 };

        Assert.Contains("final only once the caller commits", report.ToMarkdown(), StringComparison.Ordinal);
        Assert.Matches(@"\nTransaction +the caller's\nAttempts +2\n", report.ToString());
    }

    [Fact]
    public void A_database_that_was_never_read_is_reported_as_such()
    {
        PurgeReport report = SampleReports.Bare(PurgeVerdict.Refused) with { Database = null };

        Assert.Matches(@"\nDatabase +not read\nDialect +PostgreSQL\n", report.ToString());
    }

    [Fact]
    public void Every_reason_has_words_of_its_own()
    {
        string[] words =
        [
            .. Enum.GetValues<PlanReason>().Select(reason => ReportText.Of(reason)),
            ReportText.Mode(isBestEffort: false), ReportText.Mode(isBestEffort: true),
            .. Enum.GetValues<Outcome>().Select(ReportText.Of),
        ];
        Assert.Equal(words.Length, words.Distinct(StringComparer.Ordinal).Count());
        Assert.All(Enum.GetValues<PlanReason>(), reason => Assert.Equal(ReportText.Of(reason), ReportText.Label(reason.ToString())));
        Assert.All(words, word => Assert.Equal(word.ToLowerInvariant(), word));
    }

    [Fact]
    public async Task The_same_report_is_always_the_same_text()
    {
        string[] expected = Views(SampleReports.CompleteWithSkips());

        await Parallel.ForAsync(0, 64, TestContext.Current.CancellationToken, (_, _) =>
        {
            Assert.Equal(expected, Views(SampleReports.CompleteWithSkips()));
            return ValueTask.CompletedTask;
        });
    }

    [Fact]
    public void The_culture_of_the_machine_changes_nothing()
    {
        PurgeReport report = SampleReports.CompleteWithSkips();
        string[] expected = [.. Views(report), report.ToJson()];
        CultureInfo before = CultureInfo.CurrentCulture;
        var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        other.NumberFormat.NumberDecimalSeparator = ",";
        other.NumberFormat.NumberGroupSeparator = ".";
        other.NumberFormat.NegativeSign = "~";
        other.DateTimeFormat.DateSeparator = ".";
        other.DateTimeFormat.TimeSeparator = "h";
        try
        {
            CultureInfo.CurrentCulture = other;
            CultureInfo.CurrentUICulture = other;

            string[] actual = [.. Views(report), report.ToJson()];
            Assert.Equal(expected, actual);
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
            CultureInfo.CurrentUICulture = before;
        }
    }

    [Fact]
    public void A_CI_server_sees_a_target_that_failed_and_rows_that_were_not_deleted()
    {
        PurgeReport report = SampleReports.RowsDeleted();
        TargetReport failed = SampleReports.CompleteWithSkips().Targets[1] with { Outcome = Outcome.Failed, Reason = "the disk is full" };
        TargetReport silent = failed with { Name = "silent", Reason = null };

        IReadOnlyList<SuiteView> done = ReportSuites.Of(report with { Targets = [failed, silent] }, hasEffect: true);
        IReadOnlyList<SuiteView> undone = ReportSuites.Of(report with { Verdict = PurgeVerdict.Failed }, hasEffect: false);

        SuiteView targets = done.Single(suite => suite.Name == "targets");
        Assert.Equal(("2", "2", "0"), (targets.Tests, targets.Failures, targets.Skipped));
        Assert.Equal(["the disk is full", "failed"], targets.Cases.Select(item => item.Failure));
        int queries = report.Scope!.Queries.Count;
        Assert.All(done.Single(suite => suite.Name == "rows").Cases.Take(queries), item => Assert.Empty(item.Skipped));
        Assert.All(undone.Single(suite => suite.Name == "rows").Cases.Take(queries), item => Assert.NotEmpty(item.Skipped));
    }

    private static string[] Views(PurgeReport report) => [report.ToMarkdown(), report.ToString()];
}
