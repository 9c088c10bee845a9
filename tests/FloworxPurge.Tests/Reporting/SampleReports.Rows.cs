using FloworxPurge.Execution;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Reports of runs that delete rows.</summary>
internal static partial class SampleReports
{
    private const string Subject = "subject (email = sha256:973dfe463ec85785f5f95af5ba3906eedb2d931c24e69824a89ea65dba4e813b)";

    /// <summary>Two of three users, with everything that depends on them.</summary>
    public static PurgeReport RowsDeleted() => AllClean() with
    {
        Verdict = PurgeVerdict.Complete,
        Summary = "28 rows deleted from 4 tables of floworx: 2 rows that match, and what depends on them; all of them are verified gone.",
        RowsDeleted = 28,
        Scope = TestUsers(),
        Tables = [
            OfRows("user_sessions", ["UserSession"], 1, 3, 0),
            OfRows("emails", ["Email"], 2, 20, 7),
            OfRows("workflows", ["Workflow"], 2, 3, 2),
            OfRows("users", ["User"], 3, 2, 1)],
        Verifications =
        [
            new() { Name = "rows left of the selection", Expected = "0", Actual = "0", Outcome = Outcome.Passed },
            new() { Name = "other rows of 4 tables", Expected = "10", Actual = "10", Outcome = Outcome.Passed },
            new() { Name = "after the commit: deleted rows of public.users", Expected = "0", Actual = "0", Outcome = Outcome.Passed },
        ],
        Details = Details() with
        {
            Scopes = ["test-users"],
            Backup = "backups/floworx.dump, 1,511,424 bytes, SHA-256 91c1b970; restored into a copy",
        },
        Files = [],
    };

    /// <summary>One person: a row is blocked, rows lose a reference, a filter hides one, and a place outside was skipped.</summary>
    public static PurgeReport RowsInPart() => RowsDeleted() with
    {
        Verdict = PurgeVerdict.CompleteWithSkips,
        Summary = "28 rows deleted from 4 tables of floworx: 2 of 3 rows that match, and what depends on them; all are verified gone. "
            + "1 row is blocked and stays. 4 rows stay and lose a reference. Query filters hide 1 row that matches without them.",
        Scope = TestUsers() with
        {
            Queries =
            [
                new()
                {
                    Text = "Rows<User>(user => user.Email == values[\"email\"])",
                    Keeps = false,
                    EntityType = "User",
                    Table = Public("users"),
                    Sql = "SELECT u.id FROM public.users AS u WHERE u.email = @email AND NOT u.is_deleted",
                    ParametersHash = new string('a', 64),
                    Rows = 3,
                    Hidden = 1,
                },
                new()
                {
                    Text = "Keep<User>(user => user.IsAdmin)",
                    Keeps = true,
                    EntityType = "User",
                    Table = Public("users"),
                    Sql = "SELECT u.id FROM public.users AS u WHERE u.is_admin",
                    ParametersHash = null,
                    Rows = 1,
                    Hidden = null,
                },
            ],
            Matched = 3,
            Blocked =
            [
                new()
                {
                    Reason = "invoices(user_id) -> users(id) blocks: the model has Restrict",
                    Table = Public("invoices"),
                    ForeignKey = Key("FK_invoices_users", "invoices", "user_id", "users"),
                    Rows = 1,
                    Examples = ["17"],
                },
            ],
            Orphans = [Public("addresses")],
        },
        Targets = Targets(),
        Details = RowsDeleted().Details with { Scopes = [Subject] },
    };

    /// <summary>The plan of the same.</summary>
    public static PurgeReport RowsPlanned() => Planned() with
    {
        Summary = "Nothing was run. A run of this plan would delete 28 rows from 4 tables of floworx.",
        Scope = TestUsers(),
        Tables = [.. RowsDeleted().Tables
            .Select(table => table with { RowsDeleted = 0, RowsAfter = null, RowsKept = null, Duration = TimeSpan.Zero })],
        Skips = [],
        Kept = [],
        Cycles = [],
        ForeignKeys = [],
        Details = Details() with { Scopes = ["test-users"] },
    };

    private static PlanScope TestUsers() => new()
    {
        Queries =
        [
            new()
            {
                Text = "Rows<User>(user => user.IsTest)",
                Keeps = false,
                EntityType = "User",
                Table = Public("users"),
                Sql = "SELECT u.id FROM public.users AS u WHERE u.is_test",
                ParametersHash = null,
                Rows = 2,
                Hidden = 0,
            },
        ],
        References =
        [
            Reference("emails", "user_id", ReferenceAction.Follow, "the model has Cascade", 20),
            Reference("user_sessions", "user_id", ReferenceAction.Follow, "the model has Cascade", 3),
            Reference("workflows", "user_id", ReferenceAction.Follow, "the model has Cascade", 3),
            Reference("invoices", "user_id", ReferenceAction.Block, "the model has Restrict", 0),
            Reference("workflows", "approved_by", ReferenceAction.Detach, "the model has SetNull", 4),
        ],
        Blocked = [],
        Matched = 2,
    };

    private static ScopeReference Reference(string dependent, string column, ReferenceAction action, string reason, long rows) => new()
    {
        ForeignKey = Key($"FK_{dependent}_users_{column}", dependent, column, "users") with
        {
            NullableColumns = action is ReferenceAction.Detach ? [column] : [],
        },
        Action = action,
        Reason = reason,
        Rows = rows,
    };

    private static TableReport OfRows(string name, string[] entityTypes, int level, long rows, long kept) => new()
    {
        Table = Public(name),
        EntityTypes = entityTypes,
        Level = level,
        RowsBefore = rows,
        RowsDeleted = rows,
        RowsAfter = 0,
        RowSet = new RowSet { Table = Public(name) },
        RowsKept = kept,
        Duration = TimeSpan.FromMilliseconds(2.5),
    };
}
