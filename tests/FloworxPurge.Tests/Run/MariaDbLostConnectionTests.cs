using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using MySql.Data.MySqlClient;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Run;

/// <summary>What a report says when the server ends the connection of a run.</summary>
public sealed class MariaDbLostConnectionTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_reason_that_the_driver_keeps_within_is_named()
    {
        await using RowScopes.RowScenario scenario = await CreateAsync(Engine.MariaDb, _ => { }, "A 1! 2");
        Purger purger = Engine.MariaDb.Purger(options => options.Rows<RowScopes.A>(a => a.Marked));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        var hook = new CommandHook
        {
            Before = async (command, _) =>
            {
                if (command.CommandText.StartsWith("DELETE ", StringComparison.Ordinal)
                    && command.CommandText.Contains("`A`", StringComparison.Ordinal))
                {
                    int number = ((MySqlConnection)command.Connection!).ServerThread;
                    await scenario.Database.ExecuteAsync($"KILL {number}", CancellationToken);
                }
            },
        };
        await using ScenarioContext context = scenario.CreateContext(hook);

        PurgeException lost = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Contains(
            "failed and was rolled back: Fatal error encountered during command execution (",
            lost.Message,
            StringComparison.Ordinal);
        Assert.Equal((PurgeVerdict.Failed, "1 2"), (lost.Report!.Verdict, await scenario.KeysAsync("A")));
    }
}
