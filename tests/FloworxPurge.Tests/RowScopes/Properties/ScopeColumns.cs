namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>A table of the database with its columns.</summary>
/// <param name="Name">The name.</param>
/// <param name="Table">The generated table whose rows it holds, or a part of them.</param>
/// <param name="IsSecond">Whether it is the second table.</param>
/// <param name="Columns">The columns, those of the key first.</param>
public sealed record StoredTable(string Name, ScopeTable Table, bool IsSecond, IReadOnlyList<string> Columns);

/// <summary>The names and types of a case's columns.</summary>
public sealed class ScopeColumns(ScopeCase it)
{
    public const string Tenant = "tenant";
    public const string Alternate = "alternate";
    public const string Number = "number";
    public const string Hidden = "hidden";
    public const string Note = "note";
    public const string Extra = "extra";
    public const string More = "more";
    public const string Code = "code";

    /// <summary>The tables of the database.</summary>
    public IReadOnlyList<StoredTable> Tables { get; } = [.. it.Tables.SelectMany(table => Stored(it, table))];

    /// <summary>The columns of a primary key.</summary>
    public static string[] KeyColumns(ScopeTable table) => table.Shape switch
    {
        KeyShape.Code => [Code],
        KeyShape.IdAndPart => ["id", "part"],
        KeyShape.TenantAndId => [Tenant, "id"],
        _ => ["id"],
    };

    /// <summary>The columns of the dependent.</summary>
    public string[] Columns(ScopeKey key) => Columns(it, key);

    /// <summary>The columns of the principal.</summary>
    public string[] PrincipalColumns(ScopeKey key) => PrincipalColumns(it, key);

    /// <summary>The table that has the key.</summary>
    public string DependentTable(ScopeKey key) => key.InSecond ? it.Table(key.Dependent).SecondName : it.Table(key.Dependent).Name;

    /// <summary>The table that it references.</summary>
    public string PrincipalTable(ScopeKey key) => key.ToSecond ? it.Table(key.Principal).SecondName : it.Table(key.Principal).Name;

    /// <summary>The columns of the dependent that accept NULL.</summary>
    public string[] NullableColumns(ScopeKey key)
        => key.Source == KeySource.Identifying ? []
            : key.Nullable switch
            {
                RowScopes.Properties.NullableColumns.All => Columns(key),
                RowScopes.Properties.NullableColumns.Rest => Columns(key)[1..],
                _ => [],
            };

    /// <summary>Whether a column holds text.</summary>
    public bool IsText(string column)
        => column is Code or Note
            || it.Keys.Any(key => Columns(key).Zip(PrincipalColumns(key)).Any(pair => pair.First == column && pair.Second == Code));

    /// <summary>Whether a column accepts NULL.</summary>
    public bool IsNullable(string column)
        => column is Note or Extra or More || it.Keys.Any(key => NullableColumns(key).Contains(column, StringComparer.Ordinal));

    /// <summary>The properties that the dependent's class has for the columns.</summary>
    public string[] PropertyNames(ScopeKey key)
    {
        int place = it.Keys.Where(other => other.Dependent == key.Dependent).Select(other => other.Number).ToList().IndexOf(key.Number);
        return [.. Columns(key).Select((column, i) => column switch
        {
            Tenant => "Tenant",
            "id" => "Id",
            _ => $"{(IsText(column) ? "C" : i == 0 ? "A" : "B")}{place}",
        })];
    }

    private static IEnumerable<StoredTable> Stored(ScopeCase it, ScopeTable table)
    {
        string[] key = KeyColumns(table);
        IEnumerable<string> Own(bool inSecond) => it.Keys
            .Where(other => other.Dependent == table.Number && other.InSecond == inSecond)
            .SelectMany(other => Columns(it, other));
        IEnumerable<string> main = key.Concat([Tenant, Alternate, Number, Hidden, Note]).Concat(Own(inSecond: false)).Distinct();
        yield return new StoredTable(table.Name, table, IsSecond: false, [.. main]);
        if (table.Second != SecondTable.None)
        {
            string payload = table.Second == SecondTable.Split ? Extra : More;
            yield return new StoredTable(table.SecondName, table, IsSecond: true, [.. key, payload, .. Own(inSecond: true)]);
        }
    }

    private static string[] Columns(ScopeCase it, ScopeKey key) => key.Source == KeySource.Identifying
        ? ["id"]
        : [.. PrincipalColumns(it, key).Select((_, i) => i == 0 && key.Source == KeySource.SharedTenant ? Tenant : $"k{key.Number}_{i}")];

    private static string[] PrincipalColumns(ScopeCase it, ScopeKey key)
        => key.ToAlternate ? [Alternate] : KeyColumns(it.Table(key.Principal));
}
