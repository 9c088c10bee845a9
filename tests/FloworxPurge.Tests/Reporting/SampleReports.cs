using System.Globalization;
using System.Text.Json;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Reports as a purge of a small web application gives them.</summary>
internal static partial class SampleReports
{
    private static readonly DateTimeOffset Start = new(2025, 9, 18, 15, 10, 0, TimeSpan.FromHours(2));

    public const string Fingerprint = "9f2c41d07be83a5566e1c0d94b7a18f3e25d6c7091ab34cd58ef60127934ab5d";

    /// <summary>The five reports that every view is shown with.</summary>
    public static IReadOnlyDictionary<string, Func<PurgeReport>> Five { get; } = new SortedDictionary<string, Func<PurgeReport>>(
        StringComparer.Ordinal)
    {
        ["clean"] = AllClean,
        ["skips"] = EverySkip,
        ["failed"] = () => WithoutEffect(PurgeVerdict.Failed),
        ["dry-run"] = Planned,
        ["thousand"] = ThousandTables,
    };

    /// <summary>Fifteen tables purged, five skipped.</summary>
    public static PurgeReport CompleteWithSkips()
    {
        TableReport[] tables = Tables();
        return Bare(PurgeVerdict.CompleteWithSkips) with
        {
            Summary = "15 tables purged and verified empty, 5 skipped because the database does not match the model. 4187 rows deleted.",
            RowsDeleted = tables.Sum(table => table.RowsDeleted),
            Duration = TimeSpan.FromMilliseconds(1482.25),
            VerifiedAt = Start.AddMilliseconds(1301),
            LookedAgainAt = Start.AddMilliseconds(1340),
            Tables = tables,
            Skips = Skips(),
            Kept = Kept(),
            RowsAdded = [new() { Table = new TableName("audit", "entries"), RowsArrived = 15 }],
            Archive = Archived("/var/archives/2026-11-28"),
            Cycles = Cycles(),
            Notes =
            [
                PlanNote.Information(
                    Public("emails"),
                    "the column \"subject\" is character varying(200) in the model and text in the database; nothing depends on it"),
                PlanNote.Warning(
                    Public("audit_log"),
                    "the trigger \"trg_users_audit\" wrote 12 rows while public.users was purged; the table was cleared again"),
                PlanNote.Information(null, "2 materialized views show purged rows until they are refreshed"),
            ],
            IdentitiesReset = [Public("emails"), Public("workflows")],
            Verifications =
            [
                new() { Name = "rows in the 15 purged tables", Expected = "0", Actual = "0", Outcome = Outcome.Passed },
                new() { Name = "after the commit: rows in purged tables", Expected = "0", Actual = "0", Outcome = Outcome.Passed },
                new() { Name = "rows in public.countries, which is kept", Expected = "249", Actual = "249", Outcome = Outcome.Passed },
                new()
                {
                    Name = "foreign key violations that were not there before",
                    Expected = "0",
                    Actual = "0",
                    Outcome = Outcome.Passed,
                },
                new()
                {
                    Name = "rows of public.sessions that row-level security hides",
                    Expected = "0",
                    Actual = "not visible to this role",
                    Outcome = Outcome.Unknown,
                },
            ],
            SchemaObjects = SchemaObjects(),
            Account = "deploy",
            Host = "web-1",
            Details = Details(),
            Guards =
            [
                new() { Name = "RequiredDatabase", Expected = "floworx", Actual = "floworx", Outcome = Outcome.Passed },
                new() { Name = "AllowDatabase", Expected = "", Actual = "", Outcome = Outcome.Skipped },
                new()
                {
                    Name = "writable connection",
                    Expected = "may write",
                    Actual = "does not say that it is read-only",
                    Outcome = Outcome.Passed,
                },
                new() { Name = "unchanged plan", Expected = Fingerprint, Actual = Fingerprint, Outcome = Outcome.Passed },
                new() { Name = "MaxRows", Expected = "10000", Actual = "4187", Outcome = Outcome.Passed },
            ],
            Overrides = [
                "BestEffort = true: tables that fail do not undo the others",
                "AllowInserts(\"audit.*\"): triggers may add rows to these kept tables"],
            ForeignKeys = ForeignKeys(),
            Targets = Targets(),
            Checks = Checks(),
            Timeline = Timeline(),
            Files = ["purge-report.html", "purge-report.json"],
        };
    }

