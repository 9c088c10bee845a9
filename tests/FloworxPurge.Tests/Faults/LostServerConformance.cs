using FloworxPurge.Killed;
using FloworxPurge.Tests.Conformance;

namespace FloworxPurge.Tests.Faults;

/// <summary>
/// The server ends the sessions of a purge into an archive, or of its restore: the process lives, and cleans up what it can. Each row is
/// then in the database or in the archive. <c>FLOWORXPURGE_ROUNDS</c> sets how often, as for the kills.
/// </summary>
public abstract class LostServerConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData(KillRun.PurgeInChunks, 3)]
    [InlineData(KillRun.Purge, 2)]
    [InlineData(KillRun.PurgeInChunksToSchema, 3)]
    [InlineData(KillRun.PurgeToSchema, 2)]
    public async Task No_row_is_lost_and_none_is_there_twice_wherever_a_purge_and_its_restore_lose_their_session(
        string what,
        int defaultRounds)
    {
        await using KillScenario scenario = await KillScenario.CreateAsync(Engine);
        await KillSweep.RunAsync(scenario, what, defaultRounds, scenario.LoseAsync);
    }
}

public sealed class PostgreSqlLostServerConformance() : LostServerConformance(Engine.PostgreSql);

public sealed class MariaDbLostServerConformance() : LostServerConformance(Engine.MariaDb);
