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
        Dictionary<string, string> cycleOf = CycleOf(graph);

        Assert.Equal(graph.Tables.Order(StringComparer.Ordinal), deletedBy.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(Enumerable.Range(1, plan.Steps.Count), plan.Steps.Select(step => step.Number));
        foreach (GraphEdge edge in graph.Edges.Where(edge => cycleOf[edge.Dependent] != cycleOf[edge.Principal]))
        {
            PlanStep first = deletedBy[edge.Dependent];
            PlanStep second = deletedBy[edge.Principal];
            Assert.True(
                first.Number < second.Number || (first.Number == second.Number && first.Kind == PlanStepKind.Truncate),
                $"{edge.Dependent} -> {edge.Principal}: deleted by statements {first.Number} and {second.Number}");
            Assert.True(
                levels[edge.Dependent] < levels[edge.Principal],
                $"{edge.Dependent} -> {edge.Principal}: levels {levels[edge.Dependent]} and {levels[edge.Principal]}");
            Assert.True(
                position[edge.Dependent] < position[edge.Principal],
                $"{edge.Dependent} -> {edge.Principal}: listed the wrong way round");
        }
    }

    /// <summary>The plan names exactly the cycles that the graph has, with all of their foreign keys.</summary>
    public static void CyclesAreNamed(GraphScenario graph, PurgePlan plan)
    {
        Dictionary<string, string> cycleOf = CycleOf(graph);
        ILookup<string, string> members = cycleOf.ToLookup(pair => pair.Value, pair => pair.Key);
        string[] expected = [.. graph.Edges
            .Where(edge => cycleOf[edge.Dependent] == cycleOf[edge.Principal])
            .GroupBy(edge => cycleOf[edge.Dependent])
            .Select(cycle => $"{string.Join(",", members[cycle.Key].Order(StringComparer.Ordinal))} by {cycle.Count()} keys")
            .Order(StringComparer.Ordinal)];

        Assert.Equal(expected, plan.Cycles
            .Select(cycle => $"{string.Join(",", cycle.Tables.Select(table => table.Name))} by {cycle.ForeignKeys.Count} keys")
            .Order(StringComparer.Ordinal));
        Assert.All(plan.Cycles, cycle => Assert.NotEmpty(cycle.BrokenBy));
    }

    /// <summary>The report says, table by table and in total, how many rows there were and that all of them are gone.</summary>
    public static void CountsAreExact(GraphScenario graph, PurgeReport report, long rows)
    {
        Assert.Equal(
            graph.Tables.Order(StringComparer.Ordinal),
            report.Tables.Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.All(report.Tables, table =>
        {
            Assert.Equal(rows, table.RowsBefore);
            Assert.Equal(rows, table.RowsDeleted);
            Assert.InRange(table.RowsDeletedByCascade, 0, rows);
            Assert.Equal(0, table.RowsAfter);
            Assert.Null(table.Error);
        });
        Assert.Equal(rows * graph.Tables.Count, report.RowsDeleted);
        Assert.All(report.Verifications, verification => Assert.Equal(Outcome.Passed, verification.Outcome));
    }

    /// <summary>
    /// The first table of the cycle that each table is part of, or the table itself: by a search from every table and another one back,
    /// which is slow, and too simple to be wrong.
    /// </summary>
    private static Dictionary<string, string> CycleOf(GraphScenario graph)
    {
        string[] tables = [.. graph.Tables.Order(StringComparer.Ordinal)];
        ILookup<string, string> principals = graph.Edges.ToLookup(edge => edge.Dependent, edge => edge.Principal);
        ILookup<string, string> dependents = graph.Edges.ToLookup(edge => edge.Principal, edge => edge.Dependent);
        var cycleOf = new Dictionary<string, string>();
        foreach (string table in tables.Where(table => !cycleOf.ContainsKey(table)))
        {
            HashSet<string> behind = Reached(table, principals);
            behind.IntersectWith(Reached(table, dependents));
            behind.Add(table);
            foreach (string member in behind)
            {
                cycleOf[member] = table;
            }
        }

        return cycleOf;
    }

    private static HashSet<string> Reached(string start, ILookup<string, string> edges)
    {
        var reached = new HashSet<string>();
        var next = new Stack<string>(edges[start]);
        while (next.TryPop(out string? table))
        {
            if (reached.Add(table))
            {
                foreach (string other in edges[table])
                {
                    next.Push(other);
                }
            }
        }

        return reached;
    }
}