    /// <summary>Three tables, all of them purged, and every check passed.</summary>
    public static PurgeReport AllClean()
    {
        TableReport[] tables = [.. Tables()
            .Where(table => table.Table.Name is "user_sessions" or "workflows" or "users" && table.Table.Schema is "public")
            .Select(table => table with { RowsDeletedByCascade = 0 })];
        PurgeReport report = CompleteWithSkips();
        return report with
        {
            Verdict = PurgeVerdict.Complete,
            Summary = "47 rows deleted from 3 tables of floworx; all of them are verified empty. 1 of 1 check passed.",
            RowsDeleted = tables.Sum(table => table.RowsDeleted),
            Tables = tables,
            Skips = [],
            Kept = [],
            RowsAdded = [],
            Archive = null,
            Cycles = [],
            Notes = [],
            Overrides = [],
            ForeignKeys = [.. ForeignKeys()
                .Where(key => tables.Any(table => table.Table == key.Dependent) && tables.Any(table => table.Table == key.Principal))],
            Targets = [],
            Checks = [report.Checks[0]],
            Verifications = [.. report.Verifications.Where(item => item.Outcome is Outcome.Passed).Take(1)],
        };
    }

    /// <summary>A table skipped for every reason that there is.</summary>
    public static PurgeReport EverySkip() => CompleteWithSkips() with
    {
        Skips = [.. Enum.GetValues<PlanReason>().SkipWhile(reason => reason != PlanReason.TableMissing).Select(reason => PlanTable.Skipped(
            Public("skipped_" + reason.ToString().ToLowerInvariant()),
            [reason + "Entity"],
            reason,
            $"This is what was found ({reason}), and what to do about it.",
            reason is PlanReason.Blocked or PlanReason.CycleCannotBeBroken ? [Key("FK_kept_" + reason, "audit_log", "id", "skipped_" + reason.ToString().ToLowerInvariant())] : []))],
    };

    /// <summary>A thousand tables, each with a foreign key to the one before.</summary>
    public static PurgeReport ThousandTables()
    {
        TableName[] names = [.. Enumerable
            .Range(0, 1000)
            .Select(i => Public(string.Create(CultureInfo.InvariantCulture, $"table_{i:000}")))];
        return CompleteWithSkips() with
        {
            Summary = "500500 rows deleted from 1000 tables of floworx; all of them are verified empty.",
            RowsDeleted = 500500,
            Tables = [.. names.Select((name, i) => new TableReport
            {
                Table = name,
                EntityTypes = [string.Create(CultureInfo.InvariantCulture, $"Entity{i}")],
                Level = (i / 100) + 1,
                RowsBefore = i + 1,
                RowsDeleted = i + 1,
                RowsAfter = 0,
                Duration = TimeSpan.FromMilliseconds(i / 10.0),
            })],
            ForeignKeys = [.. names
                .Skip(1)
                .Select((name, i) => Key(string.Create(CultureInfo.InvariantCulture, $"FK_{i}"), name.Name, "parent_id", names[i].Name))],
        };
    }

    private static ReportDetails Details() => new()
    {
        Operator = "J. Doe",
        Environment = "https://app.example.com",
        Consent = "typed the database's name",
        Reason = "OPS-42: first real client",
        Overrides = ["--force"],
        NextSteps = ["Begin the onboarding of the first client."],
        Support = ["Health: https://app.example.com/health"],
        Escalation = ["A new user cannot register."],
        SignOff = ["Operator", "Customer"],
        Checklist = ["Backups are kept for 30 days"],
        Security = ["The signing keys are unchanged"],
        Conclusion = "The system is ready for its first client.",
        Custom = JsonElement.Parse("""{"ticket": "OPS-42", "priority": 2, "steps": ["a", "b"]}"""),
    };

    private static ArchiveReport Archived(string directory) => new()
    {
        Directory = directory,
        RunId = "0b5b6c1e-8c57-4c0f-9f0f-0f2f4a1d7c11",
        RetainUntil = new DateOnly(2036, 12, 31),
        IsWrapped = true,
        Files = 15,
        Rows = 4187,
        Bytes = 98_304,
        Hash = "5d41402abc4b2a76b9719d911017c5925d41402abc4b2a76b9719d911017c592",
    };

