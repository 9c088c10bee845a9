using System.Globalization;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>How the tables number their rows.</summary>
internal enum KeyKind
{
    /// <summary>An identity column; AUTOINCREMENT on SQLite.</summary>
    Identity,

    /// <summary>INTEGER PRIMARY KEY without AUTOINCREMENT, and TEXT, in turn.</summary>
    Other,
}

/// <summary>
/// The tables t0 to tN: chains of five in which every table but the first has a NOT NULL key with an index to the one before it,
/// and a nullable key to an earlier table in one of ten.
/// </summary>
internal sealed record Layout(int Tables, KeyKind Keys = KeyKind.Identity)
{
    public const int RowsPerTable = 5;

    /// <summary>What a test of a list or a report writes: enough that foreign key checks are most of a hand-written reset.</summary>
    public const int ManyRows = 100;

    private const int ChainLength = 5;

    /// <summary>The tables that a test writes to, principals first: whole chains in the middle.</summary>
    public IReadOnlyList<int> Dirty(int count)
        => [.. Enumerable.Range(Math.Min(Tables / 2 / ChainLength * ChainLength, Math.Max(0, Tables - count)), count)];

    public void Build(ModelBuilder model)
    {
        for (int i = 0; i < Tables; i++)
        {
            int table = i;
            model.SharedTypeEntity<Dictionary<string, object>>(Name(table), entity =>
            {
                entity.ToTable(Name(table));
                if (HasTextKey(table))
                {
                    entity.Property<string>("id").IsRequired();
                }
                else if (Keys == KeyKind.Identity)
                {
                    entity.Property<int>("id").ValueGeneratedOnAdd();
                }
                else
                {
                    entity.Property<int>("id").ValueGeneratedNever();
                }

                entity.HasKey("id");
                entity.Property<string>("name").IsRequired();
                entity.Property<int>("amount");
                if (Parent(table) is { } parent)
                {
                    AddKey(parent, "_id", isRequired: true);
                }

                if (MaybeParent(table) is { } other)
                {
                    AddKey(other, "_maybe", isRequired: false);
                }

                void AddKey(int principal, string suffix, bool isRequired)
                {
                    string column = Name(principal) + suffix;
                    Type type = HasTextKey(principal) ? typeof(string) : isRequired ? typeof(int) : typeof(int?);
                    entity.Property(type, column);
                    entity.HasOne(Name(principal), navigationName: null).WithMany().HasForeignKey(column).IsRequired(isRequired);
                }
            });
        }
    }

    /// <summary>Writes a few rows to each of the tables, principals first.</summary>
    public string Fill(IEnumerable<int> tables, int rows = RowsPerTable) => string.Concat(tables.Select(table => Insert(table, rows)));

    /// <summary>Whether any of the tables has a row: 0 or 1.</summary>
    public string Probe()
        => $"SELECT COUNT(*) FROM "
            + $"({string.Join(" UNION ALL ", Enumerable.Range(0, Tables).Chunk(100).Select(chunk => $"SELECT 1 AS found WHERE {string.Join(" OR ", chunk.Select(i => $"EXISTS (SELECT 1 FROM {Name(i)})"))}"))}) AS dirty";

    /// <summary>A DELETE of each of the tables, dependents first.</summary>
    public static string Delete(IEnumerable<int> tables) => string.Concat(tables.Reverse().Select(table => $"DELETE FROM {Name(table)}; "));

    public static string Name(int table) => string.Create(CultureInfo.InvariantCulture, $"t{table}");

    private string Insert(int table, int rows)
    {
        bool writesKey = HasTextKey(table);
        string into = $"INSERT INTO {Name(table)} ({(writesKey ? "id, " : string.Empty)}name, amount";
        return Parent(table) is { } parent
            ? $"{into}, {Name(parent)}_id) SELECT {(writesKey ? "'k' || p.id, " : string.Empty)}'row of {Name(table)}', 7, p.id FROM "
                + $"{Name(parent)} AS p; "
            : $"{into}) VALUES {string.Join(", ", Enumerable.Range(1, rows).Select(row => string.Create(CultureInfo.InvariantCulture, $"({(writesKey ? $"'k{row}', " : string.Empty)}'row of {Name(table)}', {row})")))}; ";
    }

    private static int? Parent(int table) => table % ChainLength == 0 ? null : table - 1;

    private static int? MaybeParent(int table) => table % 10 == 7 ? table * 7 / 11 : null;

    private bool HasTextKey(int table) => Keys == KeyKind.Other && table % 2 == 1;
}
