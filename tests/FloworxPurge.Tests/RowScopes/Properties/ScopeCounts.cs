namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Compares what a plan or a report says of the selected rows with what the oracle worked out.</summary>
public sealed class ScopeCounts(ScopeCase it, ScopeExpectation expected)
{
    private const int MostExamples = 10;

    private readonly ScopeColumns _columns = new(it);

    public void Check(PlanScope scope, string who)
    {
        MustBe(expected.Matched, scope.Matched, $"{who} counts the rows that the queries name", scope);
        MustBe(expected.Result.Blocked.Count, scope.BlockedRows, $"{who} counts the rows that stay", scope);
        MustBe(it.Keys.Sum(expected.Detached), scope.Detached, $"{who} counts the rows that lose a reference", scope);
        string queries = string.Join('\n', it.Rules.SelectMany(expected.Queries));
        string counted = string.Join('\n', scope.Queries.Select(query => $"{query.Keeps} {query.Table.Name} {query.Rows} {query.Hidden}"));
        ScopeProperties.Must(queries == counted, $"{who} counts the rows of each query, and those that a filter hides", queries, counted);
        foreach (ScopeKey key in it.Keys)
        {
            MustBe(expected.Detached(key), Count(scope, key, ReferenceAction.Detach), $"{who} counts the rows that lose a key", scope, key);
            if (expected.Action(key) == ReferenceAction.Follow)
            {
                // To an orphan one comes from below.
                long found = Count(scope, key, ReferenceAction.Follow);
                bool isRight = found >= expected.Followed(key, withOrphans: false) && found <= expected.Followed(key, withOrphans: true);
                ScopeProperties.Must(isRight, $"{who} counts the rows that a key leads to", $"found {found}", $"{key}", Text(scope));
            }
        }

        foreach (ScopeBlock block in scope.Blocked)
        {
            CheckBlock(scope, block, who);
        }
    }

    private void CheckBlock(PlanScope scope, ScopeBlock block, string who)
    {
        IReadOnlySet<string> blocked = expected.BlockedKeys();
        ScopeProperties.Must(
            block.Examples.Count == Math.Min(block.Rows, MostExamples) && block.Examples.All(blocked.Contains),
            $"{who} names rows that stay as examples",
            Text(scope),
            string.Join(" | ", block.Examples));
        bool isReason = block.ForeignKey is { } found
            ? it.Keys.Any(key => Is(found, key) && expected.Blocks(key) && block.Table.Name == _columns.DependentTable(key))
            : it.Rules.Any(rule => rule.Keeps);
        ScopeProperties.Must(isReason, $"{who} names as reasons only rules and keys that block", Text(scope));
    }

    // A reference that no selected row can have is not reported.
    private long Count(PlanScope scope, ScopeKey key, ReferenceAction action)
        => scope.References
            .Where(reference => Is(reference.ForeignKey, key) && reference.Action == action)
            .Sum(reference => reference.Rows ?? 0);

    // A declared reference has no name, nor has a key of SQLite.
    private bool Is(ForeignKey found, ScopeKey key)
        => found.DependentColumns.SequenceEqual(_columns.Columns(key))
            && found.Dependent.Name == _columns.DependentTable(key)
            && found.Principal.Name == _columns.PrincipalTable(key);

    private static void MustBe(long wanted, long found, string property, PlanScope scope, object? about = null)
        => ScopeProperties.Must(wanted == found, property, $"expected {wanted}, found {found}", $"{about}", Text(scope));

    private static string Text(PlanScope scope)
        => string.Join(
            '\n',
            [
                .. scope.References.Select(reference => $"{reference.ForeignKey} {reference.Action} {reference.Rows}: {reference.Reason}"),
                .. scope.Blocked.Select(block => $"{block.Rows} blocked: {block.Reason} ({string.Join(" | ", block.Examples)})"),
            ]);
}
