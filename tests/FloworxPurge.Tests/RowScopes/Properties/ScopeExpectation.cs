using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>What a purge of a case has to do, worked out without the database.</summary>
public sealed class ScopeExpectation
{
    private readonly ScopeCase _case;
    private readonly ScopeColumns _columns;
    private readonly ScopeRows _rows;

    public ScopeExpectation(ScopeCase it)
    {
        _case = it;
        _columns = new ScopeColumns(it);
        _rows = new ScopeRows(it);
        Input = new OracleInput(
            Numbers(it.Rules.Where(rule => !rule.Keeps).SelectMany(rule => Named(rule, isFiltered: true))),
            Numbers(it.Rules.Where(rule => rule.Keeps).SelectMany(rule => Named(rule, isFiltered: false))),
            Numbers(_rows.All.Where(row => it.Table(row.Table).RemovesOrphans)),
            [.. it.Keys.Select(key => new OracleReference(Action(key), Pairs(key)))]);
        Result = new ScopeOracle(Input).Solve();
    }

    /// <summary>The case as the oracle sees it.</summary>
    public OracleInput Input { get; }

    /// <summary>The rows that have to go and to change.</summary>
    public OracleResult Result { get; }

    /// <summary>How many rows the queries name.</summary>
    public int Matched => Input.Roots.Count;

    /// <summary>What is reported about the queries of a rule, of which that of an interface has one for each table.</summary>
    public IEnumerable<string> Queries(ScopeRule rule)
    {
        List<ScopeRow> named = [.. Named(rule, isFiltered: !rule.Keeps)];
        List<ScopeRow> unfiltered = [.. Named(rule, isFiltered: false)];
        return _case.Tables
            .Where(table => rule.Kind == RuleKind.Interface ? table.Place == TablePlace.Mapped : table.Number == rule.Table)
            .Select(table =>
            {
                int hidden = unfiltered.Except(named).Count(row => row.Table == table.Number);
                return $"{rule.Keeps} {table.Name} {named.Count(row => row.Table == table.Number)} "
                    + (table.HasFilter && !rule.Keeps ? $"{hidden}" : "");
            });
    }

    /// <summary>How many rows of a table have to go.</summary>
    public int Deleted(StoredTable table) => Result.Deleted.Count(row => IsIn(table, _rows.All[row]));

    /// <summary>How many rows lose a key.</summary>
    public int Detached(ScopeKey key) => Result.Detached[_case.Keys.ToList().IndexOf(key)].Count;

    /// <summary>How many rows that go reference rows that go through a key, with or without those that are orphans.</summary>
    public int Followed(ScopeKey key, bool withOrphans)
        => Input.References[_case.Keys.ToList().IndexOf(key)].Pairs
            .Where(pair => Result.Deleted.Contains(pair.Dependent) && Result.Deleted.Contains(pair.Principal)
                && (withOrphans || !Result.Orphans.Contains(pair.Principal)))
            .Select(pair => pair.Dependent)
            .Distinct()
            .Count();

    /// <summary>The keys of the roots that stay, as reports name them.</summary>
    public IReadOnlySet<string> BlockedKeys()
        => Result.Blocked
            .Select(row => _rows.All[row])
            .Select(row => string.Join(", ", ScopeColumns.KeyColumns(_case.Table(row.Table)).Select(column => row.Values[column])))
            .ToHashSet(StringComparer.Ordinal);

    /// <summary>Whether rows that stay reference others through a key that blocks.</summary>
    public bool Blocks(ScopeKey key)
        => Action(key) == ReferenceAction.Block
            && Input.References[_case.Keys.ToList().IndexOf(key)].Pairs.Any(pair => !Result.Deleted.Contains(pair.Dependent));

    /// <summary>The rows of a table before the purge, in order.</summary>
    public IReadOnlyList<string> Before(StoredTable table)
        => Sorted(_rows.All.Where(row => IsIn(table, row)).Select(row => Text(table.Columns.Select(column => row.Values[column]))));

