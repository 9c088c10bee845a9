namespace FloworxPurge.Tests.Concurrency;

/// <summary>
/// All rows of a database as texts. A row is known by its number and not by its table, so that it is found again when tables are renamed,
/// swapped, attached or detached: 100 to 199 are of the purged table <c>p</c>, 200 to 299 of the purged table <c>c</c>, and from 1000 on,
/// they are added to <c>p</c> by the thousand; all others are kept.
/// </summary>
public sealed class GapRows
{
    private static readonly Dictionary<long, string?> Nothing = [];

    private readonly IReadOnlyList<(long Id, string Text)> _rows;
    private readonly IReadOnlyDictionary<long, string?> _moved;

    public GapRows(IEnumerable<(long Id, string Text)> rows, IReadOnlyDictionary<long, string?>? moved = null)
    {
        _rows = [.. rows.OrderBy(row => row.Text, StringComparer.Ordinal)];
        _moved = moved ?? Nothing;
    }

    /// <summary>The tables that the model has and the purge deletes from.</summary>
    public static IReadOnlyList<string> PurgedTables { get; } = ["c", "p"];

    /// <summary>The rows of everything that is kept.</summary>
    public IReadOnlyList<string> Kept => [.. _rows.Where(row => TableOf(row.Id) is null).Select(row => row.Text)];

    /// <summary>The rows of a purged table.</summary>
    public IReadOnlyList<string> Of(string table) => [.. _rows.Where(row => TableOf(row.Id) == table).Select(row => row.Text)];

    /// <summary>The same rows once some of them were moved to another table.</summary>
    public GapRows Move(IReadOnlyDictionary<long, string?> moved) => new(_rows, moved);

    private string? TableOf(long id) => _moved.TryGetValue(id, out string? table) ? table : id switch
    {
        >= 100 and < 200 or >= 1000 => "p",
        >= 200 and < 300 => "c",
        _ => null,
    };
}
