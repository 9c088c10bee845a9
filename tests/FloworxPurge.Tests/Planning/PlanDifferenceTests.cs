using FloworxPurge.Execution;
using FloworxPurge.Planning;

namespace FloworxPurge.Tests.Planning;

/// <summary>A run that is refused because its plan no longer fits says what is no longer as it was.</summary>
public sealed class PlanDifferenceTests
{
    private static readonly PurgePlan Plan = Facts.Plan(
        "a->b, k->a",
        others: [Facts.Disposition("k", PlanReason.Excluded), Facts.Disposition("s", skip: PlanReason.ColumnMissing)]);

    private static readonly PlanNote Note = PlanNote.Warning(Facts.Name("a"), "something.");

    private static readonly PlanArchive Archive = new() { Directory = null, Schema = "gone", RetainUntil = null, IsWrapped = false };

    [Fact]
    public void A_plan_of_another_format_or_database_is_named_first()
    {
        Assert.StartsWith(
            "the plan has format 99,",
            PlanDifference.Describe(Plan with { FormatVersion = 99 }, Plan),
            StringComparison.Ordinal);
        Assert.Equal(
            "the plan was made for database \"shop\" on elsewhere (Engine), and the connection is open to \"shop\" on server (Engine).",
            PlanDifference.Describe(Plan with { Database = Plan.Database with { Server = "elsewhere" } }, Plan));
        Assert.Equal(
            "the plan was made for database \"shop\" on server (Engine, database id 1), and the connection is open to \"shop\" on server "
                + "(Engine, database id 2).",
            PlanDifference.Describe(
                Plan with { Database = Plan.Database with { DatabaseId = "1" } },
                Plan with { Database = Plan.Database with { DatabaseId = "2" } }));
        Assert.Equal(
            "the plan was made with the default schema \"s\", and the connection's is none.",
            PlanDifference.Describe(Plan with { Database = Plan.Database with { DefaultSchema = "s" } }, Plan));
    }

    [Fact]
    public void Every_disposition_that_has_changed_is_named()
    {
        Assert.Equal("no longer purged: a.", PlanDifference.Describe(Plan, Plan with { Tables = [.. Plan.Tables.Skip(1)] }));
        Assert.Equal("now purged: a.", PlanDifference.Describe(Plan with { Tables = [.. Plan.Tables.Skip(1)] }, Plan));
        Assert.Equal("now skipped: s (because).", PlanDifference.Describe(Plan with { Skips = [] }, Plan));
        Assert.Equal("no longer skipped: s.", PlanDifference.Describe(Plan, Plan with { Skips = [] }));
        Assert.Equal("now kept: k.", PlanDifference.Describe(Plan with { Kept = [] }, Plan));
        Assert.Equal("no longer kept: k.", PlanDifference.Describe(Plan, Plan with { Kept = [] }));
        Assert.Equal(
            "now allowed to grow (AllowInserts): k.",
            PlanDifference.Describe(Plan, Plan with { Kept = [Plan.Kept[0] with { AllowsInserts = true }] }));
    }

    [Fact]
    public void Notes_objects_mode_archive_and_queries_are_named()
    {
        PlanScope scope = new() { Queries = [Query("1")], References = [], Blocked = [] };

        Assert.Equal("new: a: something.", PlanDifference.Describe(Plan, Plan with { Notes = [.. Plan.Notes, Note] }));
        Assert.Equal("no longer so: a: something.", PlanDifference.Describe(Plan with { Notes = [.. Plan.Notes, Note] }, Plan));
        Assert.Equal(
            "another object has the name of \"a\": it was created, renamed or moved there since the plan was made.",
            PlanDifference.Describe(Plan, Plan with { Tables = [Plan.Tables[0] with { ObjectId = "1" }, .. Plan.Tables.Skip(1)] }));
        Assert.Equal(
            "the plan's mode is all or nothing, and this purger's is best effort.",
            PlanDifference.Describe(Plan, Plan with { BestEffort = true }));
        Assert.Equal(
            "the plan has no archive, and this purger writes one (ArchiveTo).",
            PlanDifference.Describe(Plan, Plan with { Archive = Archive }));
        Assert.Equal(
            "the plan writes an archive, and this purger has none (ArchiveTo).",
            PlanDifference.Describe(Plan with { Archive = Archive }, Plan));
        Assert.Contains(
            "the plan writes its archive to",
            PlanDifference.Describe(Plan with { Archive = Archive }, Plan with { Archive = Archive with { Schema = "old" } }),
            StringComparison.Ordinal);
        Assert.Equal(
            "the queries are others: those of the plan are Rows<A>(), and those of this purger the same with other values.",
            PlanDifference.Describe(Plan with { Scope = scope }, Plan with { Scope = scope with { Queries = [Query("2")] } }));
        Assert.All(
            (ScopeQuery[])
            [
                Query("1") with { Keeps = true },
                Query("1") with { Sql = "SELECT 2" },
                Query("1") with { Table = Facts.Name("b") },
            ],
            other => Assert.StartsWith(
                "the queries are others:",
                PlanDifference.Describe(Plan with { Scope = scope }, Plan with { Scope = scope with { Queries = [other] } }),
                StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_named_is_the_structure_or_the_statements()
    {
        Assert.StartsWith("the statements are not what they were;", PlanDifference.Describe(Plan, Plan), StringComparison.Ordinal);
        Assert.StartsWith(
            "tables, columns, foreign keys or triggers of the database are not what they were,",
            PlanDifference.Describe(Plan, Plan with { StructureHash = "x" }),
            StringComparison.Ordinal);
    }

    private static ScopeQuery Query(string values) => new()
    {
        Text = "Rows<A>()",
        Keeps = false,
        EntityType = "A",
        Table = Facts.Name("a"),
        Sql = "SELECT 1",
        ParametersHash = values,
        Hidden = null,
    };
}
