using System.Data.Common;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// What a whole run sends to SQL Server, command by command: approved texts. No server answers, but a stand-in, so that this proves nothing
/// about one.
/// </summary>
public sealed class SqlServerCommandTests
{
    [Fact]
    public void The_questions_to_the_catalog()
        => Snapshot.Match(
            "sqlserver.commands.catalog",
            string.Join("\n", SqlServerStandIn.Queries.Select(query => $"-- catalog: {query.Key}\n{query.Value}\n")));

    [Fact]
    public async Task A_nullable_cycle_is_set_to_NULL_and_identities_are_reset()
    {
        Run run = await PurgeAsync(
            "chain",
            Numbered("step->journey->client, client->journey?, journey->journey?, audit->client?:cascade"),
            options => options.Exclude("dbo.audit").ResetIdentity = true,
            server => server.Unset("audit", "client_id"));

        Assert.Equal((PurgeVerdict.Complete, 9), (run.Report!.Verdict, run.Report.RowsDeleted));
        Assert.Equal(3, run.Server.Now.Rows[new TableName("dbo", "audit")]);
    }

    [Fact]
    public async Task A_NOT_NULL_cycle_has_its_foreign_keys_off_and_on_again()
    {
        Run run = await PurgeAsync("cycle", GraphScenario.Parse("a->b->c, c->a, d->a").BuildModel);

        Assert.Equal((PurgeVerdict.Complete, 12), (run.Report!.Verdict, run.Report.RowsDeleted));
        Assert.Equal(run.Server.Before.Keys, run.Server.Now.Keys);
    }

    [Fact]
    public async Task A_cycle_that_fails_in_between_is_rolled_back_with_its_foreign_keys_and_the_lock_time_out()
    {
        Run run = await PurgeAsync(
            "cycle-fails",
            GraphScenario.Parse("a->b, b->a, c->a").BuildModel,
            options => options.LockTimeout = TimeSpan.FromSeconds(5),
            server => server.Refuse("DELETE FROM [dbo].[b]", 1222, "Lock request time out period exceeded."));

        Assert.Contains("the lock wait timed out", run.Exception!.Message, StringComparison.Ordinal);
        Assert.Equal(run.Server.Before, run.Server.Now);
    }

    [Fact]
    public async Task The_history_of_a_temporal_table_is_purged_with_versioning_off()
    {
        Run run = await PurgeAsync("temporal", Temporal, options => options.PurgeHistory = true);

        Assert.Equal((PurgeVerdict.Complete, 3), (run.Report!.Verdict, run.Report.RowsDeleted));
        Assert.All(run.Server.Now.Rows.Values, rows => Assert.Equal(0, rows));
        Assert.Empty(run.Server.Now.Unversioned);
    }

    [Fact]
    public async Task A_history_that_cannot_be_purged_is_versioned_again()
    {
        Run run = await PurgeAsync(
            "temporal-fails",
            Temporal,
            options =>
            {
                options.PurgeHistory = true;
                options.BestEffort = true;
            },
            server => server.Refuse("DELETE FROM [log].[PricesBefore]", 229, "The DELETE permission was denied on the object 'PricesBefore', database 'shop', schema 'log'."));

        PurgeReport report = Assert.IsType<PurgeException>(run.Exception).Report!;
        Assert.Equal((PurgeVerdict.Partial, 3), (report.Verdict, report.RowsDeleted));
        Assert.Equal(6, run.Server.Now.Rows[new TableName("log", "PricesBefore")]);
        Assert.Empty(run.Server.Now.Unversioned);
    }

    [Fact]
    public async Task Tables_are_locked_within_the_lock_time_out()
    {
        Run run = await PurgeAsync("locks", GraphScenario.Parse("a->b, c").BuildModel, options =>
        {
            options.LockTables = true;
            options.LockTimeout = TimeSpan.FromSeconds(5);
        });

        Assert.Equal(PurgeVerdict.Complete, run.Report!.Verdict);
    }

    [Fact]
    public async Task Another_purge_has_the_lock()
    {
        Run run = await PurgeAsync(
            "other-purge",
            GraphScenario.Parse("a->b").BuildModel,
            configure: null,
            server => server.GivesPurgeLock = false);

        Assert.Contains("another purge of this database is running", run.Exception!.Message, StringComparison.Ordinal);
        Assert.Equal(run.Server.Before, run.Server.Now);
    }

    [Fact]
    public async Task Best_effort_goes_back_to_a_savepoint_and_goes_on()
    {
        Run run = await PurgeAsync(
            "best-effort",
            GraphScenario.Parse("a->b, b->a, a->under, other").BuildModel,
            options => options.BestEffort = true,
            server => server.Refuse("DELETE FROM [dbo].[b]", 229, "The DELETE permission was denied on the object 'b', database 'shop', schema 'dbo'."));

        PurgeReport report = Assert.IsType<PurgeException>(run.Exception).Report!;
        Assert.Equal((PurgeVerdict.Partial, 3), (report.Verdict, report.RowsDeleted));
        Assert.Equal(run.Server.Before.Rows.SetItem(new TableName("dbo", "other"), 0), run.Server.Now.Rows);
        Assert.Equal(run.Server.Before.Keys, run.Server.Now.Keys);
    }

    [Fact]
    public async Task Truncation()
    {
        Run run = await PurgeAsync(
            "truncate",
            GraphScenario.Parse("a->b, b->c?, d, e->e?").BuildModel,
            options => options.Truncate = true);

        Assert.Equal((PurgeVerdict.Complete, 15), (run.Report!.Verdict, run.Report.RowsDeleted));
    }

