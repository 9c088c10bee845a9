using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Run;

/// <summary>
/// Foreign keys that a run turns off come back in the state that they had, however the run ends. See <see cref="TurnedOffKeys"/> for the
/// engine that is played.
/// </summary>
public sealed class TurnedOffKeysTests
{
    // Two cycles of NOT NULL keys, a table that needs the first of them, and one that needs nothing.
    private const string Cycles = "a->b, b->a, c->d, d->c, a->e, f";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cycle_is_emptied_while_its_keys_are_off_and_they_are_on_again(bool keepsKeysOff)
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff, Cycles);

        PurgePlan plan = await played.Purger().PlanAsync(played.Context, CancellationToken);
        PurgeReport report = await played.Purger().ExecuteAsync(played.Context, plan, cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 18L), (report.Verdict, report.RowsDeleted));
        Assert.Equal(2, plan.Steps.Count(step => step.Kind == PlanStepKind.DisableConstraints));
        Assert.Equal(0, await played.CountAsync());
        Assert.Equal(played.StateBefore, await TurnedOffKeys.StateAsync(played.Database));
        await played.AssertKeysHoldAsync();
    }

    [Fact]
    public async Task A_key_that_was_off_stays_off_and_one_that_was_not_trusted_stays_so()
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff: false, "a->b->c, c->a, c->b");
        List<ForeignKey> keys = [.. (await played.Purger().PlanAsync(played.Context, CancellationToken)).Cycles.Single().ForeignKeys];
        ForeignKey untrusted = keys.Single(key => key.Dependent.Name == "b");
        ForeignKey off = keys.Single(key => key.Dependent.Name == "c" && key.Principal.Name == "b");
        await played.Database.ExecuteAsync(
            $"ALTER TABLE b DROP CONSTRAINT \"{untrusted.Name}\"; ALTER TABLE b ADD CONSTRAINT \"{untrusted.Name}\" FOREIGN KEY "
                + $"(\"{untrusted.DependentColumns[0]}\") REFERENCES c NOT VALID",
            CancellationToken);
        await TurnedOffKeys.TurnOffAsync(played.Database, played.Quoting, off);
        string before = (await TurnedOffKeys.StateAsync(played.Database))!;

        PurgePlan plan = await played.Purger().PlanAsync(played.Context, CancellationToken);
        PurgeReport report = await played.Purger().ExecuteAsync(played.Context, plan, cancellationToken: CancellationToken);

        Assert.Contains($"{untrusted.Name}:false", before, StringComparison.Ordinal);
        Assert.Contains($"{off.Name}:true:DDDD", before, StringComparison.Ordinal);
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.DoesNotContain(plan.Steps, step => step.Sql.Contains(off.Name!, StringComparison.Ordinal));
        Assert.Equal(before, await TurnedOffKeys.StateAsync(played.Database));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failure_in_between_leaves_rows_and_keys_as_they_were(bool keepsKeysOff)
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff, Cycles, failing: "b");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(() => played.PurgeAsync());

        Assert.Equal((PurgeVerdict.Failed, 0L), (exception.Report!.Verdict, exception.Report!.RowsDeleted));
        await played.AssertAsFoundAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancellation_at_any_command_leaves_rows_and_keys_as_they_were(bool keepsKeysOff)
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff, "a->b, b->a");
        PurgePlan plan = await played.Purger().PlanAsync(played.Context, CancellationToken);
        for (int last = 1; ; last++)
        {
            using var source = new CancellationTokenSource();
            played.Hook.Reset();
            played.Hook.After = (_, number) =>
            {
                if (number == last)
                {
                    source.Cancel();
                }

                return ValueTask.CompletedTask;
            };
            if (await Record.ExceptionAsync(
                () => played.Purger().ExecuteAsync(played.Context, plan, cancellationToken: source.Token)) is not { } exception)
            {
                Assert.True(last > plan.Steps.Count, "At least every step was tried.");
                break;
            }

            Assert.Equal(PurgeVerdict.Cancelled, Assert.IsType<PurgeException>(exception).Report?.Verdict);
            await played.AssertAsFoundAsync();
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Best_effort_leaves_the_cycle_that_fails_and_empties_the_other(bool keepsKeysOff)
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff, Cycles, failing: "b");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => played.PurgeAsync(options => options.BestEffort = true));

        PurgeReport report = exception.Report!;
        Assert.Equal((PurgeVerdict.Partial, 9L), (report.Verdict, report.RowsDeleted));
        Assert.Equal(
            ["a", "b", "e"],
            report.Tables.Where(table => table.RowsAfter > 0).Select(table => table.Table.Name).Order(StringComparer.Ordinal));
        Assert.Equal(9, await played.CountAsync());
        Assert.Equal(played.StateBefore, await TurnedOffKeys.StateAsync(played.Database));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task In_the_caller_s_transaction_keys_are_on_when_the_purge_is_done(bool keepsKeysOff)
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff, Cycles);
        await using (await played.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            PurgeReport report = await played.PurgeAsync();

            Assert.Equal(PurgeVerdict.Complete, report.Verdict);
            await Assert.ThrowsAsync<Npgsql.PostgresException>(
                () => played.Context.Database.ExecuteSqlRawAsync("INSERT INTO a VALUES (1, 1, 1)", CancellationToken));
        }

        await played.AssertAsFoundAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task In_the_caller_s_transaction_a_failure_turns_them_on_again_and_keeps_what_the_caller_wrote(bool keepsKeysOff)
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff, Cycles, failing: "b");
        await using (IDbContextTransaction transaction = await played.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            await played.Context.Database.ExecuteSqlRawAsync("INSERT INTO f VALUES (99)", CancellationToken);

            await Assert.ThrowsAsync<PurgeException>(() => played.PurgeAsync());

            await transaction.CreateSavepointAsync("mine", CancellationToken);
            await Assert.ThrowsAsync<Npgsql.PostgresException>(
                () => played.Context.Database.ExecuteSqlRawAsync("DELETE FROM e", CancellationToken));
            await transaction.RollbackToSavepointAsync("mine", CancellationToken);
            await transaction.CommitAsync(CancellationToken);
        }

        Assert.Equal(19, await played.CountAsync());
        Assert.Equal(played.StateBefore, await TurnedOffKeys.StateAsync(played.Database));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_resetter_empties_a_cycle_again_and_again(bool keepsKeysOff)
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff, Cycles);
        await using DatabaseResetter resetter = await played.ResetterAsync();

        for (int round = 0; round < 3; round++)
        {
            await resetter.ResetAsync(CancellationToken);

            Assert.Equal(0, await played.CountAsync());
            Assert.Equal(played.StateBefore, await TurnedOffKeys.StateAsync(played.Database));
            await played.AssertKeysHoldAsync();
            await played.Graph.FillAsync(played.Database, cancellationToken: CancellationToken);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_reset_that_fails_in_between_leaves_rows_and_keys_as_they_were(bool keepsKeysOff)
    {
        await using Played played = await Played.CreateAsync(keepsKeysOff, Cycles, failing: "b");
        await using DatabaseResetter resetter = await played.ResetterAsync();

        await Assert.ThrowsAsync<PurgeException>(() => resetter.ResetAsync(CancellationToken));

        await played.AssertAsFoundAsync();
    }

    private sealed class Played : IAsyncDisposable
    {
        private readonly bool _keepsKeysOff;

        private Played(PostgreSqlTestDatabase database, GraphScenario graph, bool keepsKeysOff, string stateBefore)
        {
            _keepsKeysOff = keepsKeysOff;
            Database = database;
            Graph = graph;

            // What a session has been left with is to be seen once its connection is closed, too.
            Context = graph.CreateContext(
                database,
                options => options.UseNpgsql(database.ConnectionString + ";No Reset On Close=true").AddInterceptors(Hook));
            StateBefore = stateBefore;
        }

        public PostgreSqlTestDatabase Database { get; }

        public GraphScenario Graph { get; }

        public ScenarioContext Context { get; }

        public CommandHook Hook { get; } = new();

        public string StateBefore { get; }

        public ISqlGenerationHelper Quoting => Context.GetService<ISqlGenerationHelper>();

        /// <param name="keepsKeysOff">Whether keys stay off after a rollback.</param>
        /// <param name="notation">The graph; three rows a table.</param>
        /// <param name="failing">A table from which no row can be deleted, whether its keys are off or not.</param>
        public static async Task<Played> CreateAsync(bool keepsKeysOff, string notation, string? failing = null)
        {
            PostgreSqlTestDatabase database = await PostgreSqlTestDatabase.CreateAsync(CancellationToken);
            GraphScenario graph = GraphScenario.Parse(notation);
            await graph.CreateAsync(database, rows: 3, CancellationToken);
            if (failing is not null)
            {
                await database.RaiseOnDeleteAsync(failing, "not this one", CancellationToken);
                await database.ExecuteAsync($"ALTER TABLE {failing} ENABLE ALWAYS TRIGGER stop_{failing}", CancellationToken);
            }

            return new Played(database, graph, keepsKeysOff, (await TurnedOffKeys.StateAsync(database))!);
        }

        public Purger Purger(Action<PurgeOptions>? configure = null) => new(options =>
        {
            options.Dialect = new TurnedOffKeys(_keepsKeysOff);
            configure?.Invoke(options);
        });

        public async Task<PurgeReport> PurgeAsync(Action<PurgeOptions>? configure = null)
        {
            Purger purger = Purger(configure);
            return await purger.ExecuteAsync(
                Context,
                await purger.PlanAsync(Context, CancellationToken),
                cancellationToken: CancellationToken);
        }

        public Task<DatabaseResetter> ResetterAsync()
            => DatabaseResetter.CreateAsync(Context, options => options.Dialect = new TurnedOffKeys(_keepsKeysOff), CancellationToken);

        public async Task<long> CountAsync() => (await Graph.CountAsync(Database, CancellationToken)).Values.Sum();

        public async Task AssertAsFoundAsync()
        {
            Assert.All(await Graph.CountAsync(Database, CancellationToken), pair => Assert.Equal(3, pair.Value));
            Assert.Equal(StateBefore, await TurnedOffKeys.StateAsync(Database));
        }

        public async Task AssertKeysHoldAsync()
            => await Assert.ThrowsAsync<Npgsql.PostgresException>(
                () => Database.ExecuteAsync("INSERT INTO c VALUES (1, 1)", CancellationToken));

        public async ValueTask DisposeAsync()
        {
            await Context.DisposeAsync();
            await Database.DisposeAsync();
        }
    }
}