    /// <summary>The plan of the same purge.</summary>
    public static PurgeReport Planned() => CompleteWithSkips() with
    {
        Verdict = PurgeVerdict.Planned,
        Transaction = TransactionOutcome.NothingWritten,
        Summary = "15 tables will be purged, 5 will be skipped because the database does not match the model.",
        RowsDeleted = 0,
        RowsAdded = [],
        Archive = Archived("archives/next") with { RunId = null, Hash = null, Files = 0, Rows = 0, Bytes = 0, RetainUntil = null },
        Duration = TimeSpan.Zero,
        Attempts = 0,
        Tables = [.. Tables()
            .Select(table => table with { RowsDeleted = 0, RowsDeletedByCascade = 0, RowsAfter = null, Duration = TimeSpan.Zero })],
        Notes = [],
        Verifications = [],
        SchemaObjects = [],
        Guards = [],
        Timeline = [],
        Targets =
        [
            new()
            {
                Name = "Redis cache.internal:6379, database 0",
                IsRequired = false,
                Outcome = Outcome.Skipped,
                Reason = "not reachable: connection refused by cache.internal:6379",
                Duration = TimeSpan.FromMilliseconds(3.1),
            },
            new()
            {
                Name = "uploads",
                Outcome = Outcome.Passed,
                ItemsBefore = 42,
                ItemsRemoved = 0,
                Duration = TimeSpan.FromMilliseconds(2),
            },
        ],
        Checks = [.. CompleteWithSkips().Checks
            .Select(check => check with { Outcome = Outcome.NotRun, Expected = "", Actual = "nothing has been run", Duration = TimeSpan.Zero })],
    };

    /// <summary>The same purge, stopped by one table, or by <paramref name="verdict"/>'s other reasons.</summary>
    public static PurgeReport WithoutEffect(PurgeVerdict verdict) => CompleteWithSkips() with
    {
        Verdict = verdict,
        Summary = "Nothing was purged.",
        Transaction = Bare(verdict).Transaction,
        RowsDeleted = 0,
        RowsAdded = [],
        Archive = Archived("/var/archives/2026-11-28") with { Hash = null, Files = 0, Rows = 0, Bytes = 0 },
        Targets = [.. CompleteWithSkips().Targets
            .Select(target => target with { Outcome = Outcome.Skipped, ItemsBefore = null, ItemsRemoved = null, ItemsAfter = null, Reason = "the purge was not committed", Duration = TimeSpan.Zero })],
        Checks = [.. CompleteWithSkips().Checks
            .Select(check => check with { Outcome = Outcome.NotRun, Expected = "", Actual = "the purge was not committed", Duration = TimeSpan.Zero })],
        Timeline = [
            .. CompleteWithSkips().Timeline.Take(3),
            PlanNote.Event(Start.AddMilliseconds(60), verdict is PurgeVerdict.Refused ? "ended before anything was "
                + "written" : "rolled back")],
        Error = "DELETE FROM \"public\".\"emails\" failed: permission denied for table emails. Grant DELETE on it, or exclude it.",
        Tables =
        [
            .. Tables().Select(table => table with
            {
                RowsDeleted = 0,
                RowsDeletedByCascade = 0,
                RowsAfter = null,
                Error = table.Table.Name is "emails" ? "permission denied for table emails" : null,
            }),
        ],
        Verifications =
        [
            new() { Name = "rows in public.workflows", Expected = "0", Actual = "0", Outcome = Outcome.Passed },
            new() { Name = "rows in public.notifications", Expected = "0", Actual = "7", Outcome = Outcome.Failed },
        ],
    };

    /// <summary>Best effort: one table failed, the others are purged.</summary>
    public static PurgeReport Partial()
    {
        TableReport[] tables = [.. Tables().Select(table => table.Table.Name is "emails"
            ? table with { RowsDeleted = 0, RowsAfter = null, Error = "permission denied for table emails" }
            : table)];
        return CompleteWithSkips() with
        {
            Verdict = PurgeVerdict.Partial,
            BestEffort = true,
            Summary = "14 tables purged and verified empty, 1 failed, 5 skipped.",
            Error = "public.emails: permission denied for table emails",
            RowsDeleted = tables.Sum(table => table.RowsDeleted),
            Tables = tables,
        };
    }

