using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Planning;
using FloworxPurge.Reading;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge;

/// <summary>Measures how far the replicas of a PostgreSQL server are behind, for <see cref="PurgeOptions.InChunks"/>.</summary>
public static class ReplicationLag
{
    /// <summary>The default limit of the WAL that a replica has not replayed: 64 MiB.</summary>
    private const long DefaultBytes = 64L * 1024 * 1024;

    /// <summary>
    /// Creates a condition that is true while every connected replica is behind by less than a time and an amount of WAL, as
    /// <c>pg_stat_replication</c> of the primary server reports them. A replica that is not connected is not measured.
    /// </summary>
    /// <param name="limit">The limit of the time.</param>
    /// <param name="bytes">The limit of the WAL in bytes. The default value is 64 MiB.</param>
    /// <returns>
    /// The condition, for the parameter <c>when</c>. It throws <see cref="PurgeException"/> on other engines, and where the role may not
    /// read the state of the replicas.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">A limit is not positive.</exception>
    [RequiresUnreferencedCode(TrimWarnings.Model)]
    public static Func<DbContext, CancellationToken, Task<bool>> IsBelow(TimeSpan limit, long bytes = DefaultBytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        return async (context, cancellationToken) =>
        {
            DatabaseSession session = await DatabaseSession.OpenAsync(
                context,
                ContextCheck.DialectOf([context], chosen: null),
                cancellationToken).ConfigureAwait(false);
            await using (session.ConfigureAwait(false))
            {
                string query = session.Dialect.ReplicationState
                    ?? throw new PurgeException(
                        $"{nameof(ReplicationLag)} measures replicas of PostgreSQL alone, and this is "
                            + $"{session.Dialect.Engine ?? session.Dialect.Name}. Give InChunks another condition.");
                IReadOnlyList<long> state = await session.QueryNumbersAsync(query, cancellationToken).ConfigureAwait(false);
                return state[0] > 0
                    ? throw new PurgeException(
                        $"The server hides the state of {Quantity.Of(state[0], "replica")} from this role, so that their lag is not "
                            + "known. Grant it pg_monitor.")
                    : state[1] < limit.TotalMilliseconds && state[2] < bytes;
            }
        };
    }
}
