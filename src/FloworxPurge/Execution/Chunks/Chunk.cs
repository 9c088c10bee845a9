using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>One of the transactions of a run, as the executor works it off.</summary>
/// <param name="facts">The facts of the run.</param>
/// <param name="keys">The temporary tables of the session.</param>
internal sealed class Chunk(FactsCache facts, SessionKeys keys)
{
    /// <summary>Gets the facts of the run.</summary>
    public FactsCache Facts => facts;

    /// <summary>Gets the temporary tables of the session.</summary>
    public SessionKeys Keys => keys;

    /// <summary>Gets whether only the guards are evaluated, and nothing is written.</summary>
    public bool IsAdmission { get; init; }

    /// <summary>Gets the rows to take from the lists; empty for whole tables.</summary>
    public IReadOnlyList<RowPortion> Portions { get; init; } = [];

    /// <summary>Gets the tables of the transaction; empty where it is all tables of the plan.</summary>
    public IReadOnlyList<TableName> Tables { get; init; } = [];

    /// <summary>Gets whether a part of a table is deleted of which all rows are to be deleted.</summary>
    public bool IsPartial { get; init; }

    /// <summary>Gets the facts of the transaction, made of those of the run once these were found to fit the plan.</summary>
    public Func<FreshFacts, CancellationToken, Task<FreshFacts>> Restrict { get; init; } = (facts, _) => Task.FromResult(facts);

    /// <summary>Gets the most rows that may be selected; null for any number.</summary>
    public long? MaxRows { get; init; }

    /// <summary>Gets what is written to the journal as the last statement of the transaction.</summary>
    public Func<Chunk, PurgeRun, CancellationToken, Task> RecordAsync { get; set; } = (_, _, _) => Task.CompletedTask;

    /// <summary>Gets or sets what holds the run's lock again where the connection was lost, and with it the lock.</summary>
    public Func<CancellationToken, Task> HoldAsync { get; set; } = _ => Task.CompletedTask;

    /// <summary>Gets or sets what throws where another session continues the run by now.</summary>
    public Func<CancellationToken, Task> CheckOwnerAsync { get; set; } = _ => Task.CompletedTask;

    /// <summary>Gets or sets what was taken from the lists.</summary>
    public IReadOnlyList<(RowPortion Portion, long Taken, long Last)> Taken { get; set; } = [];

    /// <summary>Ends the transaction where more rows were selected than it may delete, and fewer can be.</summary>
    /// <exception cref="ChunkTooLargeException">It has to be divided.</exception>
    public void CheckSize(SelectedRows selected)
    {
        long rows = selected.Rows.Values.Sum();
        if (rows > MaxRows && selected.Scope.Matched > 1)
        {
            throw new ChunkTooLargeException(rows);
        }
    }
}

/// <summary>A transaction that would delete more rows than it may.</summary>
internal sealed class ChunkTooLargeException(long rows)
    : Exception(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"The transaction would delete {rows} rows."))
{
    /// <summary>Gets the number of rows.</summary>
    public long Rows => rows;
}

/// <summary>
/// The temporary tables of keys of a session, which a run in several transactions creates once: creating them for each transaction takes
/// longer than a small transaction.
/// </summary>
internal sealed class SessionKeys
{
    private IReadOnlyList<string> _created = [];
    private readonly List<(string Drop, string Clear)> _known = [];
    private IReadOnlyList<string> _pending = [];
    private int _openings;

    /// <summary>Makes the tables ready: there, and empty.</summary>
    public async Task PrepareAsync(
        DatabaseSession session,
        RowSelection selection,
        bool survivesCommit,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<string> creation = [.. selection.All.SelectMany(table => new[]
        {
            table.Drop,
            survivesCommit ? table.Create : session.Dialect.ClearedAtCommit(table.Create),
        })];
        if (_openings != session.Openings)
        {
            // Those of a connection that was lost are gone with it.
            Forget();
            _openings = session.Openings;
        }

        _known.AddRange(selection.All.Select(table => (table.Drop, table.Clear)).Except(_known).ToList());
        if (_created.SequenceEqual(creation, StringComparer.Ordinal))
        {
            foreach (KeyTable table in selection.All.Where(table => survivesCommit
                || string.Equals(table.Create, session.Dialect.ClearedAtCommit(table.Create), StringComparison.Ordinal)))
            {
                await session.ExecuteAsync(table.Clear, [], cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        _created = [];
        _openings = session.Openings;
        await session.CreateTemporaryAsync(creation, cancellationToken).ConfigureAwait(false);
        _pending = creation;
    }

    /// <summary>Drops what is left of the tables at the end of the run.</summary>
    public async Task DropAsync(DatabaseSession session, FreshFacts? facts)
    {
        // Dropping a table would fire an event trigger, whose work nobody would verify any more.
        bool isWatched = facts?.Schema.Live.Facts.Any(fact => fact.Kind is SchemaFact.EventTrigger) == true;
        if (!session.IsOpen || (isWatched && _created.Count == 0))
        {
            return;
        }

        foreach ((string drop, string clear) in _known)
        {
            await session.ExecuteAsync(isWatched ? clear : drop, [], CancellationToken.None).ConfigureAwait(false);
        }

        Forget();
        _known.Clear();
    }

    /// <summary>The transaction is committed, and the tables with it.</summary>
    public void Commit()
    {
        if (_pending.Count > 0)
        {
            (_created, _pending) = (_pending, []);
        }
    }

    /// <summary>The session has ended, or the transaction that created the tables was rolled back.</summary>
    public void Forget() => (_created, _pending) = ([], []);
}
