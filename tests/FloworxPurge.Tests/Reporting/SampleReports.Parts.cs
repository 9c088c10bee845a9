using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Reporting;

/// <summary>What the sample reports are made of.</summary>
internal static partial class SampleReports
{
    private static TargetReport[] Targets() =>
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
            ItemsRemoved = 42,
            ItemsAfter = 0,
            Duration = TimeSpan.FromMilliseconds(12.5),
        },
    ];

    private static CheckReport[] Checks() =>
    [
        new()
        {
            Name = "SELECT COUNT(*) FROM users",
            Expected = "0",
            Actual = "0",
            Outcome = Outcome.Passed,
            Duration = TimeSpan.FromMilliseconds(0.8),
        },
        new()
        {
            Name = "health",
            Expected = "200, status = healthy",
            Actual = "200, status = healthy",
            Outcome = Outcome.Passed,
            Duration = TimeSpan.FromMilliseconds(9.3),
        },
        new()
        {
            Name = "mail",
            IsRequired = false,
            Expected = "true",
            Actual = "false",
            Outcome = Outcome.Failed,
            Duration = TimeSpan.FromMilliseconds(4),
        },
    ];

    private static PlanNote[] Timeline() =>
    [
        PlanNote.Event(Start.AddMilliseconds(3), "transaction begun"),
        PlanNote.Event(Start.AddMilliseconds(41), "facts read again, and the plan fits"),
        PlanNote.Event(Start.AddMilliseconds(55), "rows counted"),
        PlanNote.Event(Start.AddMilliseconds(1310), "steps of the plan run"),
        PlanNote.Event(Start.AddMilliseconds(1460), "result verified"),
        PlanNote.Event(Start.AddMilliseconds(1482), "committed"),
        PlanNote.Event(Start.AddMilliseconds(1498), "targets done"),
        PlanNote.Event(Start.AddMilliseconds(1513), "checks done"),
    ];

    private static ForeignKey[] ForeignKeys() =>
    [
        Key("FK_business_profiles_users_owner_id", "business_profiles", "owner_id", "users"),
        Key("FK_users_business_profiles_profile_id", "users", "profile_id", "business_profiles"),
        Key("FK_workflow_executions_workflows", "workflow_executions", "workflow_id", "workflows"),
        Key("FK_workflows_users", "workflows", "user_id", "users"),
        Key("FK_emails_users", "emails", "user_id", "users"),
        Key("FK_email_processing_emails", "email_processing", "email_id", "emails"),
        Key("FK_user_sessions_users", "user_sessions", "user_id", "users"),
        Key("FK_email_categories_self", "email_categories", "parent_id", "email_categories"),
        Key("FK_clients_users", "clients", "user_id", "users"),
    ];

    private static TableReport[] Tables() =>
    [
        Table("email_categories", "EmailCategory", 1, 96, 0.84),
        Table("email_processing", "EmailProcessing", 1, 1204, 12.37),
        Table("gmail_label_mappings", "GmailLabelMapping", 1, 48, 0.62),
        Table("notifications", "Notification", 1, 7, 0.41),
        Table("oauth_tokens", "OAuthToken", 1, 12, 0.44),
        Table("onboarding_sessions", "OnboardingSession", 1, 3, 0.39),
        Table("performance_metrics", "PerformanceMetric", 1, 2210, 18.02),
        Table("user_sessions", "UserSession", 1, 31, 0.47),
        Table("workflow_executions", "WorkflowExecution", 1, 402, 4.9, byCascade: 17),
        Table("credentials", "Credential", 2, 12, 0.43),
        Table("emails", "Email", 2, 140, 1.75),
        Table("workflows", "Workflow", 2, 9, 0.52),
        Table("business_profiles", "BusinessProfile", 3, 6, 0.71),
        Table("users", "User, AdminUser", 3, 7, 0.71),
        new()
        {
            Table = new TableName("auth", "users"),
            EntityTypes = ["AuthUser"],
            Level = 4,
            RowsBefore = 0,
            RowsAfter = 0,
            Duration = TimeSpan.FromMilliseconds(0.2),
        },
    ];

    private static PlanTable[] Skips() =>
    [
        Skip(
            "business_configs",
            "BusinessConfig",
            PlanReason.KeyTypeDiffers,
            "the key column \"id\" is uuid in the model and bigint in the database. Add a migration, or exclude the table.",
            rows: 4),
        Skip(
            "client_config",
            "ClientConfig",
            PlanReason.ColumnMissing,
            "the mapped column \"client_id\" does not exist in the database. Add a migration, or exclude the table.",
            rows: 3),
        Skip(
            "clients",
            "Client",
            PlanReason.TableMissing,
            "the database has no such table. Apply the migrations, or remove the entity type from the model.",
            rows: 0),
        PlanTable.Skipped(
            Public("onboarding_progress"),
            ["OnboardingProgress"],
            PlanReason.Blocked,
            "28 rows of public.audit_log, which is kept, depend on its rows. Purge public.audit_log, too, or keep this table.",
            [Key("FK_audit_log_onboarding_progress_progress_id", "audit_log", "progress_id", "onboarding_progress")]) with
        {
            NotCounted = "row security may hide rows from the role",
        },
        Skip(
            "user_connections",
            "UserConnection",
            PlanReason.ForeignKeyTypeDiffers,
            "the foreign key column \"user_id\" is uuid in the model and integer in the database. Add a migration, or exclude the table.",
            rows: 5),
    ];

    private static TableReport Table(string name, string entityType, int level, long rows, double milliseconds, long byCascade = 0)
        => new()
        {
            Table = Public(name),
            EntityTypes = entityType.Split(", "),
            Level = level,
            RowsBefore = rows,
            RowsDeleted = rows,
            RowsDeletedByCascade = byCascade,
            RowsAfter = 0,
            Duration = TimeSpan.FromMilliseconds(milliseconds),
        };

    private static PlanTable Skip(string name, string entityType, PlanReason reason, string explanation, long rows)
        => PlanTable.Skipped(Public(name), [entityType], reason, explanation, []) with { Rows = rows };

    private static ForeignKey Key(string name, string dependent, string column, string principal)
        => new()
        {
            Name = name,
            Dependent = Public(dependent),
            DependentColumns = [column],
            Principal = Public(principal),
            PrincipalColumns = ["id"],
            OnDelete = ReferentialAction.Restrict,
            IsEnforced = true,
        };

    private static PlanTable[] Kept() =>
    [
        PlanTable.Kept(Public("__EFMigrationsHistory"), PlanReason.MigrationsHistory),
        PlanTable.Kept(Public("countries"), PlanReason.Excluded),
        PlanTable.Kept(new TableName("audit", "entries"), PlanReason.Unmapped) with { AllowsInserts = true },
    ];

    private static PlanCycle[] Cycles() =>
    [
        new()
        {
            Tables = [Public("business_profiles"), Public("users")],
            ForeignKeys =
            [
                Key("FK_business_profiles_users_owner_id", "business_profiles", "owner_id", "users"),
                Key("FK_users_business_profiles_profile_id", "users", "profile_id", "business_profiles"),
            ],
            BrokenBy = "both tables are deleted in one statement",
        },
    ];

    private static CheckReport[] SchemaObjects() =>
    [
        new() { Name = "constraint", Expected = "46", Actual = "46", Outcome = Outcome.Passed },
        new() { Name = "index", Expected = "38", Actual = "38", Outcome = Outcome.Passed },
        new() { Name = "trigger", Expected = "3", Actual = "3", Outcome = Outcome.Passed },
    ];

    private static TableReport[] TablesNamed(TableName table, string text) =>
    [
        new()
        {
            Table = table,
            EntityTypes = [text],
            Level = 1,
            RowsBefore = 5,
            RowsDeleted = 5,
            RowsDeletedByCascade = 2,
            RowsAfter = 0,
            Duration = TimeSpan.FromMilliseconds(1),
        },
        new() { Table = table, EntityTypes = [text], Level = 1, RowsBefore = 5, Duration = TimeSpan.FromMilliseconds(1), Error = text },
    ];
}
