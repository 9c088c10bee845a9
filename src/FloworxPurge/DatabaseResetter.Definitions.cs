using System.Transactions;
using FloworxPurge.Connections;
using FloworxPurge.Resetting;

namespace FloworxPurge;

/// <content>What <see cref="TestDatabases{TContext}"/> asks for.</content>
public sealed partial class DatabaseResetter
{
    /// <summary>
    /// Reads a text that changes with the definitions of the database, over the resetter's own connection; <see langword="null"/> where the
    /// dialect has no query for it.
    /// </summary>
    /// <exception cref="PurgeException">The database cannot be read.</exception>
    internal async Task<string?> ReadDefinitionsAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            using var outside = new TransactionScope(TransactionScopeOption.Suppress, TransactionScopeAsyncFlowOption.Enabled);
            return await DatabaseFailure.DescribeAsync(
                async () =>
                {
                    await PathAsync(cancellationToken).ConfigureAwait(false);
                    return _session!.Session.Dialect.DefinitionMark is { } query
                        ? await _session.Session.QueryTextAsync(query, cancellationToken).ConfigureAwait(false)
                        : null;
                },
                Failure().Describe,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _gate.Release();
        }
    }
}
