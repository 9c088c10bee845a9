using System.Collections.Concurrent;
using System.Globalization;
using FloworxPurge.Samples;

namespace IdentityProvider;

/// <summary>An identity provider in this process: pages of users, deletion, a bearer token, and refusals on demand.</summary>
public sealed class FakeIdentityProvider : IAsyncDisposable
{
    /// <summary>The token that it accepts.</summary>
    public const string Token = "fake-token-5f1c";

    private readonly List<ProviderUser> _users;
    private readonly Lock _lock = new();
    private readonly LoopbackHttpServer _server;

    /// <summary>Starts a provider with these users.</summary>
    public FakeIdentityProvider(IEnumerable<ProviderUser> users)
    {
        _users = [.. users];
        _server = LoopbackHttpServer.Start(Answer);
    }

    /// <summary>The root of its interface.</summary>
    public Uri Address => new(_server.Address, "api/v2/");

    /// <summary>The users that are left.</summary>
    public IReadOnlyList<ProviderUser> Users
    {
        get
        {
            lock (_lock)
            {
                return [.. _users];
            }
        }
    }

    /// <summary>What was asked, in order.</summary>
    public IReadOnlyList<LoopbackRequest> Requests => _server.Requests;

    /// <summary>Answers that are given, one for each request, instead of the usual one.</summary>
    public ConcurrentQueue<LoopbackResponse> Next { get; } = new();

    /// <summary>Answers a request instead of the provider, unless it gives <see langword="null"/>.</summary>
    public Func<LoopbackRequest, LoopbackResponse?>? Instead { get; set; }

    /// <summary>Test users, so many.</summary>
    public static IEnumerable<ProviderUser> TestUsers(int count)
        => Enumerable.Range(1, count).Select(i => new ProviderUser(string.Create(CultureInfo.InvariantCulture, $"auth0|{i:D4}"), string.Create(CultureInfo.InvariantCulture, $"user{i}@example.com")));

    /// <summary>Adds a user.</summary>
    public void Add(ProviderUser user)
    {
        lock (_lock)
        {
            _users.Add(user);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private LoopbackResponse Answer(LoopbackRequest request)
    {
        if ((Next.TryDequeue(out LoopbackResponse? next) ? next : Instead?.Invoke(request)) is { } other)
        {
            return other;
        }

        if (request.Headers.GetValueOrDefault("Authorization") != $"Bearer {Token}")
        {
            return LoopbackResponse.Json(401, new { error = "invalid_token" });
        }

        const string list = "/api/v2/users";
        return (request.Method, request.Path) switch
        {
            ("GET", list) => List(request),
            ("DELETE", var path) when path.StartsWith(list + "/", StringComparison.Ordinal) => Delete(Uri.UnescapeDataString(path[(list.Length + 1)..])),
            _ => LoopbackResponse.Json(404, new { error = "not_found" }),
        };
    }

    private LoopbackResponse List(LoopbackRequest request)
    {
        int page = int.Parse(request.QueryValue("page") ?? "0", CultureInfo.InvariantCulture);
        int size = int.Parse(request.QueryValue("per_page") ?? "50", CultureInfo.InvariantCulture);
        return LoopbackResponse.Json(200, new { users = Users.Skip(page * size).Take(size).Select(user => new { user_id = user.UserId, email = user.Email }) });
    }

    private LoopbackResponse Delete(string id)
    {
        lock (_lock)
        {
            return new LoopbackResponse(_users.RemoveAll(user => user.UserId == id) > 0 ? 204 : 404);
        }
    }
}
