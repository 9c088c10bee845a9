using System.Globalization;
using FloworxPurge.Dialects;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Execution;

/// <summary>Compares the sequences that do not belong to a purged table: a trigger may use one, or set it back. A rollback does not undo that.</summary>
internal sealed class KeptSequences(DatabaseSession session, WriteStatistics statistics, FreshFacts facts, PurgeRun run)
{
    private Dictionary<string, Sequence> _before = [];

    /// <summary>Reads where they are.</summary>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        HashSet<TableName> purged = facts.Schema.Live.WithPartitions(facts.Plan.Tables.Select(table => table.Table));
        HashSet<TableName> restarted =
        [
            .. facts.Schema.Live.Identities.Where(identity => purged.Contains(identity.Table)).Select(identity => identity.Sequence).OfType<TableName>(),
        ];
        foreach (Sequence sequence in await ListAsync(cancellationToken).ConfigureAwait(false))
        {
            // What the caller's transaction has used already cannot be told from what another session does with it meanwhile.
            if (!sequence.IsUsed && !restarted.Contains(sequence.Name) && (sequence.Owner is null || !purged.Contains(sequence.Owner)))
            {
                _before.Add(sequence.Id, sequence with { Position = await ReadAsync(sequence, cancellationToken).ConfigureAwait(false) });
            }
        }
    }

    /// <summary>Compares, and adds what it finds to the run's verifications and notes.</summary>
    public async Task AfterAsync(CancellationToken cancellationToken)
    {
        foreach (Sequence sequence in (await ListAsync(cancellationToken).ConfigureAwait(false)).Where(sequence => sequence.IsUsed))
        {
            if (_before.TryGetValue(sequence.Id, out Sequence? before))
            {
                Compare(before, await ReadAsync(sequence, cancellationToken).ConfigureAwait(false));
            }
        }
    }

    private void Compare(Sequence sequence, Int128 now)
    {
        Int128 moved = (now - sequence.Position) * Int128.Sign(sequence.Increment);
        if (moved < 0)
        {
            run.Verify(
                $"value of kept sequence {sequence.Name}, which a rollback does not set back",
                sequence.Position.ToString(CultureInfo.InvariantCulture),
                now.ToString(CultureInfo.InvariantCulture));
        }
        else if (moved > 0 && !NumbersAddedRows(sequence))
        {
            run.Notes.Add(new PlanNote(
                NoteGrade.Warning,
                sequence.Owner,
                string.Create(CultureInfo.InvariantCulture, $"Triggers used values of sequence {sequence.Name.ToQuotedString()}, which is kept: it went from {sequence.Position} to {now}, and stays there.")));
        }
    }

    // The rows that a trigger may add take their numbers from it.
    private bool NumbersAddedRows(Sequence sequence)
        => (sequence.Owner is { } owner && facts.AllowsInserts(owner))
            || facts.Schema.Live.Facts.Any(fact => fact.Kind is SchemaFact.FreeSequence
                && facts.AllowsInserts(fact.Table)
                && string.Equals(fact.Name, sequence.Name.Name, StringComparison.Ordinal));

    private Task<List<Sequence>> ListAsync(CancellationToken cancellationToken)
        => session.QueryAsync(
            statistics.Sequences,
            reader => new Sequence(
                reader.GetString(0),
                new TableName(reader.GetString(1), reader.GetString(2)),
                reader.GetInt64(3),
                Convert.ToInt64(reader.GetValue(4), CultureInfo.InvariantCulture) != 0,
                reader.IsDBNull(6) ? null : new TableName(reader.GetString(5), reader.GetString(6))),
            cancellationToken);

    // The last value that was used, or the one before the first.
    private async Task<Int128> ReadAsync(Sequence sequence, CancellationToken cancellationToken)
    {
        string query = statistics.SequenceState(session.Dialect.Table(session.Sql, sequence.Name));
        IReadOnlyList<long> state = await session.QueryNumbersAsync(query, cancellationToken).ConfigureAwait(false);
        return state[1] != 0 ? state[0] : (Int128)state[0] - sequence.Increment;
    }

    private sealed record Sequence(string Id, TableName Name, long Increment, bool IsUsed, TableName? Owner)
    {
        public Int128 Position { get; init; }
    }
}
