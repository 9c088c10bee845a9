using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;

namespace IdentityProvider;

/// <summary>Lists and deletes users over HTTP. What is refused for the time being (429, 502, 503, 504) is sent again, as late as the provider asks for, and so is what got no answer.</summary>
internal sealed class ProviderClient(HttpClient client, IdentityProviderTarget target, TimeProvider clock)
{
    /// <summary>A page of users, from 0.</summary>
    /// <exception cref="ProviderException">There is no list.</exception>
    public async Task<IReadOnlyList<ProviderUser>> ListAsync(int page, CancellationToken cancellationToken)
    {
        string query = string.Create(CultureInfo.InvariantCulture, $"users?page={page}&per_page={target.PageSize}");
        using HttpResponseMessage response = await SendAsync(HttpMethod.Get, query, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw Refused("listing users", response.StatusCode);
        }

        try
        {
            ProviderPage? list = await response.Content.ReadFromJsonAsync<ProviderPage>(cancellationToken);
            return list?.Users is { } users && users.All(user => user?.UserId is not null)
                ? users
                : throw new ProviderException("listing users was answered without users, or with one that has no id");
        }
        catch (JsonException exception)
        {
            throw new ProviderException("listing users was not answered with JSON", exception);
        }
    }

    /// <summary>Deletes a user.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="ProviderException">The user is still there.</exception>
    public async Task<bool> DeleteAsync(ProviderUser user, CancellationToken cancellationToken)
    {
        // "users/" and "users/.." would be other addresses than the user's own.
        if (user.UserId is "" or "." or "..")
        {
            throw new ProviderException("its id cannot be part of an address");
        }

        using HttpResponseMessage response = await SendAsync(HttpMethod.Delete, "users/" + Uri.EscapeDataString(user.UserId), cancellationToken);
        return response.StatusCode switch
        {
            HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.NoContent => true,
            HttpStatusCode.NotFound or HttpStatusCode.Gone => false,
            var status => throw Refused("deleting a user", status),
        };
    }

    private static bool IsForNow(HttpStatusCode status)
        => status is HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout;

    private static ProviderException Refused(string what, HttpStatusCode status) => new(status switch
    {
        HttpStatusCode.Unauthorized => $"{what} was answered with 401: the token is not accepted",
        HttpStatusCode.Forbidden => $"{what} was answered with 403: the token lacks the right",
        _ => string.Create(CultureInfo.InvariantCulture, $"{what} was answered with {(int)status}"),
    })
    {
        ConcernsAll = status is HttpStatusCode.Unauthorized || IsForNow(status),
    };

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        for (int retries = 0; ; retries++)
        {
            (HttpResponseMessage? response, string? problem) = await SendOnceAsync(method, path, cancellationToken);
            if (response is not null && (!IsForNow(response.StatusCode) || retries == target.Retries))
            {
                return response;
            }

            if (retries == target.Retries)
            {
                throw new ProviderException(problem!) { IsUnreachable = true, ConcernsAll = true };
            }

            double doubled = Math.Min(target.FirstWait.TotalSeconds * Math.Pow(2, retries), target.LongestWait.TotalSeconds);
            TimeSpan wait = RetryAfter(response) ?? TimeSpan.FromSeconds(doubled);
            response?.Dispose();

            if (wait > target.LongestWait)
            {
                throw new ProviderException(string.Create(CultureInfo.InvariantCulture, $"the provider asks to wait {Math.Ceiling(wait.TotalSeconds)} s, which is longer than {nameof(IdentityProviderTarget.LongestWait)} allows")) { ConcernsAll = true };
            }

            await Task.Delay(wait, clock, cancellationToken);
        }
    }

    private async Task<(HttpResponseMessage? Response, string? Problem)> SendOnceAsync(HttpMethod method, string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(target.Address, path));

        // Asked for each time: it may run out while many users are deleted.
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await target.GetTokenAsync(cancellationToken));
        try
        {
            return (await client.SendAsync(request, cancellationToken), null);
        }
        catch (HttpRequestException exception)
        {
            return (null, exception.GetBaseException() is SocketException socket ? $"no answer: {socket.SocketErrorCode}" : $"no answer: {exception.HttpRequestError}");
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException)
        {
            return (null, string.Create(CultureInfo.InvariantCulture, $"no answer within {client.Timeout.TotalSeconds} s"));
        }
    }

    /// <summary>When the provider wants to be asked again: in so many seconds, or at a time.</summary>
    private TimeSpan? RetryAfter(HttpResponseMessage? response)
    {
        RetryConditionHeaderValue? header = response?.Headers.RetryAfter;
        TimeSpan? wait = header?.Delta ?? header?.Date - clock.GetUtcNow();
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
