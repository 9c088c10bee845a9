using System.Reflection;
using FloworxPurge.Tests.Archives;
using FloworxPurge.Tests.Chunks;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Fleets;
using FloworxPurge.Tests.Guarantees;
using FloworxPurge.Tests.Resetting;
using FloworxPurge.Tests.RowScopes;

namespace FloworxPurge.SqlServer.Tests;

/// <summary>
/// Every group of the conformance suite would run on SQL Server. These tests need no server, and are part of every test run.
/// </summary>
public sealed class SqlServerComplianceTests
{
    // What SQL Server cannot take part in at all stands here, with its reason. What it cannot take part in here and there:
    // - Foreign keys whose actions form a cycle or reach a table twice (error 1785): the server refuses the tables, and the test is skipped
    // with its words.
    // - What a flag of Engine.SqlServer says, and the models whose Gap names it.
    private static readonly Dictionary<Type, string> Gaps = new()
    {
        [typeof(ArchiveCareConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(ArchiveContinuationConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(ArchiveFolderConformance)] = "ArchiveTo is refused there, until it is tested with a server.",
        [typeof(ArchiveRunConformance)] = "ArchiveTo is refused there, until it is tested with a server.",
        [typeof(ChunkAccountConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkArchiveConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkInterruptionConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkKeyConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkInheritanceConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkNameConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkOptionConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkQueryConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkRuleConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkRunConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkStructureConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(ChunkTakeoverConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(OwnTableConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(RunKeyConformance)] = "RunKey is refused there, until it is tested with a server.",
        [typeof(FleetConformance)] = "Receipts are refused there, until they are tested with a server.",
        [typeof(FleetArchiveConformance)] = "Receipts are refused there, until they are tested with a server.",
        [typeof(FleetFaultConformance)] = "Receipts are refused there, until they are tested with a server.",
        [typeof(FleetFollowUpConformance)] = "Receipts are refused there, until they are tested with a server.",
        [typeof(TableChunkConformance)] = "InChunks is refused there, until it is tested with a server.",
        [typeof(KillConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(LargeTableConformance)] = "Half of it is about InChunks, which is refused there until it is tested with a server.",
        [typeof(LostServerConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(CaptureConformance)] = "CaptureAsync is refused there, until it is tested with a server.",
        [typeof(CaptureKeyConformance)] = "CaptureAsync is refused there, until it is tested with a server.",
        [typeof(TestDatabasesConformance)] = "Test databases are refused there, until they are tested with a server.",
        [typeof(QuickstartConformance)] = "The sample makes its database on SQLite and PostgreSQL.",
        [typeof(RestoreCompositeConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(RestoreConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(RestoreContentConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(RestoreFaultConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(RestoreSequenceConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(RestoreReasonConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(RestoreRefusalConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(RestoreTriggerConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
        [typeof(SchemaArchiveConformance)] = "Archives are neither written nor restored there, until it is tested with a server.",
    };

    private static readonly Type[] Groups = [.. typeof(ConformanceGroup).Assembly
        .GetTypes()
        .Where(type => type.IsAbstract && type.IsSubclassOf(typeof(ConformanceGroup)))];

    private static readonly Type[] Classes = [.. typeof(SqlServerComplianceTests).Assembly
        .GetTypes()
        .Where(type => type.IsSubclassOf(typeof(ConformanceGroup)))];

    [Fact]
    public void Every_group_has_one_class_or_a_reason_for_none()
    {
        List<string> problems = [];
        foreach (Type group in Groups.Where(group => !Groups.Any(other => other.IsSubclassOf(group))))
        {
            int classes = Classes.Count(type => type.IsSubclassOf(group));
            if (classes != (Gaps.ContainsKey(group) ? 0 : 1))
            {
                problems.Add($"{group.Name} has {classes} classes for SQL Server");
            }
        }

        Assert.Empty(problems);
        Assert.True(Classes.Length > 40);
    }

    [Fact]
    public void Every_class_is_public_so_that_it_is_run_and_runs_on_SQL_Server()
        => Assert.All(Classes, type => Assert.True(type.IsPublic && type.IsSealed && EngineOf(type) == Engine.SqlServer, type.Name));

    private static Engine EngineOf(Type type)
        => (Engine)typeof(ConformanceGroup).GetProperty(
            "Engine",
            BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(Activator.CreateInstance(type))!;
}