    [Fact]
    public async Task A_joined_transaction_gets_a_savepoint_and_its_lock_time_out_back()
    {
        Run run = await PurgeAsync(
            "joined",
            GraphScenario.Parse("a->b").BuildModel,
            options => options.LockTimeout = TimeSpan.FromSeconds(5),
            joins: true);

        Assert.Equal((PurgeVerdict.Complete, 6), (run.Report!.Verdict, run.Report.RowsDeleted));
    }

    [Fact]
    public async Task A_joined_transaction_goes_on_after_a_purge_that_failed()
    {
        Run run = await PurgeAsync(
            "joined-fails",
            GraphScenario.Parse("a->b, b->a").BuildModel,
            options => options.LockTimeout = TimeSpan.FromSeconds(5),
            server => server.Refuse(
                "DELETE FROM [dbo].[b]",
                229,
                "The DELETE permission was denied on the object 'b', database 'shop', schema 'dbo'."),
            joins: true);

        Assert.Contains("The DELETE permission was denied on the object 'b'", run.Exception!.Message, StringComparison.Ordinal);
        Assert.Equal(run.Server.Before, run.Server.Now);
    }

    [Fact]
    public async Task A_reset_of_what_is_dirty()
    {
        Action<ModelBuilder> build = Numbered("a->b, b->a, c->a, log->c?:cascade");
        await using ScenarioContext model = SqlServerLive.Context(build);
        var server = new SqlServerStandIn(SqlServerLive.Of(model));
        server.Unset("log", "c_id");
        await using var connection = new StandInConnection(server);
        await using var context = new ScenarioContext(database: null, build, options => options.UseSqlServer(connection));
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options => options.AllowDatabase("shop").Exclude("dbo.log"),
            TestContext.Current.CancellationToken);
        server.Forget();

        LeakReport first = await resetter.ResetAsync(context, TestContext.Current.CancellationToken);
        LeakReport second = await resetter.ResetAsync(context, TestContext.Current.CancellationToken);

        Snapshot.Match("sqlserver.commands.reset", server.Log);
        Assert.Equal((3, 0), (first.Tables.Count, second.Tables.Count));
        Assert.Equal(server.Before.Keys, server.Now.Keys);
        Assert.True(server.LockTimeoutIsAsBefore);
    }

    [Fact]
    public async Task The_stand_in_refuses_an_order_that_a_server_would_refuse()
    {
        static void Build(ModelBuilder model)
        {
            GraphScenario.Parse("a->b").BuildModel(model);
            Temporal(model);
        }

        await using ScenarioContext context = SqlServerLive.Context(Build);
        await using var connection = new StandInConnection(new SqlServerStandIn(SqlServerLive.Of(context)));
        await using DbCommand command = connection.CreateCommand();
        foreach (string sql in (string[])["DELETE FROM [dbo].[b]", "DELETE FROM [log].[PricesBefore]"])
        {
            command.CommandText = sql;
            Assert.ThrowsAny<DbException>(() => command.ExecuteNonQuery());
        }

        command.CommandText = "DELETE FROM [dbo].[a]";
        Assert.Equal(3, command.ExecuteNonQuery());
        await using DbTransaction transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        command.CommandText = "DELETE FROM [dbo].[b]";
        Assert.Throws<InvalidOperationException>(() => command.ExecuteNonQuery());
        command.Transaction = transaction;
        Assert.Equal(3, command.ExecuteNonQuery());
    }

    private static Action<ModelBuilder> Numbered(string notation)
    {
        GraphScenario graph = GraphScenario.Parse(notation);
        return model =>
        {
            graph.BuildModel(model);
            foreach (string table in graph.Tables)
            {
                model.SharedTypeEntity<Dictionary<string, object>>(
                    table,
                    entity => entity.IndexerProperty<int>("Id").ValueGeneratedOnAdd().UseIdentityColumn());
            }
        };
    }

    private static void Temporal(ModelBuilder model) => model.SharedTypeEntity<Dictionary<string, object>>("Price", entity =>
    {
        entity.ToTable("Prices", "shop", table => table.IsTemporal(temporal => temporal.UseHistoryTable("PricesBefore", "log")));
        entity.IndexerProperty<int>("Id").ValueGeneratedNever();
    });

    /// <summary>
    /// Plans and runs a purge, compares the commands of the run with the approved ones, and checks that the session is left as it was
    /// found.
    /// </summary>
    private static async Task<Run> PurgeAsync(
        string name,
        Action<ModelBuilder> build,
        Action<PurgeOptions>? configure = null,
        Action<SqlServerStandIn>? prepare = null,
        bool joins = false)
    {
        await using ScenarioContext model = SqlServerLive.Context(build);
        var server = new SqlServerStandIn(SqlServerLive.Of(model));
        prepare?.Invoke(server);
        await using var connection = new StandInConnection(server);
        await using var context = new ScenarioContext(database: null, build, options => options.UseSqlServer(connection));
        var purger = new Purger(options => configure?.Invoke(options));
        PurgePlan plan = await purger.PlanAsync(context, TestContext.Current.CancellationToken);
        server.Forget();

        PurgeReport? report = null;
        Exception? exception = null;
        await using (var transaction = joins ? await context.Database.BeginTransactionAsync(TestContext.Current.CancellationToken) : null)
        {
            exception = await Record.ExceptionAsync(
                async () => report = await purger.ExecuteAsync(context, plan, cancellationToken: TestContext.Current.CancellationToken));
            await (transaction?.CommitAsync(TestContext.Current.CancellationToken) ?? Task.CompletedTask);
        }

        Snapshot.Match("sqlserver.commands." + name, server.Log);
        Assert.True(server.LockTimeoutIsAsBefore);
        Assert.Equal(0, server.OpenTransactions);
        return new Run(server, report, exception);
    }

    private sealed record Run(SqlServerStandIn Server, PurgeReport? Report, Exception? Exception);
}
