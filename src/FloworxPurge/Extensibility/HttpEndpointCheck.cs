using System.Globalization;
using FloworxPurge.Reporting;

namespace FloworxPurge.Extensibility;

/// <summary>
/// Sends a request to an HTTP endpoint and compares the status and, if wanted, values of the JSON response: a health check, or a
/// registration that has to work.
/// </summary>
/// <remarks>
/// An endpoint that does not answer is a measured failure. Redirects are not followed, so that a page to sign in is not taken for health.
/// Reports show the address without the values of its query, no headers and no bodies; what a header or the query holds, from four
/// characters on, is redacted in every message.
/// Properties are validated when a purger is made of the options.
/// </remarks>
public sealed class HttpEndpointCheck : IPurgeCheck, IValidated
{
    private readonly Uri _address;

    /// <summary>Creates the check: GET, and 200 is expected, unless properties say otherwise.</summary>
    /// <param name="address">An absolute address with <c>http</c> or <c>https</c>, without user info.</param>
    /// <exception cref="ArgumentException">The address is not such a one; the message names every problem.</exception>
    public HttpEndpointCheck(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        string[] problems = [.. AddressProblems(address)];
        if (problems.Length > 0)
        {
            throw new ArgumentException($"The address of the endpoint is not valid: {string.Join("; ", problems)}.", nameof(address));
        }

        _address = address;
    }

    /// <summary>Gets the method. The default value is GET.</summary>
    public HttpMethod Method { get; init; } = HttpMethod.Get;

    /// <summary>Gets the expected status. The default value is 200.</summary>
    public int ExpectedStatus { get; init; } = 200;

    /// <summary>
    /// Gets the values that the JSON answer has to hold, by path: <c>status</c>, <c>data.items[0].id</c>. A value is a text, a number, a
    /// boolean or <see langword="null"/>. The default is empty, and the body is not read. A body of more than 1 MiB fails.
    /// </summary>
    public IDictionary<string, object?> ExpectedJson { get; } = new SortedDictionary<string, object?>(StringComparer.Ordinal);

    /// <summary>
    /// Gets the delegate that creates the request body for each try, so that each try can register another address. The default value is
    /// <see langword="null"/>, no body.
    /// </summary>
    public Func<HttpContent?>? Body { get; init; }

    /// <summary>Gets the headers of the request, such as <c>Authorization</c>. Reports never contain them. The default is none.</summary>
    public IDictionary<string, string> Headers { get; } = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>
    /// Gets how long one try may take, its answer included; more than zero, at most 2147483647 milliseconds. The default value is 10
    /// seconds.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Gets how many more tries a failure gets; 0 or more. The default value is <see langword="null"/>: 2 for GET and HEAD without a body,
    /// otherwise 0, since a POST that is sent again might register twice.
    /// </summary>
    public int? Retries { get; init; }

    /// <summary>
    /// Gets the time between two tries, by the clock of the purge; zero to 2147483647 milliseconds. The default value is 1 second.
    /// </summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Gets the client to send with; it is not disposed, and redirects are followed if it does so. The default value is
    /// <see langword="null"/>: one of its own for each run, which follows no redirects and keeps no cookies.
    /// </summary>
    public HttpClient? Client { get; init; }

    private int MostTries => 1 + (Retries ?? (Body is null && (Method == HttpMethod.Get || Method == HttpMethod.Head) ? 2 : 0));

    /// <inheritdoc/>
    public async Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        string[] problems = [.. ((IValidated)this).Problems()];
        if (problems.Length > 0)
        {
            return new CheckReport
            {
                Outcome = Outcome.NotRun,
                Expected = string.Empty,
                Actual = $"the check is not valid: {string.Join("; ", problems)}",
            };
        }

        string expected =
            $"{HttpMessages.Status(ExpectedStatus)}"
                + $"{string.Concat(ExpectedJson.Select(pair => $", {pair.Key} = {HttpTry.Json(pair.Value)}"))} "
                + $"from {Method} {HttpMessages.Address(_address)}";
        HttpClient? own = Client is null ? CreateClient() : null;
        try
        {
            return await TryAsync(
                new HttpTry(this, _address, own ?? Client!),
                expected,
                context.TimeProvider,
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            own?.Dispose();
        }
    }

    IEnumerable<string> IValidated.Problems()
    {
        List<string> problems = [];
        Add(Method is null, $"{nameof(Method)} is null; give one, such as HttpMethod.Get");
        Add(ExpectedStatus is < 200 or > 599, $"{nameof(ExpectedStatus)} is {ExpectedStatus}; give 200 to 599");
        Add(
            Timeout.TotalMilliseconds is <= 0 or > int.MaxValue,
            $"{nameof(Timeout)} is {Timeout}; give more than zero, up to {int.MaxValue} milliseconds");
        Add(
            RetryDelay.TotalMilliseconds is < 0 or > int.MaxValue,
            $"{nameof(RetryDelay)} is {RetryDelay}; give zero up to {int.MaxValue} milliseconds");
        Add(Retries is < 0 or int.MaxValue, $"{nameof(Retries)} is {Retries}; give 0 or more, or null for what the method allows");
        foreach (string path in ExpectedJson.Keys.Where(path => !JsonPath.IsValid(path)))
        {
            Add(true, $"{nameof(ExpectedJson)} has the path \"{path}\"; give one such as data.items[0].id");
        }

        foreach ((string name, string value) in Headers)
        {
            // The message does not contain the value, which may be a secret.
            Add(!HttpTry.IsHeader(name, value), $"{nameof(Headers)} has \"{name}\", whose name or value is not allowed in HTTP");
        }

        return problems;

        void Add(bool isWrong, FormattableString problem)
        {
            if (isWrong)
            {
                problems.Add(problem.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static IEnumerable<string> AddressProblems(Uri address)
    {
        if (!address.IsAbsoluteUri)
        {
            yield return "it is relative; give an absolute one";
            yield break;
        }

        if (address.Scheme is not ("http" or "https"))
        {
            yield return $"its scheme is {address.Scheme}; give http or https";
        }

        if (address.UserInfo.Length > 0)
        {
            yield return $"it has user info, which HTTP clients do not send; give an Authorization header in {nameof(Headers)}";
        }
    }

    private static HttpClient CreateClient()
        => new(
            new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        { Timeout = System.Threading.Timeout.InfiniteTimeSpan };

    private async Task<CheckReport> TryAsync(HttpTry attempt, string expected, TimeProvider clock, CancellationToken cancellationToken)
    {
        for (int number = 1; ; number++)
        {
            (Outcome outcome, string actual) = await attempt.RunAsync(clock, cancellationToken).ConfigureAwait(false);
            if (outcome != Outcome.Failed || number == MostTries)
            {
                string tries = number == 1 ? string.Empty : string.Create(CultureInfo.InvariantCulture, $" ({number} tries)");
                return new CheckReport { Outcome = outcome, Expected = expected, Actual = actual + tries };
            }

            await Task.Delay(RetryDelay, clock, cancellationToken).ConfigureAwait(false);
        }
    }
}
