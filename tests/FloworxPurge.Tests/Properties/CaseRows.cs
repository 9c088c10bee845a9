namespace FloworxPurge.Tests.Properties;

/// <summary>The tables, columns and rows that a case has in the database, worked out without it.</summary>
public sealed class CaseRows
{
    /// <summary>A key value that no row has.</summary>
    public const int Nowhere = 77;

    private readonly GeneratedCase _case;
    private readonly int[] _rows;

    public CaseRows(GeneratedCase it)
    {
        _case = it;
        _rows = [.. it.Tables.Select(table => table.Drift == Drift.TableMissing ? 0 : table.Rows)];

        // A NOT NULL key needs a row to point at, and an identifying one a row for each.
        for (bool changed = true; changed;)
        {
            changed = false;
            foreach (CaseKey key in it.Keys.Where(key => !key.Dangles))
            {
                int most = key.IsIdentifying ? _rows[key.Principal]
                    : key.Nullable == NullableColumns.None && _rows[key.Principal] == 0 ? 0
                    : int.MaxValue;
                if (_rows[key.Dependent] > most)
                {
                    _rows[key.Dependent] = most;
                    changed = true;
                }
            }
        }
    }

    /// <summary>Whether the table is in the database.</summary>
    public bool Exists(int table) => _case.Tables[table].Drift != Drift.TableMissing;

    /// <summary>The rows of a table.</summary>
    public int Count(int table) => _rows[table];

    /// <summary>The columns of a foreign key, from its dependent.</summary>
    public string[] Columns(int key)
        => _case.Keys[key].IsIdentifying ? KeyColumns(_case.Keys[key].Dependent)
            : [.. KeyColumns(_case.Keys[key].Principal).Select(column => $"k{key}_{column}")];

    /// <summary>The columns of a table's own key.</summary>
    public string[] KeyColumns(int table) => _case.Tables[table].IsComposite ? ["id", "part"] : ["id"];

    /// <summary>Whether a column of a foreign key accepts NULL.</summary>
    public bool IsNullable(int key, int column)
        => _case.Keys[key].Nullable switch
        {
            NullableColumns.None => false,
            NullableColumns.All => true,
            NullableColumns.First => column == 0,
            _ => column == Columns(key).Length - 1,
        };

    /// <summary>The values of a foreign key in the row with a number from 1.</summary>
    public int?[] Values(int key, int row)
    {
        CaseKey it = _case.Keys[key];
        int principals = _rows[it.Principal];
        if (it.IsIdentifying)
        {
            return KeyValues(it.Dependent, row);
        }

        bool isNullable = it.Nullable != NullableColumns.None;
        int? target = it.Dangles && row == 1 ? Nowhere
            : principals > 0 && !(isNullable && (row + it.Shift) % 3 == 0) ? ((row + it.Shift) % principals) + 1
            : isNullable ? null
            : Nowhere;
        int?[] values = KeyValues(it.Principal, target ?? Nowhere);
        return [.. values.Select((value, column) => target is null && IsNullable(key, column) ? null : value)];
    }

    /// <summary>The key values of the row with a number from 1.</summary>
    public int?[] KeyValues(int table, int row) => _case.Tables[table].IsComposite ? [row, row % 2] : [row];

    /// <summary>Whether the database has the constraint.</summary>
    public bool IsEnforced(int key, bool allowsMissingPrincipals)
    {
        CaseKey it = _case.Keys[key];
        return it.IsInDatabase && Exists(it.Dependent) && (Exists(it.Principal) || (it.Dangles && allowsMissingPrincipals));
    }

    /// <summary>Whether the model has the key.</summary>
    public bool IsMapped(int key)
    {
        CaseKey it = _case.Keys[key];
        return it.IsInModel && _case.Tables[it.Dependent].IsMapped && _case.Tables[it.Principal].IsMapped;
    }

    /// <summary>How many rows point somewhere through a key.</summary>
    public int CountReferencing(int key)
        => Enumerable.Range(1, _rows[_case.Keys[key].Dependent]).Count(row => Values(key, row).All(value => value is not null));
}
