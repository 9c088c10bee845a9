using System.Data.Common;
using System.Globalization;
using FloworxPurge.Connections;
using FloworxPurge.Engines;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Execution;

/// <summary>
/// Compares the sequences that do not belong to a purged table: a trigger may use one, or set it back. A rollback does not undo that.
/// </summary>
internal sealed class KeptSequences(DatabaseSession session, WriteStatistics statistics, FreshFacts facts, PurgeRun run)
{
    private const string Savepoint = "floworxpurge_sequences";

    private const int Batch = 25;

    // Shorter than a server waits before it looks for a deadlock: whoever redefines a sequence may be waiting for this run.
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private Dictionary<string, Sequence> _before = [];
    private string? _unknown;

    /// <summary>Reads their positions without locking them: other sessions may continue to use them.</summary>
    public async Task BeforeAsync(CancellationToken cancellationToken)
    {
        HashSet<TableName> purged = facts.Schema.Live.WithPartitions(facts.Plan.Tables.Select(table => table.Table));
        HashSet<TableName> restarted =
        [
            .. facts.Schema.Live.Identities.Where(identity => purged.Contains(identity.Table))
                .Select(identity => identity.Sequence)
                .OfType<TableName>(),
        ];

        // The values that the caller's transaction has used cannot be distinguished from those of another session.
        List<Sequence> kept = [.. (await ListAsync(cancellationToken).ConfigureAwait(false))
            .Where(sequence => !sequence.IsUsed
                && !restarted.Contains(sequence.Name)
                && (sequence.Owner is null || !purged.Contains(sequence.Owner)))];
        if (session.Transaction is not { SupportsSavepoints: true } transaction)
        {
            _before = await ReadAsync(kept, cancellationToken).ConfigureAwait(false);
            return;
        }

        await transaction.CreateSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        try
        {
            await session.SetLockTimeoutAsync(SessionGuard.Milliseconds(LongestWait), cancellationToken).ConfigureAwait(false);
            _before = await ReadAsync(kept, cancellationToken).ConfigureAwait(false);
        }
        catch (DbException e) when (session.IsOpen && session.Dialect.IsLockTimeout(e))
        {
            _unknown = "another session was changing a sequence while they were read";
        }

        // The locks and the setting end with it.
        await transaction.RollbackToSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
        await transaction.ReleaseSavepointAsync(Savepoint, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Compares, and adds what it finds to the run's verifications and notes.</summary>
    public async Task AfterAsync(CancellationToken cancellationToken)
    {
        if (_unknown is { } because)
        {
            run.VerifyUnknown("values of kept sequences, which a rollback does not set back", "as before", because, mayBeUnknown: true);
            return;
        }

        List<Sequence> used = [.. (await ListAsync(cancellationToken).ConfigureAwait(false))
            .Where(sequence => sequence.IsUsed && _before.ContainsKey(sequence.Id))];
        foreach ((string id, Sequence now) in (await ReadAsync(used, cancellationToken).ConfigureAwait(false))
            .OrderBy(pair => pair.Value.Name))
        {
            Compare(_before[id], now.Position);
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
            run.Notes.Add(new PlanNote
            {
                Grade = LogLevel.Warning,
                Table = sequence.Owner,
                Text = string.Create(
                    CultureInfo.InvariantCulture,
                    $"Triggers used values of sequence {sequence.Name.ToQuotedString()}, which is kept: its value "
                        + $"changed from {sequence.Position} to {now}, and stays there."),
            });
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
    private async Task<Dictionary<string, Sequence>> ReadAsync(IReadOnlyList<Sequence> sequences, CancellationToken cancellationToken)
    {
        var read = new Dictionary<string, Sequence>(StringComparer.Ordinal);
        foreach (Sequence[] batch in sequences.Chunk(Batch))
        {
            string query = statistics.SequenceStates([.. batch.Select(sequence => session.Dialect.Table(session.Sql, sequence.Name))]);
            foreach ((int i, long last, bool isUsed) in await session
                .QueryAsync(query, reader => (reader.GetInt32(0), reader.GetInt64(1), reader.GetBoolean(2)), cancellationToken)
                .ConfigureAwait(false))
            {
                read.Add(batch[i].Id, batch[i] with { Position = isUsed ? last : (Int128)last - batch[i].Increment });
            }
        }

        return read;
    }

    private sealed record Sequence(string Id, TableName Name, long Increment, bool IsUsed, TableName? Owner)
    {
        public Int128 Position { get; init; }
    }
}
