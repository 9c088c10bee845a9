using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Versions;

/// <summary>A run that is meant for one version of the server runs on that version.</summary>
public sealed class PostgreSqlVersionTests
{
    [Fact]
    public async Task The_server_has_the_version_that_the_run_asks_for()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(TestContext.Current.CancellationToken);
        string version = $"{await database.VersionAsync(TestContext.Current.CancellationToken)}";
        string? expected = Environment.GetEnvironmentVariable(PostgreSqlServer.VersionVariable);

        Assert.Equal(string.IsNullOrEmpty(expected) ? version : expected, version);
    }
}
