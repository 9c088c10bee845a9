namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>A row of a generated table, with the values of its second table.</summary>
/// <param name="Table">The number of the table.</param>
/// <param name="Index">Its place among the rows that were wanted.</param>
public sealed record ScopeRow(int Table, int Index)
{
    /// <summary>The values by column; numbers and texts.</summary>
    public IDictionary<string, object?> Values { get; } = new Dictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>Whether the second table has a part of it.</summary>
    public bool HasSecond { get; init; }
}

/// <summary>The rows of a case. Every constraint holds, and a row keeps its values when other tables are left out, where it can.</summary>
public sealed class ScopeRows
{
    private readonly ScopeCase _case;
    private readonly ScopeColumns _columns;
    private List<ScopeRow> _rows = [];

    public ScopeRows(ScopeCase it)
    {
        _case = it;
        _columns = new ScopeColumns(it);
        foreach (ScopeTable table in it.Tables.OrderBy(table => table.Number))
        {
            _rows.AddRange([.. Enumerable.Range(0, table.Rows).Select(index => Row(table, index)).OfType<ScopeRow>()]);
        }

        while (_rows.RemoveAll(row => Keys(row).Any(key => MustReference(key) && Candidates(row, key).Count == 0)) > 0)
        {
            // What referenced the removed rows may be without a principal now.
        }

        foreach (ScopeRow row in _rows)
        {
            foreach (ScopeKey key in Keys(row).Where(key => key.Source != KeySource.Identifying))
            {
                Reference(row, key);
            }
        }
    }

    /// <summary>The rows.</summary>
    public IReadOnlyList<ScopeRow> All => _rows;

    /// <summary>The row that a row references through a key; null where it references none.</summary>
    public ScopeRow? Principal(ScopeRow row, ScopeKey key)
    {
        object?[] values = [.. _columns.Columns(key).Select(column => row.Values[column])];
        bool isMeant = !key.OnlyEven || (int)row.Values[ScopeColumns.Number]! % 2 == 0;
        return values.Contains(null) || !isMeant ? null : _rows.SingleOrDefault(principal => principal.Table == key.Principal
            && _columns.PrincipalColumns(key).Select(column => principal.Values[column]).SequenceEqual(values));
    }

    private IEnumerable<ScopeKey> Keys(ScopeRow row) => _case.Keys.Where(key => key.Dependent == row.Table);

    private bool MustReference(ScopeKey key) => key.Source != KeySource.Declared && _columns.NullableColumns(key).Length == 0;

    private ScopeRow? Row(ScopeTable table, int index)
    {
        var row = new ScopeRow(table.Number, index)
        {
            HasSecond = table.Second == SecondTable.Split || (table.Second == SecondTable.Derived && Draw(2, table.Number, index, 1) == 0),
        };
        bool halves = table.Shape is KeyShape.IdAndPart or KeyShape.TenantAndId;
        row.Values["id"] = halves ? (index / 2) + 1 : index + 1;
        row.Values["part"] = index % 2;
        row.Values[ScopeColumns.Tenant] = table.Shape == KeyShape.TenantAndId ? (index % 2) + 1 : Draw(2, table.Number, index, 2) + 1;
        row.Values[ScopeColumns.Code] = $"c'{index}";
        row.Values[ScopeColumns.Alternate] = 1000 + index;
        row.Values[ScopeColumns.Number] = index;
        row.Values[ScopeColumns.Hidden] = Draw(4, table.Number, index, 3) == 0 ? 1 : 0;
        row.Values[ScopeColumns.Note] = Draw(3, table.Number, index, 4) == 0 ? null : $"note {table.Number}.{index}";
        row.Values[ScopeColumns.Extra] = index * 10;
        row.Values[ScopeColumns.More] = index * 100;
        if (Keys(row).SingleOrDefault(key => key.Source == KeySource.Identifying) is { } identifying)
        {
            List<ScopeRow> principals = [.. _rows.Where(principal => principal.Table == identifying.Principal)];
            if (principals.Count == 0 || (table.Shape == KeyShape.Id && index >= principals.Count))
            {
                return null;
            }

            // Where the identifying column is the whole key, each row has a principal of its own.
            int place = table.Shape == KeyShape.Id ? index : Draw(principals.Count, table.Number, index, 5);
            row.Values["id"] = principals[place].Values["id"];
            row.Values["part"] = index;
        }

        return row;
    }

    private List<ScopeRow> Candidates(ScopeRow row, ScopeKey key)
        => [.. _rows.Where(principal => principal.Table == key.Principal
            && (!key.ToSecond || principal.HasSecond)
            && key.Source switch
            {
                KeySource.SharedTenant => Equals(principal.Values[ScopeColumns.Tenant], row.Values[ScopeColumns.Tenant]),
                KeySource.Identifying => Equals(principal.Values["id"], row.Values["id"]),
                _ => true,
            })];

    private void Reference(ScopeRow row, ScopeKey key)
    {
        string[] columns = _columns.Columns(key);
        string[] nullable = _columns.NullableColumns(key);
        List<ScopeRow> candidates = Candidates(row, key);

        // Nothing stops a declared reference from leading nowhere.
        if (key.Source == KeySource.Declared && Draw(5, row.Table, row.Index, 130 + key.Number) == 0)
        {
            candidates.Clear();
        }

        bool isNull = candidates.Count == 0 || (nullable.Length > 0 && Draw(4, row.Table, row.Index, 10 + key.Number) == 0);
        ScopeRow? principal = candidates.Count == 0 ? null : candidates[Draw(candidates.Count, row.Table, row.Index, 50 + key.Number)];

        // A composite key with one NULL references nothing, whatever the other column holds.
        int only = Draw(nullable.Length + 1, row.Table, row.Index, 90 + key.Number);
        for (int i = 0; i < columns.Length; i++)
        {
            if (columns[i] == ScopeColumns.Tenant)
            {
                continue;
            }

            bool becomesNull = isNull
                && nullable.Contains(columns[i], StringComparer.Ordinal)
                && (only == nullable.Length || nullable[only] == columns[i]);
            row.Values[columns[i]] = becomesNull ? null
                : principal is not null ? principal.Values[_columns.PrincipalColumns(key)[i]]
                : _columns.IsText(columns[i]) ? "nowhere"
                : 77777;
        }
    }

    // The same for the same seed and the same row, whatever else the case has.
    private int Draw(int choices, params int[] what)
    {
        ulong hash = (ulong)_case.Seed + 0x9E3779B97F4A7C15;
        foreach (int part in what)
        {
            hash = (hash ^ (ulong)(part + 1)) * 0xBF58476D1CE4E5B9;
            hash ^= hash >> 29;
        }

        return (int)(hash % (ulong)choices);
    }
}