    /// <summary>A report with nothing in its lists.</summary>
    public static PurgeReport Bare(PurgeVerdict verdict = PurgeVerdict.Complete) => new()
    {
        FormatVersion = PurgeReport.CurrentFormatVersion,
        Verdict = verdict,
        Summary = "There was nothing to purge.",
        Database = new DatabaseIdentity
        {
            Provider = "Npgsql.EntityFrameworkCore.PostgreSQL",
            Engine = "PostgreSQL",
            ServerVersion = "15.18",
            Server = "db.internal:5432",
            Database = "floworx",
            DatabaseId = "16412",
            Role = "purge_operator",
            DefaultSchema = "public",
        },
        Dialect = "PostgreSQL",
        StartedAt = Start,
        Duration = TimeSpan.Zero,
        BestEffort = false,
        Transaction = verdict switch
        {
            PurgeVerdict.Planned or PurgeVerdict.Refused => TransactionOutcome.NothingWritten,
            PurgeVerdict.Failed or PurgeVerdict.Cancelled => TransactionOutcome.RolledBack,
            _ => TransactionOutcome.Committed,
        },
        Attempts = 1,
        PlanFingerprint = Fingerprint,
        RowsDeleted = 0,
        Tables = [],
        Skips = [],
        Kept = [],
        Cycles = [],
        Notes = [],
        IdentitiesReset = [],
        Verifications = [],
        SchemaObjects = [],
    };

    /// <summary>A report in which every name and every sentence is <paramref name="text"/>.</summary>
    public static PurgeReport Named(string text)
    {
        var table = new TableName(text, text);
        var key = new ForeignKey
        {
            Name = text,
            Dependent = table,
            DependentColumns = [text],
            Principal = table,
            PrincipalColumns = [text],
            OnDelete = ReferentialAction.Cascade,
            NullableColumns = [text],
            IsEnforced = true,
        };
        return Bare(PurgeVerdict.Partial) with
        {
            Summary = text,
            Error = text,
            Dialect = text,
            PlanFingerprint = text,
            Database = new DatabaseIdentity
            {
                Provider = text,
                Engine = text,
                ServerVersion = text,
                Server = text,
                Database = text,
                DatabaseId = text,
                Role = text,
                DefaultSchema = text,
            },
            Tables = TablesNamed(table, text),
            Skips = [PlanTable.Skipped(table, [text], PlanReason.Blocked, text, [key])],
            Kept = [PlanTable.Kept(table, PlanReason.Excluded)],
            RowsAdded = [new() { Table = table, RowsArrived = 1 }],
            Archive = Archived(text) with { RunId = text, Hash = text },
            Cycles = [new() { Tables = [table], ForeignKeys = [key], BrokenBy = text }],
            Notes = [PlanNote.Warning(table, text), PlanNote.Information(null, text)],
            IdentitiesReset = [table],
            Verifications = [new() { Name = text, Expected = text, Actual = text, Outcome = Outcome.Passed }],
            SchemaObjects = [new() { Name = text, Expected = "1", Actual = "1", Outcome = Outcome.Passed }],
            Account = text,
            Host = text,
            Details = new ReportDetails
            {
                Operator = text,
                Environment = text,
                Consent = text,
                Reason = text,
                Overrides = [text],
                NextSteps = [text],
                Support = [text],
                Escalation = [text],
                SignOff = [text],
                Checklist = [text],
                Security = [text],
                Conclusion = text,
            },
            Guards = [new() { Name = text, Expected = text, Actual = text, Outcome = Outcome.Passed }],
            Overrides = [text],
            ForeignKeys = [key],
            Targets = [
                new() { Name = text, Outcome = Outcome.Passed, ItemsBefore = 1, ItemsRemoved = 1, ItemsAfter = 0, Reason = text, Duration = TimeSpan.Zero }],
            Checks = [new() { Name = text, Expected = text, Actual = text, Outcome = Outcome.Failed, Duration = TimeSpan.Zero }],
            Timeline = [PlanNote.Event(Start, text)],
            Files = [text],
        };
    }

    public static TableName Public(string name) => new("public", name);
}
