using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Chunks;

/// <summary>Runs in several transactions through PgBouncer, which may give each transaction another session.</summary>
public sealed class PgBouncerChunkTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Two_runs_at_once_delete_each_row_once_and_one_of_them_ends_with_an_error(int sessions)
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.PostgreSql, Model, "A 1! 2! 3! 4! 5 B 1>1 2>2 3>3 4>4 5>5");
        await using PgBouncer pooler = await PgBouncer.StartAsync(
            scenario.Database.ConnectionString,
            "transaction",
            sessions,
            CancellationToken);
        List<PurgeReport> reports = [];
        List<PurgeException> errors = [];
        bool isSecond = false;

        await RunAsync(async () =>
        {
            if (!isSecond)
            {
                isSecond = true;
                await RunAsync(() => Task.CompletedTask);
            }
        });

        Assert.Equal((1, 1), (reports.Count, errors.Count));
        Assert.Equal((PurgeVerdict.Complete, 8), (reports[0].Verdict, reports[0].RowsDeleted));
        Assert.Equal(("5", "5"), (await scenario.KeysAsync("A"), await scenario.KeysAsync("B")));

        async Task RunAsync(Func<Task> pause)
        {
            var purger = new Purger(options => options.Rows<A>(a => a.Marked).InChunks(1));
            await using var context = new ScenarioContext(null, Model, options => options.UseNpgsql(pooler.ConnectionString));
            try
            {
                reports.Add(await purger.ExecuteAsync(
                    context,
                    await purger.PlanAsync(context, CancellationToken),
                    new Pause(pause),
                    CancellationToken));
            }
            catch (PurgeException e)
            {
                errors.Add(e);
            }
        }
    }

    private static void Model(ModelBuilder model)
    {
        Tables(model);
        Required<B, A>(model, "ParentId", DeleteBehavior.Cascade);
    }

    private sealed class Pause(Func<Task> act) : IProgress<PurgeProgress>
    {
        public void Report(PurgeProgress value)
        {
            if (value.Chunk is { Transactions: > 0 })
            {
                act().GetAwaiter().GetResult();
            }
        }
    }
}
