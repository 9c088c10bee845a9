namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>References of one kind between rows.</summary>
/// <param name="Action">What happens to the referencing rows.</param>
/// <param name="Pairs">The rows that reference, with the rows that they reference.</param>
public sealed record OracleReference(ReferenceAction Action, IReadOnlyList<(int Dependent, int Principal)> Pairs);

/// <summary>What is left of a database and its options when tables, columns and SQL are taken away: rows are numbers.</summary>
/// <param name="Roots">The rows that are to be deleted.</param>
/// <param name="Kept">The rows that a rule keeps.</param>
/// <param name="Removable">The rows that are deleted when nothing references them any more.</param>
/// <param name="References">The references.</param>
public sealed record OracleInput(
    IReadOnlySet<int> Roots,
    IReadOnlySet<int> Kept,
    IReadOnlySet<int> Removable,
    IReadOnlyList<OracleReference> References);

/// <summary>What a purge of rows has to do.</summary>
/// <param name="Deleted">The rows that are deleted.</param>
/// <param name="Orphans">Those of them that are deleted because nothing references them any more.</param>
/// <param name="Blocked">The roots that stay.</param>
/// <param name="Detached">The rows that stay and lose a reference, by the reference's place in the list.</param>
public sealed record OracleResult(
    IReadOnlySet<int> Deleted,
    IReadOnlySet<int> Orphans,
    IReadOnlySet<int> Blocked,
    IReadOnlyList<IReadOnlySet<int>> Detached);

/// <summary>Works out which rows a purge has to delete, from the definition, in memory and without any regard for speed.</summary>
public sealed class ScopeOracle(OracleInput input)
{
    private readonly (int Dependent, int Principal)[] _follow = Pairs(input, ReferenceAction.Follow);
    private readonly (int Dependent, int Principal)[] _block = Pairs(input, ReferenceAction.Block);
    private readonly (int Dependent, int Principal)[] _all = [.. input.References.SelectMany(reference => reference.Pairs)];
    private readonly HashSet<int> _kept = WithReferenced(input);

    /// <summary>What has to happen.</summary>
    public OracleResult Solve()
    {
        IReadOnlySet<int> roots = LargestSet();
        HashSet<int> closure = Closure(roots);
        HashSet<int> deleted = WithOrphans(closure);
        return new OracleResult(
            deleted,
            deleted.Except(closure).ToHashSet(),
            input.Roots.Except(deleted).ToHashSet(),
            [.. input.References.Select(reference => Detached(reference, deleted))]);
    }

    /// <summary>The largest set of roots that can be deleted: roots are taken away until what is left is valid.</summary>
    public IReadOnlySet<int> LargestSet()
    {
        HashSet<int> roots = [.. input.Roots];
        for (; ; )
        {
            HashSet<int> deleted = WithOrphans(Closure(roots));
            int[] blocked = [.. roots.Where(root => Offends(Closure([root]), deleted))];
            if (blocked.Length == 0)
            {
                return roots;
            }

            roots.ExceptWith(blocked);
        }
    }

    /// <summary>The same, from all subsets: the union of those that are valid, which has to be valid itself.</summary>
    public IReadOnlySet<int> LargestSetOfAllSubsets()
    {
        int[] roots = [.. input.Roots];
        HashSet<int> union = [];
        for (int bits = 0; bits < 1 << roots.Length; bits++)
        {
            HashSet<int> subset = [.. roots.Where((_, i) => (bits & (1 << i)) != 0)];
            if (IsValid(subset))
            {
                union.UnionWith(subset);
            }
        }

        Assert.True(IsValid(union), "The union of valid sets of roots is valid.");
        return union;
    }

    /// <summary>Roots with all that is deleted with them.</summary>
    private HashSet<int> Closure(IEnumerable<int> roots)
    {
        HashSet<int> closure = [.. roots];
        while (_follow.Any(pair => closure.Contains(pair.Principal) && closure.Add(pair.Dependent)))
        {
            // Each round adds one row.
        }

        return closure;
    }

    private bool IsValid(HashSet<int> roots)
    {
        HashSet<int> closure = Closure(roots);
        return !Offends(closure, WithOrphans(closure));
    }

    // Whether one of the rows is kept, or referenced by a row that stays and may not change.
    private bool Offends(HashSet<int> rows, HashSet<int> deleted)
        => rows.Any(_kept.Contains)
            || _block.Any(pair => rows.Contains(pair.Principal) && !deleted.Contains(pair.Dependent));

    // Kept rows keep everything that they reference, whatever the reference would do.
    private static HashSet<int> WithReferenced(OracleInput input)
    {
        HashSet<int> kept = [.. input.Kept];
        while (input.References.Any(reference => reference.Pairs.Any(pair => kept.Contains(pair.Dependent) && kept.Add(pair.Principal))))
        {
            // Each round adds one row.
        }

        return kept;
    }

    private HashSet<int> WithOrphans(HashSet<int> closure)
    {
        HashSet<int> deleted = [.. closure];
        while (input.Removable.Any(row => IsOrphan(row, deleted) && deleted.Add(row)))
        {
            // Each round adds one row.
        }

        return deleted;
    }

    private bool IsOrphan(int row, HashSet<int> deleted)
    {
        var references = _all.Where(pair => pair.Principal == row).ToArray();
        return !deleted.Contains(row)
            && !_kept.Contains(row)
            && references.Length > 0
            && references.All(pair => deleted.Contains(pair.Dependent));
    }

    private static HashSet<int> Detached(OracleReference reference, HashSet<int> deleted)
        => reference.Action != ReferenceAction.Detach ? []
            : reference.Pairs
                .Where(pair => deleted.Contains(pair.Principal) && !deleted.Contains(pair.Dependent))
                .Select(pair => pair.Dependent)
                .ToHashSet();

    private static (int Dependent, int Principal)[] Pairs(OracleInput input, ReferenceAction action)
        => [.. input.References.Where(reference => reference.Action == action).SelectMany(reference => reference.Pairs)];
}
