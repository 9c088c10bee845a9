using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Samples;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Extensibility;

/// <summary>A health endpoint and a registration as acceptance criteria, against a server in this process.</summary>
public sealed class HttpEndpointCheckTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(1);

    [Fact]
    public async Task The_expected_status_passes()
    {
        await using var server = LoopbackHttpServer.Start(_ => LoopbackResponse.Json(200, new { status = "healthy" }));

        CheckReport result = await new HttpEndpointCheck(new Uri(server.Address, "health")).RunAsync(After.Purge());

        Assert.Equal(new CheckReport
        {
            Outcome = Outcome.Passed,
            Expected = $"200 OK from GET {server.Address}health",
            Actual = "200 OK",
        }, result);
        Assert.Equal("GET /health", $"{server.Requests[0].Method} {server.Requests[0].Path}");
    }

    [Fact]
    public async Task Another_status_fails_after_three_tries()
    {
        await using var server = LoopbackHttpServer.Start(_ => new LoopbackResponse(503));

        CheckReport result = await Check(server).RunAsync(After.Purge());

        Assert.Equal((Outcome.Failed, "503 Service Unavailable (3 tries)", 3), (result.Outcome, result.Actual, server.Requests.Count));
    }

    [Fact]
    public async Task A_service_that_comes_up_late_passes()
    {
        int asked = 0;
        await using var server = LoopbackHttpServer.Start(_ => new LoopbackResponse(++asked < 3 ? 503 : 200));

        Assert.Equal((Outcome.Passed, "200 OK (3 tries)"), OutcomeOf(await Check(server).RunAsync(After.Purge())));
    }

    [Fact]
    public async Task The_time_between_tries_is_by_the_clock_of_the_purge()
    {
        await using var server = LoopbackHttpServer.Start(_ => new LoopbackResponse(503));
        var clock = new QuickClock(DateTimeOffset.UnixEpoch, wait => wait == TimeSpan.FromSeconds(10));

        await new HttpEndpointCheck(server.Address) { Retries = 3, RetryDelay = TimeSpan.FromHours(1) }.RunAsync(After.By(clock));

        Assert.Equal(Enumerable.Repeat(TimeSpan.FromHours(1), 3), clock.Waits);
    }

    [Theory]
    [InlineData("POST", false, 1)]
    [InlineData("DELETE", false, 1)]
    [InlineData("GET", true, 1)]
    [InlineData("GET", false, 3)]
    [InlineData("HEAD", false, 3)]
    public async Task What_might_act_twice_is_tried_once_unless_asked_for(string method, bool hasBody, int tries)
    {
        await using var server = LoopbackHttpServer.Start(_ => new LoopbackResponse(503));
        Func<HttpContent?>? body = hasBody ? () => new StringContent("x") : null;

        await new HttpEndpointCheck(server.Address)
        {
            Method = new HttpMethod(method),
            Body = body,
            RetryDelay = Short,
        }.RunAsync(After.Purge());
        Assert.Equal(tries, server.Requests.Count);

        await new HttpEndpointCheck(server.Address)
        {
            Method = new HttpMethod(method),
            Body = body,
            RetryDelay = Short,
            Retries = 1,
        }.RunAsync(After.Purge());
        Assert.Equal(tries + 2, server.Requests.Count);
    }

    [Fact]
    public async Task A_registration_gets_a_fresh_body_for_each_try()
    {
        int number = 0;
        await using var server = LoopbackHttpServer.Start(request =>
            request.Body.Contains("user2@", StringComparison.Ordinal) ? LoopbackResponse.Json(201, new { success = true }) : new LoopbackResponse(500));
        HttpEndpointCheck check = Check(server, 201, ("success", true), HttpMethod.Post, () => new StringContent($$"""{"email":"user{{++number}}@example.com"}""", Encoding.UTF8, "application/json"), retries: 1);

        CheckReport result = await check.RunAsync(After.Purge());

        Assert.Equal((Outcome.Passed, "201 Created, success = true (2 tries)"), OutcomeOf(result));
        Assert.Equal(["""{"email":"user1@example.com"}""", """{"email":"user2@example.com"}"""], server.Requests.Select(request => request.Body));
        Assert.StartsWith("application/json", server.Requests[0].Headers["Content-Type"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", "healthy", true, "status = \"healthy\"")]
    [InlineData("status", "ok", false, "status = \"healthy\"")]
    [InlineData("data.items[1].id", 7, true, "data.items[1].id = 7")]
    [InlineData("data.items[1].id", 7.0, true, "data.items[1].id = 7")]
    [InlineData("data.items[2].id", 7, false, "no data.items[2].id")]
    [InlineData("data.items[99999999999]", 7, false, "no data.items[99999999999]")]
    [InlineData("data.items", 7, false, "data.items is an array")]
    [InlineData("data", null, false, "data is an object")]
    [InlineData("status.x", "healthy", false, "no status.x")]
    [InlineData("Status", "healthy", false, "no Status")]
    [InlineData("nothing", null, true, "nothing = null")]
    [InlineData("missing", null, false, "no missing")]
    [InlineData("nothing", "null", false, "nothing = null")]
    [InlineData("ready", true, true, "ready = true")]
    [InlineData("ready", false, false, "ready = true")]
    public async Task A_value_of_the_json_answer_is_compared(string path, object? expected, bool passes, string actual)
    {
        await using var server = LoopbackHttpServer.Start(_ =>
            LoopbackResponse.Json(200, new { status = "healthy", ready = true, nothing = (string?)null, data = new { items = new[] { new { id = 5 }, new { id = 7 } } } }));

        CheckReport result = await Check(server, 200, (path, expected), retries: 0).RunAsync(After.Purge());

        Assert.Equal((passes ? Outcome.Passed : Outcome.Failed, $"200 OK, {actual}"), OutcomeOf(result));
    }

    [Fact]
    public async Task Several_values_are_all_reported()
    {
        await using var server = LoopbackHttpServer.Start(_ => LoopbackResponse.Json(200, new[] { new { a = 1, b = "x" } }));
        var check = new HttpEndpointCheck(server.Address) { ExpectedJson = { ["[0].b"] = "y", ["[0].a"] = 1 }, Retries = 0 };

        Assert.Equal(new CheckReport
        {
            Outcome = Outcome.Failed,
            Expected = $"200 OK, [0].a = 1, [0].b = \"y\" from GET {server.Address}",
            Actual = "200 OK, [0].a = 1, [0].b = \"x\"",
        }, await check.RunAsync(After.Purge()));
    }

    [Theory]
    [InlineData("<html>fine</html>", "200 OK, and a body that is not JSON")]
    [InlineData("", "200 OK, and an empty body")]
    [InlineData("{\"status\":", "200 OK, and a body that is not JSON")]
    [InlineData("\uFEFF{\"status\":\"healthy\"}", "200 OK, status = \"healthy\"")]
    [InlineData("{\"status\":\"sick\",\"status\":\"healthy\"}", "200 OK, and a JSON body in which an object has the same property twice")]
    [InlineData("\uFEFF{\"status\":\"healthy\",\"a\":{\"b\":1,\"b\":1}}", "200 OK, and a JSON body in which an object has the same property twice")]
    public async Task A_body_that_is_no_json_fails(string body, string actual)
    {
        await using var server = LoopbackHttpServer.Start(_ => new LoopbackResponse(200, body, "text/html"));

        Assert.Equal(actual, (await Check(server, 200, ("status", "healthy"), retries: 0).RunAsync(After.Purge())).Actual);
    }

    [Fact]
    public async Task A_giant_body_is_not_read()
    {
        string giant = JsonSerializer.Serialize(new { status = "healthy", filling = new string('x', 3 * 1024 * 1024) });
        await using var server = LoopbackHttpServer.Start(_ => new LoopbackResponse(200, giant));

        Assert.Equal(
            (Outcome.Failed, "200 OK, and a body of more than 1 MiB, which was not read"),
            OutcomeOf(await Check(server, 200, ("status", "healthy"), retries: 0).RunAsync(After.Purge())));
        Assert.Equal(Outcome.Passed, (await Check(server, retries: 0).RunAsync(After.Purge())).Outcome);
    }

    [Fact]
    public async Task A_long_value_is_shortened()
    {
        await using var server = LoopbackHttpServer.Start(_ => LoopbackResponse.Json(200, new { status = new string('x', 9000) }));

        Assert.Equal(
            $"200 OK, status = \"{new string('x', 200)}... (9000 characters)\"",
            (await Check(server, 200, ("status", "healthy"), retries: 0).RunAsync(After.Purge())).Actual);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_so_that_a_sign_in_page_is_not_taken_for_health()
    {
        await using var server = LoopbackHttpServer.Start(request => request.Path == "/login"
            ? new LoopbackResponse(200)
            : new LoopbackResponse(302) { Headers = new Dictionary<string, string> { ["Location"] = "/login?ticket=s3cret" } });

        CheckReport result = await Check(server, retries: 0).RunAsync(After.Purge());

        Assert.Equal((Outcome.Failed, $"302 Found to {server.Address}login?ticket=..."), OutcomeOf(result));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Nobody_who_listens_is_a_measured_failure()
    {
        var check = new HttpEndpointCheck(new Uri($"http://127.0.0.1:{LoopbackHttpServer.FreePort()}/health")) { RetryDelay = Short };

        Assert.Equal((Outcome.Failed, "no answer: connection refused (3 tries)"), OutcomeOf(await check.RunAsync(After.Purge())));
    }

    [Fact]
    public async Task A_host_that_does_not_exist_is_a_measured_failure()
    {
        var check = new HttpEndpointCheck(new Uri("http://no-such-host.invalid/")) { Retries = 0, Client = DirectClient() };

        Assert.Equal((Outcome.Failed, "no answer: the name of the host is not known"), OutcomeOf(await check.RunAsync(After.Purge())));
    }

    [Fact]
    public async Task An_answer_that_does_not_come_in_time_is_a_measured_failure()
    {
        await using var server = LoopbackHttpServer.Start(async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return new LoopbackResponse(200);
        });

        CheckReport result = await Check(server, timeout: TimeSpan.FromMilliseconds(200), retries: 1).RunAsync(After.Purge());

        Assert.Equal((Outcome.Failed, "no answer within 0.2 s (2 tries)"), OutcomeOf(result));
    }

    [Fact]
    public async Task The_time_out_of_an_own_client_is_a_measured_failure_too()
    {
        await using var server = LoopbackHttpServer.Start(async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return new LoopbackResponse(200);
        });
        using var client = new HttpClient { Timeout = TimeSpan.FromMilliseconds(200) };

        CheckReport result = await new HttpEndpointCheck(server.Address) { Client = client, Retries = 0 }.RunAsync(After.Purge());

        Assert.Equal((Outcome.Failed, "no answer within 0.2 s"), OutcomeOf(result));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_a_measured_failure()
    {
        await using var server = LoopbackHttpServer.Start(
            _ => LoopbackResponse.Json(200, new { status = "healthy" }) with { BreaksOff = true });

        CheckReport result = await Check(server, 200, ("status", "healthy"), retries: 0).RunAsync(After.Purge());

        Assert.Equal((Outcome.Failed, "no answer: the connection was closed before the answer was complete"), OutcomeOf(result));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n", "no answer: the response is not HTTP")]
    [InlineData("", "no answer: the connection was closed before the answer was complete")]
    public async Task Something_else_behind_the_port_is_a_measured_failure(string greeting, string actual)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        Func<int> stop = Greet(listener, greeting);

        CheckReport result = await new HttpEndpointCheck(
            new Uri($"http://{listener.LocalEndpoint}/"))
        { Retries = 0 }.RunAsync(After.Purge());

        Assert.Equal((Outcome.Failed, actual), OutcomeOf(result));
        Assert.True(stop() > 0);
    }

    [Fact]
    public async Task A_post_without_a_body_is_sent_once_even_when_the_connection_is_closed()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        Func<int> stop = Greet(listener, "");

        CheckReport result = await new HttpEndpointCheck(
            new Uri($"http://{listener.LocalEndpoint}/"))
        { Method = HttpMethod.Post }.RunAsync(After.Purge());

        Assert.Equal((Outcome.Failed, 1), (result.Outcome, stop()));
    }

    [Fact]
    public async Task Stopping_is_not_a_failure_of_the_endpoint()
    {
        using var source = new CancellationTokenSource();
        await using var server = LoopbackHttpServer.Start(_ =>
        {
            source.Cancel();
            return new LoopbackResponse(503);
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Check(server).RunAsync(After.Purge(), source.Token));
    }

    [Fact]
    public async Task Headers_are_sent_and_nothing_secret_is_shown_even_when_the_server_says_it_back()
    {
        await using var server = LoopbackHttpServer.Start(request =>
            LoopbackResponse.Json(200, new { echo = $"{request.Headers["Authorization"]} {request.Query} {request.QueryValue("key")}" }));
        var check = new HttpEndpointCheck(new Uri(server.Address, "health?key=qu%20ery-s3cret&flag#fragment"))
        {
            Headers = { ["Authorization"] = "Bearer t0k3n-s3cret", ["X-Trace"] = "purge" },
            ExpectedJson = { ["echo"] = "x" },
            Retries = 0,
        };

        CheckReport result = await check.RunAsync(After.Purge());

        Assert.Equal(
            ("Bearer t0k3n-s3cret", "purge"),
            (server.Requests[0].Headers["Authorization"], server.Requests[0].Headers["X-Trace"]));
        Assert.Equal("?key=qu%20ery-s3cret&flag", server.Requests[0].Query);
        Assert.Contains($"GET {server.Address}health?key=...&...", result.Expected, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", result.Expected + result.Actual, StringComparison.Ordinal);
        Assert.Contains("echo = ", result.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_header_of_the_body_replaces_the_bodys_own()
    {
        await using var server = LoopbackHttpServer.Start(_ => new LoopbackResponse(200));
        var check = new HttpEndpointCheck(server.Address)
        {
            Method = HttpMethod.Post,
            Body = () => new StringContent("{}"),
            Headers = { ["Content-Type"] = "application/vnd.api+json" },
        };

        await check.RunAsync(After.Purge());

        Assert.Equal("application/vnd.api+json", server.Requests[0].Headers["Content-Type"]);
    }

    [Fact]
    public async Task A_body_that_cannot_be_made_was_not_measured()
    {
        var check = new HttpEndpointCheck(new Uri("http://localhost/"))
        {
            Method = HttpMethod.Post,
            Body = () => throw new InvalidOperationException("no address left"),
        };

        Assert.Equal((Outcome.NotRun, "InvalidOperationException: no address left"), OutcomeOf(await check.RunAsync(After.Purge())));
    }

    [Fact]
    public async Task A_client_of_ones_own_sends_and_is_not_disposed()
    {
        await using var server = LoopbackHttpServer.Start(_ => new LoopbackResponse(200));
        using HttpClient client = DirectClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "own");
        var check = new HttpEndpointCheck(server.Address) { Client = client };

        Assert.Equal(Outcome.Passed, (await check.RunAsync(After.Purge())).Outcome);
        Assert.Equal(Outcome.Passed, (await check.RunAsync(After.Purge())).Outcome);
        Assert.All(server.Requests, request => Assert.Equal("Bearer own", request.Headers["Authorization"]));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a.b[0][1].c-d")]
    [InlineData("[0]")]
    [InlineData("$schema")]
    public void A_path_is_read(string path) => Assert.True(JsonPath.IsValid(path));

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("a.")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("a[b]")]
    [InlineData("a[-1]")]
    [InlineData("a[0]b")]
    [InlineData("a.[0]")]
    [InlineData("a b")]
    public void A_path_that_is_none_is_reported(string path) => Assert.False(JsonPath.IsValid(path));

    private static (Outcome Outcome, string Actual) OutcomeOf(CheckReport result) => (result.Outcome, result.Actual);

    /// <summary>Says the same to everybody who asks, and hangs up.</summary>
    /// <returns>Ends it, and returns how many there were.</returns>
    private static Func<int> Greet(TcpListener listener, string greeting)
    {
        int connections = 0;
        listener.Start();
        _ = GreetAllAsync();
        return () =>
        {
            listener.Stop();
            return connections;
        };

        async Task GreetAllAsync()
        {
            while (listener.Server.IsBound)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                connections++;
                NetworkStream stream = client.GetStream();
                await stream.ReadExactlyAsync(new byte[16]);
                await stream.WriteAsync(Encoding.ASCII.GetBytes(greeting));
                client.Client.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null);
            }
        }
    }

    private static HttpClient DirectClient() => new(new SocketsHttpHandler { UseProxy = false });

    private static HttpEndpointCheck Check(
        LoopbackHttpServer server,
        int status = 200,
        (string Path, object? Value)? json = null,
        HttpMethod? method = null,
        Func<HttpContent?>? body = null,
        int? retries = null,
        TimeSpan? timeout = null)
    {
        var check = new HttpEndpointCheck(server.Address)
        {
            Method = method ?? HttpMethod.Get,
            ExpectedStatus = status,
            Body = body,
            Retries = retries,
            RetryDelay = Short,
            Timeout = timeout ?? TimeSpan.FromSeconds(30),
        };
        if (json is { } expected)
        {
            check.ExpectedJson[expected.Path] = expected.Value;
        }

        return check;
    }
}