    /// <summary>The rows of a table after the purge, in order.</summary>
    public IReadOnlyList<string> After(StoredTable table)
        => Sorted(Enumerable.Range(0, _rows.All.Count)
            .Where(row => !Result.Deleted.Contains(row) && IsIn(table, _rows.All[row]))
            .Select(row => Text(table.Columns.Select(column => IsDetached(row, column) ? null : _rows.All[row].Values[column]))));

    /// <summary>A row as a text.</summary>
    public static string Text(IEnumerable<object?> values)
        => string.Join(
            " | ",
            values.Select(value => value is null or DBNull ? "NULL" : Convert.ToString(value, CultureInfo.InvariantCulture)));

    /// <summary>Texts of rows, in order.</summary>
    public static IReadOnlyList<string> Sorted(IEnumerable<string> rows) => [.. rows.Order(StringComparer.Ordinal)];

    /// <summary>What happens to the rows that have a key: the first that is so.</summary>
    public ReferenceAction Action(ScopeKey key)
    {
        TablePlace place = _case.Table(key.Dependent).Place;
        bool includes = _case.OnBlocked == OnBlocked.IncludeDependents;
        return key.Explicit is { } explicitly ? explicitly
            : place is TablePlace.Excluded or TablePlace.Drifted ? ReferenceAction.Block
            : key.Behavior switch
            {
                null => includes ? ReferenceAction.Follow : ReferenceAction.Block,
                DeleteBehavior.Cascade or DeleteBehavior.ClientCascade => ReferenceAction.Follow,
                DeleteBehavior.SetNull or DeleteBehavior.ClientSetNull when _columns.NullableColumns(key).Length > 0
                    => ReferenceAction.Detach,
                _ => ReferenceAction.Block,
            };
    }

    private static bool IsIn(StoredTable table, ScopeRow row) => row.Table == table.Table.Number && (!table.IsSecond || row.HasSecond);

    private HashSet<int> Numbers(IEnumerable<ScopeRow> rows)
    {
        List<ScopeRow> all = [.. _rows.All];
        return [.. rows.Select(row => all.FindIndex(other => ReferenceEquals(other, row)))];
    }

    private List<(int Dependent, int Principal)> Pairs(ScopeKey key)
    {
        List<ScopeRow> all = [.. _rows.All];
        List<(int, int)> pairs = [];
        for (int row = 0; row < all.Count; row++)
        {
            if (all[row].Table == key.Dependent && _rows.Principal(all[row], key) is { } principal)
            {
                pairs.Add((row, all.FindIndex(other => ReferenceEquals(other, principal))));
            }
        }

        return pairs;
    }

    private IEnumerable<ScopeRow> Named(ScopeRule rule, bool isFiltered)
    {
        int value = rule.Value;
        int divisor = ScopeClass.Divisor(value);
        IEnumerable<ScopeRow> rows = _rows.All.Where(row =>
            (rule.Kind == RuleKind.Interface ? _case.Table(row.Table).Place != TablePlace.Unmapped : row.Table == rule.Table)
            && !(isFiltered && _case.Table(row.Table).HasFilter && (int)row.Values[ScopeColumns.Hidden]! != 0));
        return rule.Kind switch
        {
            RuleKind.Remainder => rows.Where(row => Number(row) % divisor == value % divisor),
            RuleKind.Below => rows.Where(row => Number(row) < value),
            RuleKind.List => rows.Where(row => ScopeClass.List(value).Contains(Number(row))),
            RuleKind.Take => rows.OrderByDescending(Number).Take(value),
            RuleKind.Derived => rows.Where(row => row.HasSecond && Number(row) % divisor == 0),
            RuleKind.Interface => rows.Where(row => Number(row) == value),
            _ => rows,
        };
    }

    private static int Number(ScopeRow row) => (int)row.Values[ScopeColumns.Number]!;

    private bool IsDetached(int row, string column)
        => _case.Keys
            .Where((key, i) => Result.Detached[i].Contains(row) && _columns.NullableColumns(key).Contains(column, StringComparer.Ordinal))
            .Any();
}
