using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Planning;

/// <summary>The fingerprint distinguishes two plans by what they do and to what, and by nothing else.</summary>
public sealed class PlanFingerprintTests
{
    private static readonly PurgePlan Plan = Facts.Plan(
        "a->b, b->c?, c->b, k->a",
        others: [Facts.Disposition("k", PlanReason.Excluded), Facts.Disposition("s", skip: PlanReason.ColumnMissing)]);

    public static TheoryData<string, string> Alike { get; } = new()
    {
        { "rows", Text(Plan with { Tables = [.. Plan.Tables.Select(table => table with { Rows = 5 })] }) },
        { "time", Text(Plan with { CreatedAt = Plan.CreatedAt.AddDays(1) }) },
        { "server version", Text(Plan with { Database = Plan.Database with { ServerVersion = "2.0" } }) },
        { "notes", Text(Plan with { Notes = [PlanNote.Warning(null, "something")] }) },
        { "reason of a step", Text(Plan.WithSteps([.. Plan.Steps.Select(step => step with { Reason = "other words" })])) },
        { "explanation of a skip", Text(Plan with { Skips = [.. Plan.Skips.Select(skip => skip with { Explanation = "other words" })] }) },
        { "words about a cycle", Text(Plan with { Cycles = [] }) },
    };

    public static TheoryData<string, string> Different { get; } = new()
    {
        { "format", Text(Plan with { FormatVersion = 2 }) },
        { "provider", Text(Plan with { Database = Plan.Database with { Provider = "x" } }) },
        { "server", Text(Plan with { Database = Plan.Database with { Server = "x" } }) },
        { "database", Text(Plan with { Database = Plan.Database with { Database = "x" } }) },
        { "database id", Text(Plan with { Database = Plan.Database with { DatabaseId = "x" } }) },
        { "dialect", Text(Plan with { Dialect = "x" }) },
        { "best effort", Text(Plan with { BestEffort = true }) },
        { "truncates", Text(Plan with { Truncates = true }) },
        { "structure", Text(Plan with { StructureHash = "x" }) },
        { "table gone", Text(Plan with { Tables = [.. Plan.Tables.Skip(1)] }) },
        { "level", Text(Plan with { Tables = [Plan.Tables[0] with { Level = 9 }, .. Plan.Tables.Skip(1)] }) },
        { "schema of a table", Text(Plan with { Tables = [Plan.Tables[0] with { Table = new TableName("s", Plan.Tables[0].Table.Name) }, .. Plan.Tables.Skip(1)] }) },
        { "skip gone", Text(Plan with { Skips = [] }) },
        { "another table skipped", Text(Plan with { Skips = [Plan.Skips[0] with { Table = Facts.Name("x") }] }) },
        { "schema of a skipped "
            + "table", Text(Plan with { Skips = [Plan.Skips[0] with { Table = Facts.Name("x." + Plan.Skips[0].Table.Name) }] }) },
        { "reason of a skip", Text(Plan with { Skips = [Plan.Skips[0] with { Reason = PlanReason.Blocked }] }) },
        { "kept gone", Text(Plan with { Kept = [] }) },
        { "another table kept", Text(Plan with { Kept = [Plan.Kept[0] with { Table = Facts.Name("x") }] }) },
        { "schema of a kept table", Text(Plan with { Kept = [Plan.Kept[0] with { Table = Facts.Name("x." + Plan.Kept[0].Table.Name) }] }) },
        { "reason to keep", Text(Plan with { Kept = [Plan.Kept[0] with { Reason = PlanReason.Unmapped }] }) },
        { "kept table that may grow", Text(Plan with { Kept = [Plan.Kept[0] with { AllowsInserts = true }] }) },
        { "order of steps", Text(Plan.WithSteps([.. Plan.Steps.Reverse()])) },
        { "step gone", Text(Plan.WithSteps([.. Plan.Steps.Skip(1)])) },
        { "statement", Step(step => step with { Sql = step.Sql + " " }) },
        { "statement of the script alone", Step(step => step with { ScriptSql = "DROP TABLE a" }) },
        { "kind of a step", Step(step => step with { Kind = PlanStepKind.Lock }) },
        { "level of a step", Step(step => step with { Level = 9 }) },
        { "number of a step", Step(step => step with { Number = 9 }) },
        { "parameter", Step(step => step with { Parameters = [PlanParameter.Of("x")] }) },
        { "type of a parameter", Step(step => step with { Parameters = [PlanParameter.Of(1)] }) },
        { "width of a parameter", Step(step => step with { Parameters = [PlanParameter.Of(1L)] }) },
        { "table of a step", Step(step => step with { Tables = [Facts.Name("x")] }) },
        { "table moved to the parameters", Step(step => step with { Tables = [], Parameters = [.. step.Tables.Select(table => PlanParameter.Of(table.ToQuotedString()))] }) },
        { "inverse of a step", Step(step => step with { Inverse = SqlStatement.Of("SET x = 1") }) },
        { "life of an inverse", Step(step => step with { Inverse = SqlStatement.Of("SET x = 1"), OutlivesTransaction = true }) },
        { "parameter of an inverse", Step(step => step with { Inverse = SqlStatement.Of("SET x = 1", 1) }) },
        { "query before an inverse", Step(step => step with { Inverse = SqlStatement.Of("SET x = 1"), StateSql = "SELECT 1" }) },
        { "rows that a step returns", Step(step => step with { Rows = StepRows.None }) },
        { "time of a step", Step(step => step with { RunsBeforeCounting = true }) },
        { "step that only prepares", Step(step => step with { OnlyPrepares = true }) },
        { "step that is undone", Step(step => step with { Undoes = 1 }) },
        { "savepoint of a unit", Text(Plan with { Units = [Plan.Units[0] with { HasSavepoint = true }] }) },
        { "a unit after the commit", Text(Plan with { Units = [Plan.Units[0] with { RunsAfterCommit = true }] }) },
        { "tables of a unit", Text(Plan with { Units = [Plan.Units[0] with { Tables = [] }] }) },
        { "unit that follows", Text(Plan with { Units = [Plan.Units[0] with { FollowsDelete = true }] }) },
        { "two units instead of "
            + "one", Text(Plan with { Units = [Plan.Units[0] with { Steps = [Plan.Steps[0]] }, Plan.Units[0] with { Steps = [.. Plan.Steps.Skip(1)] }] }) },
        { "begin of the script", Text(Plan with { ScriptBegin = "DROP TABLE a;" }) },
        { "end of the script", Text(Plan with { ScriptEnd = "ROLLBACK;" }) },
        { "separator of the script", Text(Plan with { ScriptSeparator = "COMMIT;" }) },
        { "counts of the script", Text(Plan with { ScriptCounts = ["DROP TABLE a"] }) },
        { "statement of an inverse", Step(step => step with { Inverse = SqlStatement.Of("SET x = 2") }) },
        { "type of a parameter of an inverse", Step(step => step with { Inverse = SqlStatement.Of("SET x = 1", 1L) }) },
        { "steps of two units", Text(Plan with { Units = [Unit(steps => steps.Take(2)), Unit(steps => steps.Skip(2))] }) },
        { "transaction of a unit", Text(Plan with { Units = [Plan.Units[0] with { Transaction = 2 }] }) },
        { "object of a table", Text(Plan with { Tables = [Plan.Tables[0] with { ObjectId = "1" }, .. Plan.Tables.Skip(1)] }) },
        { "rows of a table", Rows(rows => rows) },
        { "filter of rows", Rows(rows => rows with { Filter = "x = @p0" }) },
        { "own rows", Rows(rows => rows with { OnlyOwnRows = true }) },
        { "parameter of rows", Rows(rows => rows with { Parameters = [PlanParameter.Of(1)] }) },
        { "type of a parameter of rows", Rows(rows => rows with { Parameters = [PlanParameter.Of(1L)] }) },
        { "archive in a folder", Text(Plan with { Archive = Archive }) },
        { "archive in a schema", Text(Plan with { Archive = Archive with { Directory = null, Schema = "gone" } }) },
        { "archive in another schema", Text(Plan with { Archive = Archive with { Directory = null, Schema = "old" } }) },
        { "chunks", Text(Plan with { Chunks = new PlanChunks { Roots = 500, MaxRows = 1_000 } }) },
        { "roots of a chunk", Text(Plan with { Chunks = new PlanChunks { Roots = 501, MaxRows = 1_000 } }) },
        { "rows of a chunk", Text(Plan with { Chunks = new PlanChunks { Roots = 500, MaxRows = 1_001 } }) },
        { "selection", Selected(scope => scope) },
        { "query gone", Selected(scope => scope with { Queries = [] }) },
        { "rule to keep", Query(query => query with { Keeps = true }) },
        { "entity type of a query", Query(query => query with { EntityType = "x" }) },
        { "table of a query", Query(query => query with { Table = Facts.Name("x") }) },
        { "statement of a query", Query(query => query with { Sql = query.Sql + " " }) },
        { "values of a query", Query(query => query with { ParametersHash = "1" }) },
        { "reference gone", Selected(scope => scope with { References = [] }) },
        { "action of a reference", Reference(reference => reference with { Action = ReferenceAction.Follow }) },
        { "name of a reference", Reference(one => one with { ForeignKey = one.ForeignKey with { Name = "x" } }) },
        { "columns of a reference", Reference(one => one with { ForeignKey = one.ForeignKey with { DependentColumns = ["x"] } }) },
        { "orphans", Selected(scope => scope with { Orphans = [Facts.Name("a")] }) },
        { "other orphans", Selected(scope => scope with { Orphans = [Facts.Name("b")] }) },
    };

