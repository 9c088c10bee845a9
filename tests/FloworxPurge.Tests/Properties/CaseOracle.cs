namespace FloworxPurge.Tests.Properties;

/// <summary>What has to become of a case's tables, worked out from the case alone, by the simplest means.</summary>
public sealed class CaseOracle
{
    private readonly GeneratedCase _case;
    private readonly bool _allowsMissingPrincipals;
    private readonly HashSet<int> _included = [];
    private readonly IReadOnlySet<int> _unbreakable;

    /// <summary>
    /// Works it out; the tables of cycles that the engine cannot break are given, and <see cref="MayBeUnbreakable"/> says whether that may
    /// be.
    /// </summary>
    public CaseOracle(GeneratedCase it, CaseEngine engine, IReadOnlySet<int> unbreakable)
    {
        _case = it;
        _unbreakable = unbreakable;
        _allowsMissingPrincipals = engine == CaseEngine.Sqlite;
        Rows = new CaseRows(it);
        Purged = Settle(out bool isBlocked);
        if (it.OnBlocked == OnBlocked.IncludeDependents)
        {
            HashSet<int> refused = [];
            while (true)
            {
                List<int> more = [.. Blockers()
                    .Distinct()
                    .Where(table => !it.Tables[table].IsMapped && !IsStuck(table, []) && !refused.Contains(table) && !_included.Contains(table))];
                HashSet<int> useless = more.Count > 0 ? [] : Useless();
                if (more.Count == 0 && useless.Count == 0)
                {
                    break;
                }

                _included.UnionWith(more);
                _included.ExceptWith(useless);
                refused.UnionWith(useless);
                Purged = Settle(out isBlocked);
            }
        }

        IsBlocked = isBlocked;
    }

    public CaseRows Rows { get; }

    /// <summary>The tables that are purged.</summary>
    public IReadOnlySet<int> Purged { get; private set; }

    /// <summary>Whether a table is blocked by rows that are kept.</summary>
    public bool IsBlocked { get; }

    /// <summary>The purged tables whose trigger fires.</summary>
    public IEnumerable<int> Firing => Purged.Where(table => _case.Tables[table].Trigger != TriggerKind.None && Rows.Count(table) > 0);

    /// <summary>
    /// Whether a table is part of a cycle with an action that would write NULL where none is accepted, which only one statement for all
    /// could avoid.
    /// </summary>
    public bool MayBeUnbreakable(int table)
        => _allowsMissingPrincipals && Enumerable.Range(0, _case.Keys.Count).Any(key =>
            _case.Keys[key].OnDelete is "SET NULL" or "SET DEFAULT"
            && _case.Keys[key].Nullable != NullableColumns.All
            && Rows.IsEnforced(key, _allowsMissingPrincipals)
            && Reached(table).Contains(_case.Keys[key].Dependent)
            && Reached(_case.Keys[key].Principal).Contains(table));

    private HashSet<int> Reached(int start)
    {
        HashSet<int> reached = [start];
        for (bool grows = true; grows;)
        {
            List<int> next = [.. Enumerable
                .Range(0, _case.Keys.Count)
                .Where(key => IsKnown(key) && reached.Contains(_case.Keys[key].Dependent))
                .Select(key => _case.Keys[key].Principal)];
            grows = !reached.IsSupersetOf(next);
            reached.UnionWith(next);
        }

        return reached;
    }

    private HashSet<int> Settle(out bool isBlocked)
    {
        HashSet<int> purged = [.. Enumerable.Range(0, _case.Tables.Count).Where(IsWanted)];
        isBlocked = false;
        while (Enumerable.Range(0, _case.Keys.Count)
            .Where(key => Blocks(key, purged))
            .Select(key => _case.Keys[key].Principal)
            .FirstOrDefault(-1) is >= 0 and var blocked)
        {
            isBlocked = true;
            purged.Remove(blocked);
        }

        return purged;
    }

    /// <summary>
    /// The included tables that lead to no purged table that was asked for: something else blocks, so they are purged for nothing.
    /// </summary>
    private HashSet<int> Useless()
    {
        HashSet<int> useful = [.. Purged.Except(_included)];
        for (bool grows = true; grows;)
        {
            List<int> next = [.. Enumerable.Range(0, _case.Keys.Count)
                .Where(key =>
                    IsKnown(key) && Rows.CountReferencing(key) > 0 && useful.Contains(_case.Keys[key].Principal) && _included.Contains(_case.Keys[key].Dependent) && Purged.Contains(_case.Keys[key].Dependent))
                .Select(key => _case.Keys[key].Dependent)];
            grows = !useful.IsSupersetOf(next);
            useful.UnionWith(next);
        }

        return [.. _included.Except(useful)];
    }

    private IEnumerable<int> Blockers()
        => Enumerable.Range(0, _case.Keys.Count)
            .Where(key =>
                IsKnown(key) && !Purged.Contains(_case.Keys[key].Dependent) && IsWanted(_case.Keys[key].Principal) && Rows.CountReferencing(key) > 0)
            .Select(key => _case.Keys[key].Dependent);

    private bool Blocks(int key, HashSet<int> purged)
        => IsKnown(key)
            && purged.Contains(_case.Keys[key].Principal)
            && !purged.Contains(_case.Keys[key].Dependent)
            && Rows.CountReferencing(key) > 0;

    private bool IsKnown(int key)
        => Rows.Exists(_case.Keys[key].Dependent)
            && Rows.Exists(_case.Keys[key].Principal)
            && (Rows.IsEnforced(key, _allowsMissingPrincipals) || Rows.IsMapped(key));

    private bool IsWanted(int index)
    {
        CaseTable table = _case.Tables[index];
        if (!table.IsMapped)
        {
            return _included.Contains(index) && !_unbreakable.Contains(index);
        }

        bool isLenient = _case.Tolerance == DriftTolerance.Lenient;
        bool drifted = table.Drift switch
        {
            Drift.TableMissing => true,
            Drift.ColumnMissing or Drift.KeyType => !isLenient,
            Drift.ForeignKeyType => !isLenient
                && Enumerable.Range(0, _case.Keys.Count).Any(
                    key => _case.Keys[key].Dependent == index && !_case.Keys[key].IsIdentifying && Rows.IsMapped(key)),
            _ => false,
        };
        return !table.IsExcluded && !_unbreakable.Contains(index) && !drifted && !IsStuck(index, []);
    }

    /// <summary>Whether SQLite refuses every delete: the table, or one that a cascade leads to, points at no table.</summary>
    private bool IsStuck(int index, HashSet<int> seen)
        => seen.Add(index) && (
            _case.Keys.Where(
                (key, i) => key.Dependent == index && !Rows.Exists(key.Principal) && Rows.IsEnforced(i, _allowsMissingPrincipals)).Any()
            || _case.Keys.Where((key, i) => key.Principal == index && key.OnDelete == "CASCADE" && Rows.Exists(key.Dependent) && Rows.IsEnforced(i, _allowsMissingPrincipals)).Any(key => IsStuck(key.Dependent, seen)));
}
