using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;

namespace IdentityProvider;

/// <summary>
/// Deletes the users of an identity provider: who is gone from the database should not be able to sign in any more.
/// The provider's interface is <c>GET users?page=0&amp;per_page=100</c> and <c>DELETE users/{id}</c>, as that of several is; adapt <see cref="ProviderClient"/> to yours.
/// </summary>
public sealed class IdentityProviderTarget : IPurgeTarget
{
    // Deleting moves users onto earlier pages, and listing while others write misses some; each round lists them all anew.
    private const int MostRounds = 20;
    private const int ProblemsShown = 3;

    private readonly HttpClient _client;
    private readonly Func<CancellationToken, Task<string>> _token;

    /// <summary>Creates the target.</summary>
    /// <param name="client">Sends the requests; its own time-out applies to each.</param>
    /// <param name="address">The root of the provider's interface, such as <c>https://tenant.example/api/v2/</c>.</param>
    /// <param name="token">Gives the bearer token, for each request.</param>
    public IdentityProviderTarget(HttpClient client, Uri address, Func<CancellationToken, Task<string>> token)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(token);
        if (!address.IsAbsoluteUri || address.UserInfo.Length > 0 || address.Query.Length > 0 || !address.AbsolutePath.EndsWith('/'))
        {
            throw new ArgumentException("Give an absolute address that ends with a slash and holds neither user info nor a query.", nameof(address));
        }

        _client = client;
        _token = token;
        Address = address;
    }

    /// <summary>The root of the provider's interface.</summary>
    public Uri Address { get; }

    /// <inheritdoc/>
    public string Name => $"identity provider {Address.Authority}";

    /// <inheritdoc/>
    public bool SupportsDryRun => true;

    /// <summary>The users that stay, such as administrators. Default: none. If it throws, nobody is deleted.</summary>
    public Func<ProviderUser, bool> Keep { get; init; } = _ => false;

    /// <summary>Users per page. Default: 100.</summary>
    public int PageSize { get; init; } = 100;

    /// <summary>How often one request is sent again. Default: 5.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The wait before a request is sent again where the provider asks for none; doubled each time. Default: 1 second.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait that is put up with. Default: 2 minutes.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(2);

    /// <inheritdoc/>
    public async Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        var provider = new ProviderClient(_client, this, context.TimeProvider);
        IReadOnlyList<ProviderUser> users;
        int kept;
        try
        {
            (users, kept) = await ListAsync(provider, cancellationToken);
        }
        catch (ProviderException exception)
        {
            return exception.IsUnreachable ? TargetReport.Unreachable(exception.Message) : TargetReport.Failed(exception.Message);
        }

        string? remark = kept == 0 ? null : $"{Users(kept)} kept";
        return context.IsDryRun
            ? TargetReport.Counted(users.Count) with { Reason = remark }
            : await DeleteAsync(provider, users, remark, cancellationToken);
    }

    internal Task<string> GetTokenAsync(CancellationToken cancellationToken) => _token(cancellationToken);

    private static string Users(int count) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? "user" : "users")}");

    /// <summary>Deletes users until a list has nobody left to delete.</summary>
    private async Task<TargetReport> DeleteAsync(ProviderClient provider, IReadOnlyList<ProviderUser> users, string? remark, CancellationToken cancellationToken)
    {
        var before = users.Select(user => user.UserId).ToHashSet(StringComparer.Ordinal);
        var problems = new Dictionary<string, string>(StringComparer.Ordinal);
        int removed = 0;
        try
        {
            for (int round = 0; round < MostRounds && users.Any(user => !problems.ContainsKey(user.UserId)); round++)
            {
                foreach (ProviderUser user in users.Where(user => !problems.ContainsKey(user.UserId)))
                {
                    removed += await TryDeleteAsync(provider, user, problems, cancellationToken) ? 1 : 0;
                }

                (users, _) = await ListAsync(provider, cancellationToken);
                before.UnionWith(users.Select(user => user.UserId));
            }
        }
        catch (ProviderException exception)
        {
            return TargetReport.Failed($"{exception.Message}; {Users(removed)} deleted so far") with { ItemsBefore = before.Count, ItemsRemoved = removed };
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return TargetReport.Failed($"the caller asked to stop; {Users(removed)} deleted so far") with { ItemsBefore = before.Count, ItemsRemoved = removed };
        }

        TargetReport result = TargetReport.Done(before.Count, removed, users.Count, remark);
        return users.Count == 0 ? result : result with { Outcome = Outcome.Failed, Reason = string.Join("; ", new[] { Describe(users, problems), remark }.OfType<string>()) };
    }

    /// <summary>Deletes one user; a refusal does not stop the others, a provider that does not answer any more does.</summary>
    private static async Task<bool> TryDeleteAsync(ProviderClient provider, ProviderUser user, Dictionary<string, string> problems, CancellationToken cancellationToken)
    {
        try
        {
            return await provider.DeleteAsync(user, cancellationToken);
        }
        catch (ProviderException exception) when (!exception.ConcernsAll)
        {
            problems[user.UserId] = exception.Message;
            return false;
        }
    }

    /// <summary>Reads all pages before anything is deleted.</summary>
    private async Task<(IReadOnlyList<ProviderUser> Users, int Kept)> ListAsync(ProviderClient provider, CancellationToken cancellationToken)
    {
        Dictionary<string, ProviderUser> all = new(StringComparer.Ordinal);
        for (int page = 0; ; page++)
        {
            int known = all.Count;
            foreach (ProviderUser user in await provider.ListAsync(page, cancellationToken))
            {
                all.TryAdd(user.UserId, user);
            }

            // A page that is empty, or has nobody new, is behind the last; a provider may give fewer than asked for.
            if (all.Count == known)
            {
                break;
            }
        }

        ProviderUser[] remove = [.. all.Values.Where(user => !Keep(user))];
        return (remove, all.Count - remove.Length);
    }

    private static string Describe(IReadOnlyList<ProviderUser> users, Dictionary<string, string> problems)
    {
        string[] reasons = [.. users.Select(user => problems.GetValueOrDefault(user.UserId)).OfType<string>().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(ProblemsShown)];
        return $"{Users(users.Count)} still there{(reasons.Length == 0 ? "" : ": ")}{string.Join(", ", reasons)}";
    }
}