    private static PlanArchive Archive => new() { Directory = "folder", Schema = null, RetainUntil = null, IsWrapped = false };

    private static PlanScope Scope => new()
    {
        Queries =
        [
            new ScopeQuery
            {
                Text = "Rows<A>(a => a.Old)",
                Keeps = false,
                EntityType = "A",
                Table = Facts.Name("a"),
                Sql = "SELECT id FROM a",
                ParametersHash = null,
                Hidden = null,
            },
        ],
        References =
        [
            new ScopeReference
            {
                ForeignKey = Facts.Key("a", "b_id", "b"),
                Action = ReferenceAction.Block,
                Reason = "because",
                Rows = null,
            },
        ],
        Blocked = [],
    };

    [Fact]
    public void It_is_a_sha_256_in_lower_case_hexadecimal()
    {
        Assert.Matches("^[0-9a-f]{64}$", Plan.Fingerprint);
        Assert.Matches("^[0-9a-f]{64}$", Plan.StructureHash);
    }

    [Theory]
    [MemberData(nameof(Alike))]
    public void Rows_times_and_sentences_do_not_matter(string what, string fingerprint)
        => Assert.True(Plan.Fingerprint == fingerprint, what);

    [Theory]
    [MemberData(nameof(Different))]
    public void Everything_else_does(string what, string fingerprint)
        => Assert.True(Plan.Fingerprint != fingerprint, what);

