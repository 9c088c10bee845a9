using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace FloworxPurge.Samples;

/// <summary>What came in.</summary>
public sealed record LoopbackRequest(string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>A value of the query, decoded; <see langword="null"/> when it is not there.</summary>
    public string? QueryValue(string name)
        => Query.TrimStart('?').Split('&').Select(pair => pair.Split('=', 2)).Where(pair => pair.Length == 2 && pair[0] == name).Select(pair => Uri.UnescapeDataString(pair[1])).FirstOrDefault();
}

/// <summary>What goes out. With <see cref="BreaksOff"/>, the connection is closed in the middle of the body.</summary>
public sealed record LoopbackResponse(int Status, string Body = "", string ContentType = "application/json")
{
    /// <summary>Further headers.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the body is cut off.</summary>
    public bool BreaksOff { get; init; }

    /// <summary>A value as JSON.</summary>
    public static LoopbackResponse Json(int status, object value) => new(status, JsonSerializer.Serialize(value));
}

/// <summary>A small HTTP server inside this process, on a free port of the loopback address. Requests are answered side by side, and kept.</summary>
public sealed class LoopbackHttpServer : IAsyncDisposable
{
    private const int MostPorts = 20;

    private readonly HttpListener _listener;
    private readonly Func<LoopbackRequest, CancellationToken, Task<LoopbackResponse>> _answer;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<LoopbackRequest> _requests = new();
    private readonly Task _loop;

    private LoopbackHttpServer(HttpListener listener, Uri address, Func<LoopbackRequest, CancellationToken, Task<LoopbackResponse>> answer)
    {
        _listener = listener;
        _answer = answer;
        Address = address;
        _loop = AcceptAsync();
    }

    /// <summary>The root, such as <c>http://127.0.0.1:40123/</c>.</summary>
    public Uri Address { get; }

    /// <summary>The requests so far, in order.</summary>
    public IReadOnlyList<LoopbackRequest> Requests => [.. _requests];

    /// <summary>Starts a server that answers by a delegate.</summary>
    public static LoopbackHttpServer Start(Func<LoopbackRequest, LoopbackResponse> answer)
        => Start((request, _) => Task.FromResult(answer(request)));

    /// <summary>Starts a server that answers by an asynchronous delegate; its token ends with the server.</summary>
    public static LoopbackHttpServer Start(Func<LoopbackRequest, CancellationToken, Task<LoopbackResponse>> answer)
    {
        for (int i = 1; ; i++)
        {
            var address = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort()}/"));
            var listener = new HttpListener();
            listener.Prefixes.Add(address.AbsoluteUri);
            try
            {
                listener.Start();
                return new LoopbackHttpServer(listener, address, answer);
            }
            catch (HttpListenerException) when (i < MostPorts)
            {
                // Somebody took the port in between.
                listener.Close();
            }
        }
    }

    /// <summary>Stops. A request that is still worked on loses its connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Close();
        await _loop;
        _stop.Dispose();
    }

    /// <summary>A port that nobody listens on.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private async Task AcceptAsync()
    {
        List<Task> open = [];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                open.Add(AnswerAsync(await _listener.GetContextAsync()));
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException or InvalidOperationException)
            {
                // The listener was closed.
                break;
            }
        }

        await Task.WhenAll(open);
    }

    private async Task AnswerAsync(HttpListenerContext context)
    {
        try
        {
            LoopbackRequest request = await ReadAsync(context.Request);
            _requests.Enqueue(request);
            LoopbackResponse response = await _answer(request, _stop.Token);
            await WriteAsync(context.Response, response);
        }
        catch (Exception exception) when (exception is OperationCanceledException or HttpListenerException or IOException or ObjectDisposedException)
        {
            // The client went away, or this server is being stopped.
            context.Response.Abort();
        }
    }

    private static async Task<LoopbackRequest> ReadAsync(HttpListenerRequest request)
    {
        using var reader = new StreamReader(request.InputStream, Encoding.UTF8);
        string body = await reader.ReadToEndAsync();
        Dictionary<string, string> headers = request.Headers.AllKeys.OfType<string>().ToDictionary(name => name, name => request.Headers[name] ?? "", StringComparer.OrdinalIgnoreCase);

        // As it was sent: a slash that is part of an id stays encoded.
        string[] target = (request.RawUrl ?? "/").Split('?', 2);
        return new LoopbackRequest(request.HttpMethod, target[0], target.Length == 2 ? "?" + target[1] : "", headers, body);
    }

    private static async Task WriteAsync(HttpListenerResponse answer, LoopbackResponse response)
    {
        answer.StatusCode = response.Status;
        foreach ((string name, string value) in response.Headers)
        {
            answer.AddHeader(name, value);
        }

        byte[] body = Encoding.UTF8.GetBytes(response.Body);
        if (response.Status != 204)
        {
            answer.ContentType = response.ContentType;
            answer.ContentLength64 = body.Length + (response.BreaksOff ? 1 : 0);
            await answer.OutputStream.WriteAsync(body);
            if (response.BreaksOff)
            {
                await answer.OutputStream.FlushAsync();
                answer.Abort();
                return;
            }
        }

        answer.Close();
    }
}
