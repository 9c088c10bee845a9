using FloworxPurge.Killed;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Faults;

/// <summary>The server itself crashes while a purge writes an archive, or a restore reads it.</summary>
public sealed class PostgreSqlCrashTests
{
    [Theory]
    [InlineData(KillRun.PurgeInChunks, 2)]
    [InlineData(KillRun.PurgeInChunksToSchema, 2)]
    public async Task No_row_is_lost_and_none_is_there_twice_wherever_the_server_crashes(string what, int defaultRounds)
    {
        QuickRun.SkipBefore("A PostgreSQL server");
        Assert.SkipWhen(
            Environment.GetEnvironmentVariable(PostgreSqlServer.Variable) is { Length: > 0 },
            $"The server that {PostgreSqlServer.Variable} names is not one to crash.");

        // Of its own: the others run on.
        await using var server = new PostgreSqlServer();
        PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(server, TestContext.Current.CancellationToken);
        await using KillScenario scenario = await KillScenario.CreateAsync(database);
        await KillSweep.RunAsync(scenario, what, defaultRounds, scenario.CrashAsync);
    }
}