    // A part that is left out would make two of them alike.
    [Fact]
    public void No_two_differences_have_the_same_fingerprint()
        => Assert.Empty(Different
            .GroupBy(row => row.Data.Item2, row => row.Data.Item1, StringComparer.Ordinal)
            .Where(same => same.Count() > 1)
            .Select(same => string.Join(" is like ", same)));

    [Fact]
    public void What_a_run_deletes_is_the_same_task_whatever_else_has_changed()
    {
        PurgePlan chunked = Plan with { Scope = Scope };
        string[] same =
        [
            PlanFingerprint.OfTask(chunked with { StructureHash = "x" }),
            PlanFingerprint.OfTask(chunked with { Tables = [] }),
            PlanFingerprint.OfTask(chunked with { Chunks = new PlanChunks { Roots = 1, MaxRows = 1 } }),
        ];
        string[] others =
        [
            PlanFingerprint.OfTask(chunked with { Database = Plan.Database with { Database = "x" } }),
            PlanFingerprint.OfTask(chunked with { Archive = Archive }),
            PlanFingerprint.OfTask(chunked with { Archive = Archive with { Schema = "gone" } }),
            PlanFingerprint.OfTask(chunked with { Archive = Archive with { Schema = "old" } }),
            PlanFingerprint.OfTask(chunked with { Scope = Scope with { Queries = [] } }),
            PlanFingerprint.OfTask(Plan),
            PlanFingerprint.OfTask(Plan with { Tables = [.. Plan.Tables.Skip(1)] }),
        ];

        string task = PlanFingerprint.OfTask(chunked);

        Assert.All(same, one => Assert.Equal(task, one));
        Assert.Equal(others.Length + 1, others.Append(task).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void The_structure_is_tables_columns_keys_counters_and_triggers()
    {
        ForeignKey key = Facts.Key("a", "b_id", "b");
        var counter = new IdentityCounter(Facts.Name("a"), "id", Sequence: null);
        var trigger = new SchemaObject("trigger", Facts.Name("a"), "t", "body");
        DatabaseSchema live = Facts.Schema([Facts.Compared("a"), Facts.Compared("b")], [key]).Live with
        {
            Identities = [counter],
            Objects = [trigger, new SchemaObject("index", Facts.Name("a"), "i", "body")],
        };
        TableSchema a = live.Tables[0];
        DatabaseSchema[] same =
        [
            live with { Tables = [a with { EstimatedRows = 5, IsVisible = false, MayTruncate = true }, live.Tables[1]] },
            live with
            {
                Tables = [
                    a with { Columns = [.. a.Columns, new Column("xmin", "xid", IsNullable: false, IsSystem: true)] },
                    live.Tables[1]],
            },
            live with { Objects = [.. live.Objects.Where(o => o.Kind != "index")] },
            live with { Identity = Facts.Database with { Database = "other" } },
        ];
        DatabaseSchema[] others =
        [
            live with { Tables = [a] },
            live with { Tables = [a with { Name = Facts.Name("x") }, live.Tables[1]] },
            live with { Tables = [a with { Name = Facts.Name("x.a") }, live.Tables[1]] },
            live with { Tables = [a with { Kind = TableKind.View }, live.Tables[1]] },
            live with { Tables = [a with { CreatedAt = "2026-01-02" }, live.Tables[1]] },
            live with { Tables = [a with { Columns = [] }, live.Tables[1]] },
            live with { Tables = [a with { Columns = [a.Columns[0] with { Name = "x" }] }, live.Tables[1]] },
            live with { Tables = [a with { Columns = [a.Columns[0] with { StoreType = "bigint" }] }, live.Tables[1]] },
            live with { Tables = [a with { Columns = [a.Columns[0] with { IsNullable = true }] }, live.Tables[1]] },
            live with { ForeignKeys = [] },
            live with { ForeignKeys = [key with { OnDelete = ReferentialAction.Cascade }] },
            live with { ForeignKeys = [key with { Name = "other" }] },
            live with { ForeignKeys = [key with { Principal = Facts.Name("a") }] },
            live with { ForeignKeys = [key with { Dependent = Facts.Name("b") }] },
            live with { ForeignKeys = [key with { DependentColumns = ["id"] }] },
            live with { ForeignKeys = [key with { PrincipalColumns = ["x"] }] },
            live with { ForeignKeys = [key with { IsOff = true }] },
            live with { Identities = [] },
            live with { Identities = [counter with { Table = Facts.Name("b") }] },
            live with { Identities = [counter with { Table = Facts.Name("x.a") }] },
            live with { Identities = [counter with { Column = "x" }] },
            live with { Identities = [counter with { Sequence = Facts.Name("x") }] },
            live with { Objects = [trigger with { State = "other body" }] },
            live with { Objects = [trigger with { Name = "x" }] },
            live with { Objects = [trigger with { Table = Facts.Name("b") }] },
        ];

        string hash = PlanFingerprint.OfStructure(live);

        Assert.All(same, other => Assert.Equal(hash, PlanFingerprint.OfStructure(other)));
        Assert.All(others, other => Assert.NotEqual(hash, PlanFingerprint.OfStructure(other)));
        Assert.Equal(others.Length, others.Select(PlanFingerprint.OfStructure).Distinct().Count());
    }

    [Fact]
    public void Which_column_of_a_foreign_key_points_at_which_is_part_of_the_structure()
    {
        DatabaseSchema live = Facts.Schema([Facts.Compared("a"), Facts.Compared("b")], [Facts.Key("a", "x,y", "b")]).Live;
        ForeignKey key = live.ForeignKeys[0];

        Assert.Equal(
            PlanFingerprint.OfStructure(live),
            PlanFingerprint.OfStructure(live with { ForeignKeys = [key with { DependentColumns = ["y", "x"], PrincipalColumns = ["id1", "id0"] }] }));
        Assert.NotEqual(
            PlanFingerprint.OfStructure(live),
            PlanFingerprint.OfStructure(live with { ForeignKeys = [key with { PrincipalColumns = ["id1", "id0"] }] }));
    }

    private static string Text(PurgePlan plan) => plan.Fingerprint;

    private static PlanUnit Unit(Func<IEnumerable<PlanStep>, IEnumerable<PlanStep>> steps)
        => Plan.Units[0] with { Steps = [.. steps(Plan.Steps)] };

    private static string Rows(Func<RowSet, RowSet> change)
        => Text(Plan with
        {
            Tables = [Plan.Tables[0] with { RowSet = change(new RowSet { Table = Plan.Tables[0].Table }) }, .. Plan.Tables.Skip(1)],
        });

    private static string Selected(Func<PlanScope, PlanScope> change) => Text(Plan with { Scope = change(Scope) });

    private static string Query(Func<ScopeQuery, ScopeQuery> change)
        => Selected(scope => scope with { Queries = [change(scope.Queries[0])] });

    private static string Reference(Func<ScopeReference, ScopeReference> change)
        => Selected(scope => scope with { References = [change(scope.References[0])] });

    private static string Step(Func<PlanStep, PlanStep> change) => Text(Plan.WithSteps([change(Plan.Steps[0]), .. Plan.Steps.Skip(1)]));
}
