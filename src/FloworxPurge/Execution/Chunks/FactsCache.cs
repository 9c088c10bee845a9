using FloworxPurge.Planning;

namespace FloworxPurge.Execution;

/// <summary>
/// The facts of a run in several transactions: read again only where the engine does not say that the structure is what it was.
/// </summary>
internal sealed class FactsCache(Func<CancellationToken, Task<FreshFacts>> read)
{
    private string? _state;

    /// <summary>Gets the facts that were read last; null before the first reading.</summary>
    public FreshFacts? Last { get; private set; }

    /// <summary>Returns the facts of a structure that is locked.</summary>
    /// <param name="state">The state of the structure; null where the engine has no such text.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public async Task<FreshFacts> ReadAsync(string? state, CancellationToken cancellationToken)
    {
        if (Last is { } last && state is not null && string.Equals(state, _state, StringComparison.Ordinal))
        {
            return last;
        }

        Last = await read(cancellationToken).ConfigureAwait(false);
        _state = state;
        return Last;
    }
}
