using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>What has to hold for a plan and a report of a graph, worked out from the graph alone.</summary>
internal static class GraphProof
{
    /// <summary>Every foreign key is respected: the dependent is emptied before its principal, unless both are part of one cycle.</summary>
    public static void OrderIsRespected(GraphScenario graph, PurgePlan plan)
    {
        var deletedBy = plan.Steps
            .Where(step => step.Kind is PlanStepKind.Delete or PlanStepKind.DeleteTogether or PlanStepKind.Truncate)
            .SelectMany(step => step.Tables.Select(table => (table.Name, step)))
            .ToDictionary(pair => pair.Name, pair => pair.step);
        var levels = plan.Tables.ToDictionary(table => table.Table.Name, table => table.Level);
        var position = plan.Tables.Select((table, i) => (table.Table.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i);
        HashSet<(string, string)> reach = Reach(graph);

        Assert.Equal(graph.Tables.Order(StringComparer.Ordinal), deletedBy.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, plan.Steps.Count), plan.Steps.Select(step => step.Number));
        foreach (GraphEdge edge in graph.Edges.Where(edge => !reach.Contains((edge.Principal, edge.Dependent))))
        {
            PlanStep first = deletedBy[edge.Dependent];
            PlanStep second = deletedBy[edge.Principal];
            Assert.True(
                first.Number < second.Number || (first.Number == second.Number && first.Kind == PlanStepKind.Truncate),
                $"{edge.Dependent} -> {edge.Principal}: deleted by statements {first.Number} and {second.Number}\n{plan}");
            Assert.True(levels[edge.Dependent] < levels[edge.Principal], $"{edge.Dependent} -> {edge.Principal}: levels {levels[edge.Dependent]} and {levels[edge.Principal]}");
            Assert.True(position[edge.Dependent] < position[edge.Principal], $"{edge.Dependent} -> {edge.Principal}: listed the wrong way round");
        }
    }

    /// <summary>The plan names exactly the cycles that the graph has, with all of their foreign keys.</summary>
    public static void CyclesAreNamed(GraphScenario graph, PurgePlan plan)
    {
        HashSet<(string, string)> reach = Reach(graph);
        string[] expected = [.. graph.Edges
            .Where(edge => reach.Contains((edge.Principal, edge.Dependent)))
            .GroupBy(edge => graph.Tables.Where(table => InOneCycle(reach, table, edge.Dependent)).Min(StringComparer.Ordinal)!)
            .Select(component => $"{string.Join(",", graph.Tables.Where(table => InOneCycle(reach, table, component.Key)).Order(StringComparer.Ordinal))} by {component.Count()} keys")
            .Order(StringComparer.Ordinal)];

        Assert.Equal(expected, plan.Cycles
            .Select(cycle => $"{string.Join(",", cycle.Tables.Select(table => table.Name))} by {cycle.ForeignKeys.Count} keys")
            .Order(StringComparer.Ordinal));
        Assert.All(plan.Cycles, cycle => Assert.NotEmpty(cycle.BrokenBy));
    }

    /// <summary>The report says, table by table and in total, how many rows there were and that all of them are gone.</summary>
    public static void CountsAreExact(GraphScenario graph, PurgeReport report, long rows)
    {
        Assert.Equal(graph.Tables.Order(StringComparer.Ordinal), report.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.All(report.Tables, table =>
        {
            Assert.Equal(rows, table.RowsBefore);
            Assert.Equal(rows, table.RowsDeleted);
            Assert.InRange(table.RowsDeletedByCascade, 0, rows);
            Assert.Equal(0, table.RowsAfter);
            Assert.Null(table.Error);
        });
        Assert.Equal(rows * graph.Tables.Count, report.RowsDeleted);
        Assert.All(report.Verifications, verification => Assert.Equal(VerificationOutcome.Passed, verification.Outcome));
    }

    private static bool InOneCycle(HashSet<(string, string)> reach, string one, string other)
        => one == other || (reach.Contains((one, other)) && reach.Contains((other, one)));

    /// <summary>From which table which table is reached along foreign keys, by a search from every table: slow, and too simple to be wrong.</summary>
    private static HashSet<(string From, string To)> Reach(GraphScenario graph)
    {
        ILookup<string, string> principals = graph.Edges.ToLookup(edge => edge.Dependent, edge => edge.Principal);
        var reach = new HashSet<(string, string)>();
        foreach (string start in graph.Tables)
        {
            var next = new Stack<string>(principals[start]);
            while (next.TryPop(out string? table))
            {
                if (reach.Add((start, table)))
                {
                    foreach (string principal in principals[table])
                    {
                        next.Push(principal);
                    }
                }
            }
        }

        return reach;
    }
}
