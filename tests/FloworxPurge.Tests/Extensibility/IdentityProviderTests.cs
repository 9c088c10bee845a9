using System.Globalization;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Samples;
using FloworxPurge.Tests.Kit;
using IdentityProvider;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>
/// The identity provider of the samples: users are deleted there as well, none is missed, and the provider's limits are honoured.
/// </summary>
public sealed class IdentityProviderTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2025, 9, 18, 13, 10, 0, TimeSpan.Zero);

    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false });
    private readonly QuickClock _clock = new(Start);

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(95)]
    public async Task Every_user_of_every_page_is_deleted(int users)
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(users));

        Assert.Equal(TargetReport.Done(users, users, 0), await Target(provider).PurgeAsync(After.By(_clock)));
        Assert.Empty(provider.Users);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task Users_that_a_predicate_keeps_stay_and_are_counted()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(35));
        IdentityProviderTarget target = Target(provider, keep: user => user.UserId.EndsWith('5'));

        Assert.Equal(TargetReport.Done(31, 31, 0, "4 users kept"), await target.PurgeAsync(After.By(_clock)));
        Assert.Equal(["auth0|0005", "auth0|0015", "auth0|0025", "auth0|0035"], provider.Users.Select(user => user.UserId));
    }

    [Fact]
    public async Task A_dry_run_counts_and_deletes_nobody()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(25));

        Assert.Equal(
            TargetReport.Counted(24) with { Reason = "1 user kept" },
            await Target(provider, keep: user => user.Email == "user1@example.com").PurgeAsync(After.DryRun() with { TimeProvider = _clock }));
        Assert.Equal(25, provider.Users.Count);
        Assert.All(provider.Requests, request => Assert.Equal("GET", request.Method));
    }

    [Fact]
    public async Task A_predicate_that_throws_deletes_nobody()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(25));

        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            Target(provider, keep: user => user.UserId == "auth0|0025" ? throw new InvalidOperationException("no idea") : false).PurgeAsync(After.By(_clock)));
        Assert.Equal(25, provider.Users.Count);
    }

    [Theory]
    [InlineData("7")]
    [InlineData("Thu, 18 Sep 2025 13:10:07 GMT")]
    public async Task A_429_is_waited_for_as_long_as_it_asks_in_seconds_or_until_a_time(string retryAfter)
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(3));
        provider.Next.Enqueue(new LoopbackResponse(429) { Headers = new Dictionary<string, string> { ["Retry-After"] = retryAfter } });

        Assert.Equal(TargetReport.Done(3, 3, 0), await Target(provider).PurgeAsync(After.By(_clock)));
        Assert.Equal([TimeSpan.FromSeconds(7)], _clock.Waits);
    }

    [Fact]
    public async Task A_deletion_that_is_refused_for_now_is_sent_again()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(12));
        int deletions = 0;
        provider.Instead = request => request.Method == "DELETE" && ++deletions % 3 == 0 ? new LoopbackResponse(503) : null;

        Assert.Equal(TargetReport.Done(12, 12, 0), await Target(provider).PurgeAsync(After.By(_clock)));
        Assert.All(_clock.Waits, wait => Assert.Equal(TimeSpan.FromSeconds(1), wait));
    }

    [Fact]
    public async Task A_429_without_end_fails_after_the_retries_and_reports_how_far_it_came()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(12));
        int deletions = 0;
        provider.Instead = request => request.Method == "DELETE" && ++deletions > 4 ? new LoopbackResponse(429) : null;

        TargetReport result = await Target(provider).PurgeAsync(After.By(_clock));

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 12,
            ItemsRemoved = 4,
            Reason = "deleting a user was answered with 429; 4 users deleted so far",
        }, result);
        Assert.Equal([1, 2, 4, 8, 16], _clock.Waits.Select(wait => wait.TotalSeconds));
        Assert.Equal(8, provider.Users.Count);
    }

    [Fact]
    public async Task A_wait_that_is_too_long_is_not_put_up_with()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(3));
        provider.Next.Enqueue(new LoopbackResponse(429) { Headers = new Dictionary<string, string> { ["Retry-After"] = "3600" } });

        TargetReport result = await Target(provider).PurgeAsync(After.By(_clock));

        Assert.Equal(TargetReport.Failed("the provider asks to wait 3600 s, which is longer than LongestWait allows"), result);
        Assert.Empty(_clock.Waits);
    }

    [Fact]
    public async Task A_user_who_is_refused_stops_no_other()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(25));
        provider.Instead = request => request.Method == "DELETE" && request.Path.EndsWith("0007", StringComparison.Ordinal)
            ? new LoopbackResponse(403)
            : null;

        TargetReport result = await Target(provider).PurgeAsync(After.By(_clock));

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 25,
            ItemsRemoved = 24,
            ItemsAfter = 1,
            Reason = "1 user still there: deleting a user was answered with 403: the token lacks the right",
        }, result);
        Assert.Single(provider.Users);
    }

    [Fact]
    public async Task A_user_who_is_gone_already_is_not_counted_as_removed()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(5));
        bool isFirst = true;
        provider.Instead = request => request.Method == "DELETE" && isFirst && !(isFirst = false) ? new LoopbackResponse(404) : null;

        TargetReport result = await Target(provider).PurgeAsync(After.By(_clock));

        // It is still listed, so the second round deletes it.
        Assert.Equal(TargetReport.Done(5, 5, 0), result);
    }

    [Fact]
    public async Task Users_who_arrive_meanwhile_are_deleted_too()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(5));
        bool isFirst = true;
        provider.Instead = request =>
        {
            if (request.Method == "DELETE" && isFirst)
            {
                isFirst = false;
                provider.Add(new ProviderUser("auth0|late", "late@example.com"));
            }

            return null;
        };

        Assert.Equal(TargetReport.Done(6, 6, 0), await Target(provider).PurgeAsync(After.By(_clock)));
        Assert.Empty(provider.Users);
    }

    [Fact]
    public async Task An_odd_id_addresses_that_user_and_nobody_else()
    {
        await using var provider = new FakeIdentityProvider([new("a/b?c#d|e%2f ü", null), new("..", null), new("", null), new("x", null)]);

        TargetReport result = await Target(provider).PurgeAsync(After.By(_clock));

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 4,
            ItemsRemoved = 2,
            ItemsAfter = 2,
            Reason = "2 users still there: its id cannot be part of an address",
        }, result);
        Assert.Equal(["..", ""], provider.Users.Select(user => user.UserId));
        Assert.All(
            provider.Requests.Where(request => request.Method == "DELETE"),
            request => Assert.StartsWith("/api/v2/users/", request.Path, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_token_that_is_not_accepted_is_not_repeated()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(25));
        TargetReport result = await new IdentityProviderTarget(
            _client,
            provider.Address,
            _ => Task.FromResult("wr0ng-s3cret")).PurgeAsync(After.By(_clock));

        Assert.Equal(TargetReport.Failed("listing users was answered with 401: the token is not accepted"), result);
    }

    [Fact]
    public async Task A_token_that_runs_out_is_asked_for_anew()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(3));
        int asked = 0;
        var target = new IdentityProviderTarget(_client, provider.Address, _ =>
        {
            asked++;
            return Task.FromResult(FakeIdentityProvider.Token);
        });

        await target.PurgeAsync(After.By(_clock));

        Assert.Equal(provider.Requests.Count, asked);
    }

    [Fact]
    public async Task A_token_that_runs_out_for_good_stops_at_once()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(50));
        provider.Instead = request => request.Method == "DELETE" ? new LoopbackResponse(401) : null;

        TargetReport result = await Target(provider).PurgeAsync(After.By(_clock));

        Assert.Equal(
            (Outcome.Failed, 0L, 1),
            (result.Outcome, result.ItemsRemoved, provider.Requests.Count(request => request.Method == "DELETE")));
    }

    [Theory]
    [InlineData(true, Outcome.Failed)]
    [InlineData(false, Outcome.Skipped)]
    public async Task A_provider_that_cannot_be_reached_is_a_failure_or_a_skip(bool isRequired, Outcome outcome)
    {
        var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{LoopbackHttpServer.FreePort()}/"));
        var target = new IdentityProviderTarget(_client, address, _ => Task.FromResult("t0ken"));

        TargetReport report = Assert.Single(
            await new ExtensionRunner(After.By(_clock), After.Trace).RunAsync([new TargetRegistration(target.Name, target, isRequired)], CancellationToken.None));

        Assert.Equal((outcome, "not reachable: no answer: ConnectionRefused"), (report.Outcome, report.Reason));
        Assert.Equal(5, _clock.Waits.Count);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"users":[{"email":"a@example.com"}]}""")]
    [InlineData("""{"users":[null]}""")]
    public async Task A_list_that_is_none_deletes_nobody(string body)
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(3));
        provider.Instead = _ => new LoopbackResponse(200, body);

        TargetReport result = await Target(provider).PurgeAsync(After.By(_clock));

        Assert.Equal(Outcome.Failed, result.Outcome);
        Assert.StartsWith("listing users was ", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_provider_that_knows_no_pages_is_listed_once_more_and_no_further()
    {
        await using var provider = new FakeIdentityProvider([]);
        provider.Instead = request => LoopbackResponse.Json(200, new { users = new[] { new { user_id = "same" } } });

        Assert.Equal(TargetReport.Counted(1), await Target(provider).PurgeAsync(After.DryRun() with { TimeProvider = _clock }));
        Assert.Equal(2, provider.Requests.Count);
    }

    [Fact]
    public async Task Stopping_in_the_middle_reports_how_far_it_came()
    {
        await using var provider = new FakeIdentityProvider(FakeIdentityProvider.TestUsers(9));
        using var source = new CancellationTokenSource();
        IdentityProviderTarget target = new(_client, provider.Address, token =>
        {
            if (provider.Requests.Count(request => request.Method == "DELETE") == 4)
            {
                source.Cancel();
            }

            token.ThrowIfCancellationRequested();
            return Task.FromResult(FakeIdentityProvider.Token);
        });

        TargetReport result = await target.PurgeAsync(After.By(_clock), source.Token);

        Assert.Equal(new TargetReport
        {
            Outcome = Outcome.Failed,
            ItemsBefore = 9,
            ItemsRemoved = 4,
            Reason = "the caller asked to stop; 4 users deleted so far",
        }, result);
        Assert.Equal(5, provider.Users.Count);
    }

    [Theory]
    [InlineData("https://host/api")]
    [InlineData("https://me:secret@host/api/")]
    [InlineData("https://host/api/?token=secret")]
    public void An_address_that_holds_credentials_or_does_not_end_with_a_slash_is_refused(string address)
        => Assert.DoesNotContain(
            "secret",
            Assert.Throws<ArgumentException>(() => new IdentityProviderTarget(_client, new Uri(address), _ => Task.FromResult(""))).Message,
            StringComparison.Ordinal);

    private IdentityProviderTarget Target(FakeIdentityProvider provider, Func<ProviderUser, bool>? keep = null)
        => new(_client, provider.Address, _ => Task.FromResult(FakeIdentityProvider.Token)) { PageSize = 10, Keep = keep ?? (_ => false) };
}
