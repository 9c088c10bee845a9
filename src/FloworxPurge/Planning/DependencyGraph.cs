
namespace FloworxPurge.Planning;

/// <summary>Tables that must be looked at together: one table, or a strongly connected component of foreign keys.</summary>
/// <param name="Level">From 1; every dependent outside the component stands on a lower level.</param>
/// <param name="Tables">The tables, in ordinal order.</param>
internal sealed record Component(int Level, IReadOnlyList<TableName> Tables);

/// <summary>Foreign keys as a graph: dependents first, by levels, with components where there is no first.</summary>
internal static class DependencyGraph
{
    /// <summary>Orders tables so that each component's dependents come before it. Takes linear time, apart from sorting.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="foreignKeys">The foreign keys; those from or to other tables are ignored.</param>
    /// <returns>The components by level, then by first table.</returns>
    public static IReadOnlyList<Component> Order(IEnumerable<TableName> tables, IEnumerable<ForeignKey> foreignKeys)
    {
        TableName[] nodes = [.. tables.Order()];
        var index = new Dictionary<TableName, int>(nodes.Length);
        for (int i = 0; i < nodes.Length; i++)
        {
            index[nodes[i]] = i;
        }

        var edges = new SortedSet<int>[nodes.Length];
        for (int i = 0; i < nodes.Length; i++)
        {
            edges[i] = [];
        }

        foreach (ForeignKey key in foreignKeys)
        {
            if (index.TryGetValue(key.Principal, out int principal)
                && index.TryGetValue(key.Dependent, out int dependent)
                && principal != dependent)
            {
                edges[principal].Add(dependent);
            }
        }

        // Tarjan's algorithm finishes a component after everything that it references, here after its dependents.
        List<int[]> components = StronglyConnected([.. edges.Select(set => set.ToArray())]);
        var componentOf = new int[nodes.Length];
        for (int c = 0; c < components.Count; c++)
        {
            foreach (int node in components[c])
            {
                componentOf[node] = c;
            }
        }

        var levels = new int[components.Count];
        for (int c = 0; c < components.Count; c++)
        {
            levels[c] = 1 + components[c]
                .SelectMany(node => edges[node])
                .Select(dependent => componentOf[dependent])
                .Where(other => other != c)
                .Select(other => levels[other])
                .DefaultIfEmpty(0)
                .Max();
        }

        return [.. components
            .Select((members, c) => new Component(levels[c], [.. members.Select(node => nodes[node]).Order()]))
            .OrderBy(component => component.Level)
            .ThenBy(component => component.Tables[0])];
    }

    /// <summary>Tarjan's algorithm with a stack of its own, since a chain of tables may be longer than the call stack is deep.</summary>
    private static List<int[]> StronglyConnected(int[][] edges)
    {
        const int Unvisited = -1;
        var components = new List<int[]>();
        int[] order = [.. Enumerable.Repeat(Unvisited, edges.Length)];
        var low = new int[edges.Length];
        var next = new int[edges.Length];
        var isOpen = new bool[edges.Length];
        var open = new Stack<int>();
        var path = new Stack<int>();
        int counter = 0;

        for (int root = 0; root < edges.Length; root++)
        {
            if (order[root] != Unvisited)
            {
                continue;
            }

            path.Push(root);
            while (path.TryPeek(out int node))
            {
                if (order[node] == Unvisited)
                {
                    order[node] = low[node] = counter++;
                    open.Push(node);
                    isOpen[node] = true;
                }

                if (next[node] < edges[node].Length)
                {
                    int to = edges[node][next[node]++];
                    if (order[to] == Unvisited)
                    {
                        path.Push(to);
                    }
                    else if (isOpen[to])
                    {
                        low[node] = Math.Min(low[node], order[to]);
                    }

                    continue;
                }

                path.Pop();
                if (path.TryPeek(out int parent))
                {
                    low[parent] = Math.Min(low[parent], low[node]);
                }

                if (low[node] == order[node])
                {
                    components.Add(Close(node, open, isOpen));
                }
            }
        }

        return components;
    }

    private static int[] Close(int root, Stack<int> open, bool[] isOpen)
    {
        var members = new List<int>();
        int node;
        do
        {
            node = open.Pop();
            isOpen[node] = false;
            members.Add(node);
        }
        while (node != root);
        return [.. members];
    }
}
