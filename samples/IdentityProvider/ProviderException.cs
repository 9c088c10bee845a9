namespace IdentityProvider;

/// <summary>What the provider answered, or did not. The message holds no token.</summary>
internal sealed class ProviderException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether there was no answer at all.</summary>
    public bool IsUnreachable { get; init; }

    /// <summary>Whether the next user would fare no better: no answer, no valid token, a provider that refuses for the time being.</summary>
    public bool ConcernsAll { get; init; }
}
