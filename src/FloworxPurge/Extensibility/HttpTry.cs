using System.Net.Http.Headers;
using System.Text.Json;
using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>Sends one request and compares the response.</summary>
internal sealed class HttpTry(HttpEndpointCheck check, Uri address, HttpClient client)
{
    // Of two properties of one name, different readers take different ones.
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private const int LongestBody = 1024 * 1024;
    private const int ShortestSecret = 4;

    /// <summary>Determines whether HTTP allows the header.</summary>
    public static bool IsHeader(string name, string value)
    {
        return value is not null
            && !value.AsSpan().ContainsAny('\r', '\n', '\0')
            && name.Length > 0
            && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));
    }

    /// <summary>A value as JSON shows it.</summary>
    public static string Json(object? value)
        => value is string text ? $"\"{ScalarValue.Shorten(text)}\"" : value is null ? "null" : ScalarValue.Text(value);

    /// <summary>Sends and compares.</summary>
    public async Task<(Outcome Outcome, string Actual)> RunAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(check.Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            using HttpRequestMessage request = CreateRequest();
            using HttpResponseMessage response = await client.SendAsync(
                request,
                HttpCompletionOption.ResponseHeadersRead,
                either.Token).ConfigureAwait(false);
            (bool passes, string actual) = await CompareAsync(response, either.Token).ConfigureAwait(false);
            return (passes ? Outcome.Passed : Outcome.Failed, Redact(actual));
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested
            && (timeout.IsCancellationRequested || e.InnerException is TimeoutException))
        {
            return (
                Outcome.Failed,
                FormattableString.Invariant(
                    $"no answer within {(timeout.IsCancellationRequested ? check.Timeout : client.Timeout).TotalSeconds} s"));
        }
        catch (HttpRequestException e)
        {
            return (Outcome.Failed, Redact(HttpMessages.NoAnswer(e)));
        }
        catch (IOException e)
        {
            return (
                Outcome.Failed,
                Redact(
                    HttpMessages.NoAnswer(
                        new HttpRequestException((e as HttpIOException)?.HttpRequestError ?? HttpRequestError.Unknown, e.Message, e))));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Not the endpoint's doing: the delegate that makes the body, or a client that is disposed.
            return (Outcome.NotRun, Redact($"{e.GetType().Name}: {ScalarValue.Shorten(e.Message)}"));
        }
    }

    private HttpRequestMessage CreateRequest()
    {
        var request = new HttpRequestMessage(check.Method, address);
        try
        {
            request.Content = check.Body?.Invoke();
            if (check.Method != HttpMethod.Get && check.Method != HttpMethod.Head)
            {
                // HttpClient itself sends a request without any content again when the connection was closed before the answer.
                request.Content ??= new ByteArrayContent([]);
            }

            foreach ((string name, string value) in check.Headers)
            {
                if (!request.Headers.TryAddWithoutValidation(name, value))
                {
                    AddToContent(request, name, value);
                }
            }

            return request;
        }
        catch
        {
            request.Dispose();
            throw;
        }
    }

    /// <summary>Headers such as Content-Type belong to the body, and replace what it says.</summary>
    private static void AddToContent(HttpRequestMessage request, string name, string value)
    {
        HttpContentHeaders headers = (request.Content ??= new ByteArrayContent([])).Headers;
        headers.Remove(name);
        headers.TryAddWithoutValidation(name, value);
    }

    private async Task<(bool Passes, string Actual)> CompareAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        int status = (int)response.StatusCode;
        bool passes = status == check.ExpectedStatus;
        string actual = HttpMessages.Status(status);
        if (status is >= 300 and < 400 && Uri.TryCreate(address, response.Headers.Location, out Uri? location))
        {
            actual += $" to {HttpMessages.Address(location)}";
        }

        if (!passes || check.ExpectedJson.Count == 0)
        {
            return (passes, actual);
        }

        (JsonDocument? document, string? problem) = await ReadAsync(response.Content, cancellationToken).ConfigureAwait(false);
        if (document is null)
        {
            return (false, $"{actual}, {problem}");
        }

        using (document)
        {
            foreach ((string path, object? expected) in check.ExpectedJson)
            {
                (bool equal, string text) = CompareValue(document.RootElement, path, expected);
                passes &= equal;
                actual += ", " + text;
            }
        }

        return (passes, actual);
    }

    private (bool Equal, string Text) CompareValue(JsonElement document, string path, object? expected)
    {
        if (JsonPath.Find(document, path) is not { } found)
        {
            return (false, $"no {path}");
        }

        (bool isScalar, object? value) = JsonPath.Read(found);
        return isScalar
            ? (ScalarValue.AreEqual(expected, value), $"{path} = {Json(value is string text ? Redact(text) : value)}")
            : (false, $"{path} is {value}");
    }

    private static async Task<(JsonDocument? Document, string? Problem)> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            byte[] body = new byte[LongestBody + 1];
            int length = await stream.ReadAtLeastAsync(
                body,
                body.Length,
                throwOnEndOfStream: false,
                cancellationToken).ConfigureAwait(false);
            if (length > LongestBody)
            {
                return (null, "and a body of more than 1 MiB, which was not read");
            }

            try
            {
                // The stream skips the mark that some servers put before UTF-8.
                using var text = new MemoryStream(body, 0, length);
                return (await JsonDocument.ParseAsync(text, Strict, cancellationToken).ConfigureAwait(false), null);
            }
            catch (JsonException)
            {
                return (null, length == 0 ? "and an empty body"
                    : IsJson(body.AsMemory(0, length)) ? "and a JSON body in which an object has the same property twice"
                    : "and a body that is not JSON");
            }
        }
    }

    private static bool IsJson(ReadOnlyMemory<byte> body)
    {
        try
        {
            ReadOnlySpan<byte> mark = [0xEF, 0xBB, 0xBF];
            using JsonDocument document = JsonDocument.Parse(body.Span.StartsWith(mark) ? body[mark.Length..] : body);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Redacts the values of headers and query, in case the server or a proxy returns them.</summary>
    private string Redact(string text)
    {
        IEnumerable<string> secrets = check.Headers.Values
            .SelectMany(value => value.Split(' ').Append(value))
            .Concat(
                address.Query.TrimStart('?')
                    .Split('&')
                    .Select(pair => pair[(pair.IndexOf('=', StringComparison.Ordinal) + 1)..])
                    .SelectMany(value => new[] { value, Uri.UnescapeDataString(value) }))
            .Where(value => value.Length >= ShortestSecret)
            .Distinct(StringComparer.Ordinal)
            .OrderByDescending(value => value.Length);
        return secrets.Aggregate(text, (current, secret) => current.Replace(secret, "***", StringComparison.Ordinal));
    }
}
