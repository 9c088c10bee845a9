using System.Text.Json;
using System.Text.Json.Serialization;
using FloworxPurge.Planning;
using FloworxPurge.Reporting;

namespace FloworxPurge.Execution;

/// <summary>
/// How far a run in several transactions is, and what its committed transactions counted, over all of its sessions. It is written to the
/// journal in each of these transactions.
/// </summary>
internal sealed record ChunkTotals
{
    /// <summary>A note of every transaction would make a report that nobody reads.</summary>
    public const int MostNotes = 100;

    /// <summary>Gets the number of sessions that worked on the run.</summary>
    public int Sessions { get; init; } = 1;

    /// <summary>Gets the number of committed transactions.</summary>
    public long Chunks { get; init; }

    /// <summary>Gets the pass over the lists, from 1.</summary>
    public int Pass { get; init; } = 1;

    /// <summary>Gets the index of the list, or of the unit of the plan, that is next.</summary>
    public int Next { get; init; }

    /// <summary>Gets the position in the list behind which the next transaction begins.</summary>
    public long Position { get; init; }

    /// <summary>Gets the number of transactions of this pass.</summary>
    public int ChunksInPass { get; init; }

    /// <summary>Gets whether a transaction of this pass deleted rows.</summary>
    public bool HasDeleted { get; init; }

    /// <summary>Gets whether the next transaction takes all remaining rows together.</summary>
    public bool IsLast { get; init; }

    /// <summary>Gets whether nothing is left to do.</summary>
    public bool HasEnded { get; init; }

    /// <summary>Gets the number of rows on each list.</summary>
    public IReadOnlyList<long> Listed { get; init; } = [];

    /// <summary>Gets the number of listed rows whose turn has come.</summary>
    public long Done { get; init; }

    /// <summary>Gets the time of the longest transaction.</summary>
    public TimeSpan Longest { get; init; }

    /// <summary>Gets the most rows that a transaction deleted.</summary>
    public long MostRows { get; init; }

    /// <summary>Gets the transactions that deleted more rows than they may, since one row has so many dependents.</summary>
    public IReadOnlyList<string> AboveLimit { get; init; } = [];

    /// <summary>Gets the tables of which no part can be deleted.</summary>
    public IReadOnlyList<TableName> Whole { get; init; } = [];

    /// <summary>Gets the counts of the tables.</summary>
    public IReadOnlyList<ChunkTable> Tables { get; init; } = [];

    /// <summary>Gets the rows that stay and lost a reference.</summary>
    public IReadOnlyList<ChunkTable> Detached { get; init; } = [];

    /// <summary>Gets the rows that triggers added to kept tables.</summary>
    public IReadOnlyList<ChunkTable> Added { get; init; } = [];

    /// <summary>Gets the queries, references and reasons with their counts; null for whole tables.</summary>
    public PlanScope? Scope { get; init; }

    /// <summary>Gets what the look at the end of the run found; null before it. The lists of rows may be gone from then on.</summary>
    public ListFindings? Found { get; init; }

    /// <summary>Gets the notes of the transactions.</summary>
    public IReadOnlyList<PlanNote> Notes { get; init; } = [];

    public string ToJson() => JsonSerializer.Serialize(this, TotalsJson.Default.ChunkTotals);

    public static ChunkTotals FromJson(string json) => JsonSerializer.Deserialize(json, TotalsJson.Default.ChunkTotals)!;

    /// <summary>The totals with those of a further transaction.</summary>
    public ChunkTotals Add(PurgeRun run, TimeSpan duration, long maxRows)
    {
        long rows = run.Tables.Values.Sum(table => table.Deleted);
        return this with
        {
            Chunks = Chunks + 1,
            ChunksInPass = ChunksInPass + 1,
            HasDeleted = HasDeleted || rows > 0,
            Longest = duration > Longest ? duration : Longest,
            MostRows = Math.Max(MostRows, rows),
            AboveLimit = rows <= maxRows ? AboveLimit
                : [.. AboveLimit, $"{Quantity.Of(rows, "row")}, in transaction "
                    + (Chunks + 1).ToString(System.Globalization.CultureInfo.InvariantCulture)],
            Tables = Sum(Tables, run.Tables.Select(pair => new ChunkTable(pair.Key, pair.Value.Deleted)
            {
                Before = pair.Value.Before ?? 0,
                Reported = pair.Value.Reported,
                Others = pair.Value.Others?.After,
                Duration = pair.Value.Duration,
            })),
            Detached = Sum(Detached, run.Detached.Select(pair => new ChunkTable(pair.Key, pair.Value))),
            Added = Sum(Added, run.RowsAdded.Select(pair => new ChunkTable(pair.Key, pair.Value))),
            Scope = Add(Scope, run.Selected?.Scope),
            Notes = [.. Notes.Concat(run.Notes).Distinct().Take(MostNotes)],
        };
    }

    /// <summary>The totals once the reasons of what is blocked are to be found anew.</summary>
    public ChunkTotals WithoutBlocked()
        => this with
        {
            Scope = Scope is { } scope
                ? scope with
                {
                    Blocked = [],
                    References = [.. scope.References.Select(reference => reference.Action == ReferenceAction.Block
                        ? reference with { Rows = 0 }
                        : reference)],
                }
                : null,
        };

    private static IReadOnlyList<ChunkTable> Sum(IReadOnlyList<ChunkTable> before, IEnumerable<ChunkTable> more)
    {
        var sums = before.ToDictionary(table => table.Table);
        foreach (ChunkTable table in more)
        {
            sums[table.Table] = sums.TryGetValue(table.Table, out ChunkTable? known) ? known.Plus(table) : table;
        }

        return [.. sums.Values.OrderBy(table => table.Table)];
    }

    private static PlanScope? Add(PlanScope? before, PlanScope? more)
        => before is null || more is null ? before : before with
        {
            References = [.. before.References.Zip(
                more.References,
                (one, other) => one with { Rows = (one.Rows ?? 0) + (other.Rows ?? 0) })],
            Blocked = [.. before.Blocked.Concat(more.Blocked)
                .GroupBy(block => (block.Reason, block.Table))
                .Select(group => group.First() with
                {
                    Rows = group.Sum(block => block.Rows),
                    Examples = [.. group.SelectMany(block => block.Examples).Take(MostExamples)],
                })],
        };

    private const int MostExamples = 10;
}

/// <summary>The counts of one table over several transactions.</summary>
/// <param name="Table">The table.</param>
/// <param name="Rows">The rows that were deleted, or changed, or added.</param>
internal sealed record ChunkTable(TableName Table, long Rows)
{
    /// <summary>Gets the rows that were selected.</summary>
    public long Before { get; init; }

    /// <summary>Gets the rows that the statements reported; null when the provider reports none.</summary>
    public long? Reported { get; init; }

    /// <summary>Gets the other rows of the table, as the last transaction counted them.</summary>
    public long? Others { get; init; }

    /// <summary>Gets the time of the statements.</summary>
    public TimeSpan Duration { get; init; }

    public ChunkTable Plus(ChunkTable other) => this with
    {
        Rows = Rows + other.Rows,
        Before = Before + other.Before,
        Reported = Reported + other.Reported,
        Others = other.Others,
        Duration = Duration + other.Duration,
    };
}

/// <summary>The JSON of the totals.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ChunkTotals))]
internal sealed partial class TotalsJson : JsonSerializerContext;
