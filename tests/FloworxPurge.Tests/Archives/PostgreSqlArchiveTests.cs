using System.Diagnostics;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Archives;

/// <summary>COPY obeys what other statements obey, and leaves the session as it was.</summary>
public sealed class PostgreSqlArchiveTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Copy_ends_at_the_command_timeout_and_at_a_cancellation(bool isCancelled)
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.PostgreSql, Model, "A 1! B 1>1 2>1");
        using var archive = new ArchiveFiles();
        await using var other = await scenario.Database.OpenConnectionAsync(CancellationToken);
        await using var holder = await other.BeginTransactionAsync(CancellationToken);
        await using (var command = other.CreateCommand())
        {
            command.Transaction = holder;
            command.CommandText = "SELECT * FROM \"B\" WHERE \"Id\" = 2 FOR UPDATE";
            await command.ExecuteNonQueryAsync(CancellationToken);
        }

        Purger purger = Engine.PostgreSql.Purger(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        using var cancelling = new CancellationTokenSource();
        scenario.Context.Database.SetCommandTimeout(isCancelled ? 60 : 2);
        if (isCancelled)
        {
            cancelling.CancelAfter(TimeSpan.FromSeconds(2));
        }

        var watch = Stopwatch.StartNew();
        PurgeException failed = await Assert.ThrowsAsync<PurgeException>(
            () => purger.ExecuteAsync(scenario.Context, plan, cancellationToken: cancelling.Token));

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), failed.Message);
        Assert.Equal(isCancelled ? PurgeVerdict.Cancelled : PurgeVerdict.Failed, failed.Report!.Verdict);
        Assert.Contains(isCancelled ? "Cancelled" : "command timeout", failed.Message, StringComparison.Ordinal);
        Assert.True(archive.IsNothing);
        await holder.RollbackAsync(CancellationToken);
        Assert.Equal("1 2", await scenario.KeysAsync("B"));
    }

    [Fact]
    public async Task The_settings_of_the_session_are_as_before_also_in_a_callers_transaction()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine.PostgreSql, Model, "A 1! B 1>1 2>1");
        using var archive = new ArchiveFiles();
        await using var transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken);
        await scenario.Context.Database.ExecuteSqlRawAsync(
            "SET LOCAL DateStyle = 'German'; SET LOCAL TimeZone = 'Asia/Tokyo'; SET LOCAL search_path = public, pg_temp",
            CancellationToken);
        string before = await SettingsAsync(scenario);

        Purger purger = Engine.PostgreSql.Purger(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder));
        PurgePlan plan = await purger.PlanAsync(scenario.Context, CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(scenario.Context, plan, cancellationToken: CancellationToken);

        Assert.Equal(3, report.RowsDeleted);
        Assert.Equal(before, await SettingsAsync(scenario));
        await transaction.CommitAsync(CancellationToken);
        archive.AssertWhole();
    }

    [Fact]
    public async Task A_table_that_one_statement_empties_is_deleted_by_copy_and_counted_by_it()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(
            Engine.PostgreSql,
            model => Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade),
            "A 1! 2! 3 B 1>1 2>1 3>3");
        using var archive = new ArchiveFiles();

        // COPY does not pass the interceptors of EF: the commands that do are without these two DELETEs.
        var hook = new CommandHook();
        await using ScenarioContext context = scenario.CreateContext(hook);
        Purger purger = Engine.PostgreSql.Purger(options => options.Rows<A>(a => a.Marked).ArchiveTo(archive.Folder));
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        hook.Reset();
        PurgeReport report = await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Equal(2, plan.Steps.Count(step => step.Kind == PlanStepKind.Delete));
        Assert.DoesNotContain(hook.Texts, text => plan.Steps.Any(step => step.Sql == text && step.Kind == PlanStepKind.Delete));
        Assert.Equal((2, 2), (archive.Lines("A").Count, archive.Lines("B").Count));
    }

    [Fact]
    public async Task A_number_of_a_large_object_is_archived_and_the_plan_says_that_the_object_is_not()
    {
        await using PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
        await database.ExecuteAsync(
            "CREATE TABLE typed (\"Id\" integer PRIMARY KEY, picture oid); INSERT INTO typed VALUES (1, lo_from_bytea(0, '\\x0102'))",
            CancellationToken);
        using var archive = new ArchiveFiles();
        await using var context = new ScenarioContext(database, model => model.Entity<Typed>().ToTable("typed"));
        var purger = new Purger(options => options.ArchiveTo(archive.Folder));

        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken);

        Assert.Contains(plan.Notes, note => note.Text.Contains("holds the number, not the object", StringComparison.Ordinal));
        Assert.Equal(1, await database.ScalarAsync<long>("SELECT count(*) FROM pg_largeobject_metadata", CancellationToken));
        Assert.Single(archive.Lines("typed"));
    }

    private static Task<string> SettingsAsync(RowScenario scenario)
        => scenario.Context.Database.SqlQueryRaw<string>(
            "SELECT string_agg(name || '=' || setting, ', ' ORDER BY name) AS \"Value\" FROM pg_settings WHERE name NOT LIKE 'plpgsql.%'")
            .SingleAsync(CancellationToken);

    private static void Model(ModelBuilder model) => Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
}
