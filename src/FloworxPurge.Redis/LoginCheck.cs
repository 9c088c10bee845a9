namespace FloworxPurge.Redis;

/// <summary>
/// Checks that a server took the connection for the user that was stated: the client continues as <c>default</c> when it does not accept
/// the password.
/// </summary>
internal static class LoginCheck
{
    /// <summary>Compares the users, and checks the password where the user alone does not prove it.</summary>
    /// <exception cref="RedisFailure">The server took the connection for another user, or does not accept the password.</exception>
    public static async Task RequireAsync(RedisSettings settings, RedisNode node, CancellationToken cancellationToken)
    {
        if (settings.User is not { } stated)
        {
            return;
        }

        string? user = await node.UserAsync(cancellationToken).ConfigureAwait(false);
        if (user is not null && !string.Equals(user, stated, StringComparison.Ordinal))
        {
            throw new RedisFailure(
                $"{node.Name} took the connection for the user \"{settings.Errors.Show(user)}\" and not for \"{stated}\", "
                    + "since it does not accept the password or the user; check both");
        }

        // An open user "default" is logged in with any password, and a server without users has but that one.
        if ((user is null || stated is "default") && settings.Configuration is { Password: { Length: > 0 } password } configuration)
        {
            string? given = string.IsNullOrWhiteSpace(configuration.User) ? null : configuration.User;
            await node.LogInAsync(given, password, cancellationToken).ConfigureAwait(false);
        }
    }
}
