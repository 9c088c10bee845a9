using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.Servers;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>What the server warns of at the commit is in the report, although it is no error.</summary>
public sealed class CommitWarningTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_commit_that_no_standby_confirms_is_a_note_of_the_report()
    {
        QuickRun.SkipBefore("A PostgreSQL server");
        (string? binaries, string? reason) = PostgreSqlBinaries.Find();
        Assert.SkipWhen(binaries is null, "No PostgreSQL programs to start a server with: " + reason);
        await using PostgreSqlCluster cluster = await PostgreSqlCluster.StartAsync(
            binaries!,
            isDurable: true,
            CancellationToken,
            "synchronous_standby_names=gone");
        await using NpgsqlDataSource source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(cluster.ConnectionString) { Options = "-c synchronous_commit=local" }.ConnectionString);
        await ExecuteAsync(source, "CREATE TABLE a (\"Id\" int PRIMARY KEY); INSERT INTO a VALUES (1), (2), (3)");
        await using var context = new ScenarioContext(
            null,
            GraphScenario.Parse("a").BuildModel,
            options => options.UseNpgsql(cluster.ConnectionString));
        PurgePlan plan = await new Purger().PlanAsync(context, CancellationToken);

        Task<PurgeReport> run = new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        while (!run.IsCompleted)
        {
            await ExecuteAsync(source, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
            await Task.WhenAny(run, Task.Delay(TimeSpan.FromMilliseconds(50), CancellationToken));
        }

        PurgeReport report = await run;
        Assert.Equal((PurgeVerdict.Complete, TransactionOutcome.Committed), (report.Verdict, report.Transaction));
        PlanNote note = Assert.Single(report.Notes, note => note.Grade == LogLevel.Warning);
        Assert.Equal(
            "The server warned at the commit: canceling wait for synchronous replication due to user request. The transaction has already "
                + "committed locally, but might not have been replicated to the standby.",
            note.Text);
    }

    private static async Task ExecuteAsync(NpgsqlDataSource source, string sql)
    {
        await using NpgsqlCommand command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(CancellationToken);
    }
}
