using System.Collections;
using FloworxPurge.Planning;

namespace FloworxPurge.Reporting;

/// <summary>Tables that are drawn as one box: a cycle, or tables with the same foreign keys.</summary>
internal sealed class KeyBox(IReadOnlyList<TableName> tables, string kind)
{
    public List<TableName> Tables { get; } = [.. tables];

    /// <summary>Gets <c>purged</c>, <c>skipped</c>, <c>failed</c> or <c>cycle</c>.</summary>
    public string Kind { get; } = kind;

    /// <summary>Gets the boxes that this one refers to.</summary>
    public HashSet<KeyBox> Principals { get; } = [];

    /// <summary>Gets the boxes that refer to this one.</summary>
    public HashSet<KeyBox> Dependents { get; } = [];

    /// <summary>Gets or sets how many tables that are not drawn refer to this box.</summary>
    public int Hidden { get; set; }
}

/// <summary>
/// The foreign keys of a report as few boxes: cycles are one box, tables with the same keys are one box, a key that other keys imply is
/// left out, and in a large model the tables that nothing refers to are only counted.
/// </summary>
internal sealed class KeyGraph
{
    // More than a person can follow.
    private const int MostBoxes = 48;

    /// <summary>Gets the boxes, dependents before what they refer to.</summary>
    public IReadOnlyList<KeyBox> Boxes { get; private set; } = [];

    /// <summary>Gets how many tables have no foreign key.</summary>
    public int Alone { get; private set; }

    /// <summary>Gets how many tables are only counted.</summary>
    public int Hidden { get; private set; }

    /// <summary>The graph of a report.</summary>
    public static KeyGraph Of(PurgeReport report)
    {
        HashSet<TableName> failed = [.. report.Tables.Where(table => table.Error is not null).Select(table => table.Table)];
        HashSet<TableName> skipped = [.. report.Skips.Select(skip => skip.Table)];
        TableName[] tables = [.. report.Tables.Select(table => table.Table).Concat(skipped).Distinct()];
        Dictionary<TableName, KeyBox> boxOf = [];
        List<KeyBox> boxes = [];
        foreach (Component component in DependencyGraph.Order(tables, report.ForeignKeys))
        {
            var box = new KeyBox(
                component.Tables,
                component.Tables.Any(failed.Contains) ? "failed"
                : component.Tables.Count > 1 ? "cycle"
                : skipped.Contains(component.Tables[0]) ? "skipped"
                : "purged");
            boxes.Add(box);
            foreach (TableName table in component.Tables)
            {
                boxOf[table] = box;
            }
        }

        foreach (ForeignKey key in report.ForeignKeys)
        {
            if (boxOf.TryGetValue(key.Dependent, out KeyBox? dependent)
                && boxOf.TryGetValue(key.Principal, out KeyBox? principal)
                && dependent != principal)
            {
                dependent.Principals.Add(principal);
            }
        }

        Reduce(boxes);
        foreach (KeyBox box in boxes)
        {
            foreach (KeyBox principal in box.Principals)
            {
                principal.Dependents.Add(box);
            }
        }

        var graph = new KeyGraph
        {
            Alone = boxes.Count(IsAlone),
            Boxes = Merge([.. boxes.Where(box => !IsAlone(box))]),
        };
        graph.Peel();
        return graph;
    }

    private static bool IsAlone(KeyBox box) => box.Principals.Count + box.Dependents.Count == 0 && box.Kind is not "cycle";

    // Principals have higher levels: what they reach is known first.
    private static void Reduce(List<KeyBox> boxes)
    {
        Dictionary<KeyBox, int> number = boxes.Select((box, i) => (box, i)).ToDictionary();
        var reached = new BitArray[boxes.Count];
        for (int i = boxes.Count - 1; i >= 0; i--)
        {
            var further = new BitArray(boxes.Count);
            foreach (KeyBox principal in boxes[i].Principals)
            {
                further.Or(reached[number[principal]]);
            }

            boxes[i].Principals.RemoveWhere(principal => further[number[principal]]);
            foreach (KeyBox principal in boxes[i].Principals)
            {
                further[number[principal]] = true;
            }

            reached[i] = further;
        }
    }

    private static List<KeyBox> Merge(List<KeyBox> boxes)
    {
        Dictionary<KeyBox, int> number = boxes.Select((box, i) => (box, i)).ToDictionary();
        List<KeyBox> merged = [];
        foreach (IGrouping<string, KeyBox> same in boxes.GroupBy(Keys, StringComparer.Ordinal))
        {
            KeyBox first = same.First();
            merged.Add(first);
            foreach (KeyBox other in same.Skip(1))
            {
                first.Tables.AddRange(other.Tables);
                Remove(other);
            }
        }

        return merged;

        string Keys(KeyBox box) => box.Kind is "cycle"
            ? $"cycle {number[box]}"
            : $"{box.Kind} {Numbers(box.Principals)} from {Numbers(box.Dependents)}";

        string Numbers(HashSet<KeyBox> some) => string.Join(',', some.Select(box => number[box]).Order());
    }

    private static void Remove(KeyBox box)
    {
        foreach (KeyBox principal in box.Principals)
        {
            principal.Dependents.Remove(box);
        }

        foreach (KeyBox dependent in box.Dependents)
        {
            dependent.Principals.Remove(box);
        }
    }

    private void Peel()
    {
        List<KeyBox> left = [.. Boxes];
        while (left.Count > MostBoxes)
        {
            KeyBox[] outermost = [.. left.Where(box => box.Dependents.Count == 0)];
            foreach (KeyBox box in outermost)
            {
                foreach (KeyBox principal in box.Principals)
                {
                    principal.Hidden += box.Tables.Count;
                }

                Hidden += box.Tables.Count;
                Remove(box);
                left.Remove(box);
            }
        }

        Boxes = left;
    }
}
