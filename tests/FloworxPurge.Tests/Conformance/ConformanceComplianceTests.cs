using System.Reflection;
using FloworxPurge.Tests.Archives;
using FloworxPurge.Tests.Chunks;
using FloworxPurge.Tests.Faults;
using FloworxPurge.Tests.Fleets;
using FloworxPurge.Tests.Guarantees;
using FloworxPurge.Tests.Resetting;
using FloworxPurge.Tests.RowScopes;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Every group of the conformance suite runs on every engine.</summary>
public sealed class ConformanceComplianceTests
{
    private const string NoKeyTables = "An engine whose temporary tables and locks are not known is refused.";

    private const string NoArchives = "An engine whose values are not known is refused.";

    // What an engine cannot take part in at all stands here, with its reason.
    private static readonly Dictionary<(Type Group, Engine Engine), string> Gaps = new()
    {
        [(typeof(QuickstartConformance), Engine.MariaDb)] = "The sample makes its database on SQLite and PostgreSQL.",
        [(typeof(ArchiveFolderConformance), Engine.Ansi)] = NoArchives,
        [(typeof(ArchiveRunConformance), Engine.Ansi)] = "An engine whose values are not known is refused.",
        [(typeof(ChunkAccountConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkArchiveConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkInterruptionConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkKeyConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkInheritanceConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkNameConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkOptionConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkQueryConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkRuleConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkRunConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkStructureConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(ChunkTakeoverConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(OwnTableConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(TableChunkConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(LargeTableConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RunKeyConformance), Engine.Ansi)] = "An engine whose own tables are not known is refused.",
        [(typeof(FleetConformance), Engine.Ansi)] = "An engine whose own tables are not known is refused.",
        [(typeof(FleetArchiveConformance), Engine.Ansi)] = NoArchives,
        [(typeof(FleetFaultConformance), Engine.Ansi)] = "An engine whose own tables are not known is refused.",
        [(typeof(FleetFollowUpConformance), Engine.Ansi)] = "An engine whose own tables are not known is refused.",
        [(typeof(RowClosureConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowIdentityConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowOrphanConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowQueryConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowReferenceConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowRootConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowRunConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowVerifyConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowArrivalConformance), Engine.Ansi)] = NoKeyTables,
        [(typeof(RowArrivalConformance), Engine.Sqlite)] = "There is no other session while one writes.",
        [(typeof(OtherSessionConformance), Engine.Sqlite)] = "There is no other session while one writes.",
        [(typeof(OtherSessionConformance), Engine.Ansi)] = "There is no other session while one writes.",
        [(typeof(RestoreConformance), Engine.Ansi)] = NoArchives,
        [(typeof(ArchiveCareConformance), Engine.Ansi)] = NoArchives,
        [(typeof(ArchiveContinuationConformance), Engine.Ansi)] = NoArchives,
        [(typeof(RestoreCompositeConformance), Engine.Ansi)] = NoArchives,
        [(typeof(RestoreReasonConformance), Engine.Ansi)] = NoArchives,
        [(typeof(RestoreTriggerConformance), Engine.Ansi)] = NoArchives,
        [(typeof(RestoreContentConformance), Engine.Ansi)] = NoArchives,
        [(typeof(RestoreFaultConformance), Engine.Ansi)] = NoArchives,
        [(typeof(RestoreSequenceConformance), Engine.Ansi)] = NoArchives,
        [(typeof(RestoreSequenceConformance), Engine.Sqlite)] = "It has no sequences.",
        [(typeof(LostServerConformance), Engine.Ansi)] = NoArchives,
        [(typeof(LostServerConformance), Engine.Sqlite)] = "There is no server.",
        [(typeof(KillConformance), Engine.Ansi)] = NoArchives,
        [(typeof(RestoreRefusalConformance), Engine.Ansi)] = NoArchives,
        [(typeof(SchemaArchiveConformance), Engine.Ansi)] = NoArchives,
        [(typeof(CaptureConformance), Engine.Ansi)] = NoArchives,
        [(typeof(CaptureKeyConformance), Engine.Ansi)] = NoArchives,
        [(typeof(TestDatabasesConformance), Engine.Ansi)] = "An engine whose databases are not known is refused: TestDatabasesTests.",
        [(typeof(SchemaArchiveConformance), Engine.Sqlite)] = "It has no schemas: ArchiveOptionTests.",
    };

    private static readonly Engine[] Engines = [.. typeof(Engine).GetProperties(BindingFlags.Public | BindingFlags.Static)
        .Where(property => property.PropertyType == typeof(Engine))
        .Select(property => (Engine)property.GetValue(null)!)];

    private static readonly Type[] Types = typeof(ConformanceGroup).Assembly.GetTypes();

    [Fact]
    public void Every_group_has_one_class_for_each_engine()
    {
        List<string> problems = [];
        foreach (Type group in Types
            .Where(type => type.IsAbstract && type.IsSubclassOf(typeof(ConformanceGroup)) && !Types.Any(other => other.IsAbstract && other.IsSubclassOf(type))))
        {
            List<Engine> covered = [.. Types.Where(type => !type.IsAbstract && type.BaseType == group).Select(EngineOf)];
            problems.AddRange(
                Engines.Except(covered).Where(engine => !Gaps.ContainsKey((group, engine))).Select(engine => $"{group.Name} does not run "
                    + $"on {engine}"));
            problems.AddRange(
                covered.CountBy(engine => engine).Where(pair => pair.Value > 1).Select(pair => $"{group.Name} runs on {pair.Key} "
                    + $"{pair.Value} times"));
            problems.AddRange(
                covered.Where(engine => Gaps.ContainsKey((group, engine))).Select(engine => $"{group.Name} runs on {engine}, and still "
                    + $"stands among the gaps"));
        }

        Assert.Empty(problems);
        Assert.True(Engines.Length >= 3);
    }

    [Fact]
    public void Every_class_of_a_group_is_public_so_that_it_is_run()
        => Assert.Empty(Types.Where(type => type.IsSubclassOf(typeof(ConformanceGroup)) && !type.IsPublic).Select(type => type.Name));

    private static Engine EngineOf(Type type)
        => (Engine)typeof(ConformanceGroup).GetProperty(
            "Engine",
            BindingFlags.NonPublic | BindingFlags.Instance)!.GetValue(Activator.CreateInstance(type))!;
}
