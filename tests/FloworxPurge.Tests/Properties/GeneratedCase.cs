namespace FloworxPurge.Tests.Properties;

/// <summary>The engine of a case's database.</summary>
public enum CaseEngine
{
    Sqlite,
    PostgreSql,
    MariaDb,
}

/// <summary>How a generated table of the database differs from the model.</summary>
public enum Drift
{
    None,
    TableMissing,
    ColumnMissing,
    KeyType,
    ForeignKeyType,
    ExtraColumn,
}

/// <summary>What a generated delete trigger does.</summary>
public enum TriggerKind
{
    None,

    /// <summary>Writes a row to a table that no model has.</summary>
    WriteUnmapped,

    /// <summary>Writes a row to another generated table, or to its own.</summary>
    WriteTable,

    /// <summary>Makes every delete of a row do nothing.</summary>
    Swallow,

    /// <summary>Fails.</summary>
    Raise,
}

/// <summary>Which columns of a generated foreign key accept NULL.</summary>
public enum NullableColumns
{
    None,
    First,
    Last,
    All,
}

/// <summary>A generated table.</summary>
public sealed record CaseTable
{
    public required string Name { get; init; }

    public bool IsMapped { get; init; } = true;

    public bool IsExcluded { get; init; }

    /// <summary>Whether the key has two columns.</summary>
    public bool IsComposite { get; init; }

    /// <summary>Whether the database numbers the rows.</summary>
    public bool HasIdentity { get; init; }

    /// <summary>Rows that are wanted; fewer are written where a NOT NULL key finds no row to point at.</summary>
    public int Rows { get; init; }

    public Drift Drift { get; init; }

    public TriggerKind Trigger { get; init; }

    /// <summary>The table that the trigger writes to, counted round.</summary>
    public int TriggerTarget { get; init; }
}

/// <summary>A generated foreign key.</summary>
public sealed record CaseKey
{
    public required int Dependent { get; init; }

    public required int Principal { get; init; }

    public NullableColumns Nullable { get; init; }

    public string OnDelete { get; init; } = "NO ACTION";

    /// <summary>Whether the dependent's own key is the foreign key.</summary>
    public bool IsIdentifying { get; init; }

    public bool IsInModel { get; init; } = true;

    public bool IsInDatabase { get; init; } = true;

    /// <summary>
    /// Whether a row points at nothing; a key to a missing table is then left in the database, where the engine allows that.
    /// </summary>
    public bool Dangles { get; init; }

    /// <summary>Spreads the references over the rows.</summary>
    public int Shift { get; init; }
}

/// <summary>A generated schema with its rows, and the way in which it is purged.</summary>
public sealed record GeneratedCase
{
    public required IReadOnlyList<CaseTable> Tables { get; init; }

    public required IReadOnlyList<CaseKey> Keys { get; init; }

    public bool BestEffort { get; init; }

    public OnBlocked OnBlocked { get; init; }

    public bool? Truncate { get; init; } = false;

    public DriftTolerance Tolerance { get; init; }

    public bool ResetsIdentity { get; init; }

    public bool LocksTables { get; init; }

    /// <summary>Whether the database is a file, where there is a choice.</summary>
    public bool IsFile { get; init; }

    /// <summary>The command that is made to fail in the first run.</summary>
    public int FailingCommand { get; init; } = 1;

    /// <summary>The case in words; the SQL that makes the database says the rest.</summary>
    public override string ToString()
    {
        var defaults = new CaseTable { Name = "" };
        var lines = Tables.Select((table, i) =>
        {
            List<string> facts = [];
            Add(facts, !table.IsMapped, "unmapped");
            Add(facts, table.IsExcluded, "excluded");
            Add(facts, table.IsComposite, "composite key");
            Add(facts, table.HasIdentity, "identity");
            Add(facts, table.Drift != defaults.Drift, $"drift {table.Drift}");
            Add(
                facts,
                table.Trigger != defaults.Trigger,
                $"trigger {table.Trigger}" + (table.Trigger == TriggerKind.WriteTable ? $" {Tables[table.TriggerTarget % Tables.Count].Name}" : ""));
            return $"  {table.Name} ({table.Rows} rows{string.Concat(facts.Select(fact => ", " + fact))})";
        });
        var keys = Keys.Select((key, i) =>
        {
            List<string> facts = [];
            Add(facts, key.IsIdentifying, "identifying");
            Add(facts, !key.IsInModel, "database only");
            Add(facts, !key.IsInDatabase, "model only");
            Add(facts, key.Dangles, "dangles");
            return $"  k{i}: {Tables[key.Dependent].Name} -> {Tables[key.Principal].Name} {key.OnDelete}, nullable "
                + $"{key.Nullable}{string.Concat(facts.Select(fact => ", " + fact))}";
        });
        return string.Join(
            '\n',
            [.. lines, .. keys, $"  {(BestEffort ? "BestEffort" : "AllOrNothing")}, OnBlocked.{OnBlocked}, {Truncate switch { null => "Auto", true => "Truncate", false => "Delete" }}, "
                + $"{Tolerance}{(ResetsIdentity ? ", resets identity" : "")}{(LocksTables ? ", locks tables" : "")}, "
                + $"{(IsFile ? "file" : "memory")}, failing command {FailingCommand}"]);
    }

    private static void Add(List<string> facts, bool isSo, string fact)
    {
        if (isSo)
        {
            facts.Add(fact);
        }
    }
}
