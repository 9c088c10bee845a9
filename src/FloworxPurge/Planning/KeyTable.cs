using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Planning;

/// <summary>A temporary table that holds the keys of rows of one table.</summary>
internal sealed class KeyTable
{
    private const string Prefix = "floworxpurge_";

    private readonly ISqlGenerationHelper _sql;

    /// <param name="dialect">The SQL of the engine.</param>
    /// <param name="sql">The provider's quoting.</param>
    /// <param name="kind">What the keys are for, as a part of the name.</param>
    /// <param name="number">The number of the table, as a part of the name.</param>
    /// <param name="table">The table whose rows they are.</param>
    /// <param name="columns">The columns that are the key.</param>
    /// <param name="isUnique">Whether no key is there twice.</param>
    public KeyTable(
        PurgeDialect dialect,
        ISqlGenerationHelper sql,
        string kind,
        int number,
        TableSchema table,
        IReadOnlyList<string> columns,
        bool isUnique)
    {
        _sql = sql;
        Of = table;
        Columns = columns;
        Name = dialect.KeyTable(sql, NameOf(kind, number));
        Keys = [.. Enumerable.Range(0, columns.Count).Select(i => sql.DelimitIdentifier(KeyName(i)))];
        Create = dialect.CreateKeyTable(
            sql,
            Name,
            table.AllRows,
            [.. columns
                .Select((column, i) => (
                    table.Columns.First(known => string.Equals(known.Name, column, StringComparison.Ordinal)),
                    KeyName(i)))],
            isUnique ? [Prefix + "round", Prefix + "block", Prefix + "wave"] : [],
            isUnique);
        Drop = dialect.DropKeyTable(Name);
        Clear = dialect.ClearKeyTable(Name);
        Analyze = dialect.AnalyzeKeyTable(Name);
        Round = sql.DelimitIdentifier(Prefix + "round");
        Block = sql.DelimitIdentifier(Prefix + "block");
        Wave = sql.DelimitIdentifier(Prefix + "wave");
        Insert = $"INSERT INTO {Name} ({string.Join(", ", Keys)}, {Round}, {Block}, {Wave})";
    }

    /// <summary>Gets the table whose rows the keys name.</summary>
    public TableSchema Of { get; }

    /// <summary>Gets the columns of that table that are the key.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Gets the delimited name.</summary>
    public string Name { get; }

    /// <summary>Gets the delimited names of the columns that hold the key, in the order of <see cref="Columns"/>.</summary>
    public IReadOnlyList<string> Keys { get; }

    /// <summary>Gets the column of the round in which a cycle reached the row.</summary>
    public string Round { get; }

    /// <summary>Gets the column of the number of the reason that blocks the row; 0 for none.</summary>
    public string Block { get; }

    /// <summary>Gets the column of the wave in which the reason reached the row.</summary>
    public string Wave { get; }

    /// <summary>Gets the beginning of the statement that adds keys with round, block and wave.</summary>
    public string Insert { get; }

    public string Create { get; }

    public string Drop { get; }

    public string Clear { get; }

    public string? Analyze { get; }

    /// <summary>The columns of the key in the table itself, with an alias.</summary>
    public IEnumerable<string> Source(string alias) => Columns.Select(column => $"{alias}.{_sql.DelimitIdentifier(column)}");

    /// <summary>The columns of the key here, with an alias.</summary>
    public IEnumerable<string> Here(string alias) => Keys.Select(key => $"{alias}.{key}");

    /// <summary>The columns here that hold columns of the key, with an alias.</summary>
    public IEnumerable<string> Here(string alias, IEnumerable<string> columns)
        => columns.Select(column => $"{alias}.{Keys[IndexOf(column)]}");

    /// <summary>The condition that expressions are equal, one by one.</summary>
    public static string Equal(IEnumerable<string> left, IEnumerable<string> right)
        => string.Join(" AND ", left.Zip(right, (one, other) => $"{one} = {other}"));

    /// <summary>The position of a column of the key.</summary>
    public int IndexOf(string column)
        => Columns.Select((name, i) => (name, i)).First(pair => string.Equals(pair.name, column, StringComparison.Ordinal)).i;

    /// <summary>The name, which is not delimited.</summary>
    public static string NameOf(string kind, int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{kind}_{number}");

    private static string KeyName(int index) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{index}");
}
