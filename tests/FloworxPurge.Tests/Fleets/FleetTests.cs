using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Fleets;

/// <summary>A fleet that cannot run says why before anything is written.</summary>
public sealed class FleetTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public void A_run_has_a_receipt_and_an_archive_of_its_own_for_each_target()
    {
        RunReceipt[] receipts = [Of("a", "bc"), Of("ab", "c"), Of("a", "bd"), Of("b", "bc")];

        Assert.Equal(receipts.Length, receipts.Select(receipt => receipt.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(receipts.Length, receipts.Select(receipt => receipt.ArchiveId).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(Of("a", "bc").Id, receipts[0].Id);

        static RunReceipt Of(string runId, string target) => new(runId, target, (_, _) => string.Empty);
    }

    [Fact]
    public void Targets_have_names_that_differ()
    {
        Assert.StartsWith(
            "These targets are there more than once: \"a\", \"b\". Receipts are kept by name, so that names must differ.",
            Assert.Throws<ArgumentException>(() => Fleet("b", "a", "b", "a", "B")).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "Give at least one target, and no empty name among them.",
            Assert.Throws<ArgumentException>(() => Fleet()).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Fleet("a", " "));
        Assert.Equal((4, null), (Fleet("a").Parallelism, Fleet("a").StopAfterFailures));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PurgeFleet(new Purger(), ["a"], Create) { Parallelism = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new PurgeFleet(new Purger(), ["a"], Create) { StopAfterFailures = 0 });
    }

    [Fact]
    public void A_purger_that_cannot_write_receipts_is_refused()
        => Assert.StartsWith(
            "OtherPurger cannot write receipts. Give a Purger, or the IPurger that AddFloworxPurge registers.",
            Assert.Throws<ArgumentException>(() => new PurgeFleet(new OtherPurger(), ["a"], Create)).Message,
            StringComparison.Ordinal);

    [Fact]
    public async Task An_engine_that_keeps_no_receipts_is_named_and_nothing_is_deleted()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine.Ansi, 1);

        FleetReport report = await scenario.Fleet(_ => { }).RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Failed, 1), (report.Verdict, report.ExitCode));
        Assert.StartsWith(
            "This call wrote nothing: A receipt in the database (PurgeFleet) is not supported on ",
            report.Targets[0].Summary,
            StringComparison.Ordinal);
        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task Only_targets_of_the_fleet_are_run()
    {
        Assert.StartsWith(
            "The fleet has no target \"A\".",
            (await Assert.ThrowsAsync<ArgumentException>(() => Fleet("a").RunOneAsync("run", "A", CancellationToken))).Message,
            StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => Fleet("a").RunOneAsync(" ", "a", CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>(() => Fleet("a").RunAsync("", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Two_targets_do_not_write_to_the_same_place()
    {
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => new PurgeFleet(new Purger(options => options.SaveReport("fleet.html").ArchiveTo("archive")), ["a", "b"], Create)
                .RunAsync("run", cancellationToken: CancellationToken));

        Assert.Equal(
            $"Several targets would write to \"{Path.GetFullPath("archive")}\", \"{Path.GetFullPath("fleet.html")}\". Set ArchiveTo and "
                + "SaveReport for each target, in Configure.",
            refused.Message);
    }

    [Fact]
    public async Task Options_of_a_target_that_are_not_valid_stop_all_of_them()
    {
        PurgeFleet fleet = new(new Purger(), ["a", "b"], Create)
        {
            Configure = (target, options) => options.MaxRows = target == "b" ? -1 : 1,
        };

        Assert.StartsWith(
            "The options of target \"b\" are not valid: ",
            (await Assert.ThrowsAsync<PurgeException>(() => fleet.RunAsync("run", cancellationToken: CancellationToken))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_context_in_a_transaction_is_not_used()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine.Sqlite, 1);
        PurgeFleet fleet = new(new Purger(FleetScenario.Marked), ["t1", "none"], target =>
        {
            if (target == "none")
            {
                return null!;
            }

            DbContext context = scenario.CreateContext(target);
            context.Database.BeginTransaction();
            return context;
        });

        FleetReport report = await fleet.RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal(
            "This call wrote nothing: The context of target \"t1\" is in a transaction. A fleet commits each target by itself: create "
                + "contexts without one.",
            report.Targets[0].Summary);
        Assert.Equal(
            "This call wrote nothing: There is no context for target \"none\": what creates contexts returned null.",
            report.Targets[1].Summary);
        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task Targets_in_one_database_wait_for_each_other()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine.PostgreSql, 1);
        string[] tenants = [.. Enumerable.Range(1, 3).Select(id => $"{id}")];
        PurgeFleet fleet = new(new Purger(), tenants, _ => scenario.CreateContext("t1"))
        {
            Configure = (target, options) => options.Rows<RowScopes.A>(
                a => a.Id == int.Parse(target, System.Globalization.CultureInfo.InvariantCulture)),
        };

        FleetReport report = await fleet.RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal("3 targets: 3 complete. 6 rows deleted by this run.", report.Summary);
        Assert.Equal(string.Empty, await scenario.KeysAsync("A"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xD800)]
    [InlineData(0xDC00)]
    public async Task Names_that_could_share_a_receipt_are_refused(int code)
    {
        // The text of an attribute has no half of a pair.
        string name = $"{(char)code}b";
        Assert.StartsWith(
            "A name of a target has a NUL or half of a surrogate pair, with which receipts could not be told apart: \"a",
            Assert.Throws<ArgumentException>(() => Fleet("b", $"a{name}")).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "The id of the run has a NUL or half of a surrogate pair, with which receipts could not be told apart: \"a",
            (await Assert.ThrowsAsync<ArgumentException>(() => Fleet("a").RunOneAsync($"a{name}", "a", CancellationToken))).Message,
            StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => Fleet("a").RunAsync($"a{name}", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task All_targets_whose_options_are_not_valid_are_named()
    {
        PurgeFleet fleet = new(new Purger(), ["a", "b", "c"], Create)
        {
            Configure = (target, options) => options.MaxRows =
                target == "a" ? throw new KeyNotFoundException("no tenant a") : target == "b" ? -1 : 1,
        };

        string message = (await Assert.ThrowsAsync<PurgeException>(() => fleet.RunAsync("run", cancellationToken: CancellationToken)))
            .Message;

        Assert.StartsWith("The options of target \"a\" are not valid: no tenant a", message, StringComparison.Ordinal);
        Assert.Contains("The options of target \"b\" are not valid: ", message, StringComparison.Ordinal);
        Assert.DoesNotContain("\"c\"", message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<PurgeException>(() => fleet.RunOneAsync("run", "a", CancellationToken));
    }

    [Fact]
    public async Task One_target_does_not_write_to_the_place_of_another()
    {
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(
            () => new PurgeFleet(new Purger(options => options.SaveReport("fleet.html")), ["a", "b"], Create)
                .RunOneAsync("run", "b", CancellationToken));

        Assert.StartsWith(
            $"Several targets would write to \"{Path.GetFullPath("fleet.html")}\".",
            refused.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_listener_that_throws_stops_no_target()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine.Sqlite, 3);
        PurgeFleet fleet = new(new Purger(FleetScenario.Marked), [.. scenario.Names, "x"], scenario.CreateContext) { Parallelism = 1 };

        FleetReport report = await fleet.RunAsync("run", new Broken(), CancellationToken);

        Assert.Equal((PurgeVerdict.Failed, 12), (report.Verdict, report.RowsDeleted));
        Assert.All(
            report.Targets,
            target => Assert.EndsWith(
                " The listener to the progress failed: the pipe is closed.",
                target.Summary,
                StringComparison.Ordinal));
        Assert.Equal("2, 2, 2", await scenario.KeysAsync("A"));
    }

    [Fact]
    public async Task A_context_that_cannot_be_disposed_does_not_hide_what_was_committed()
    {
        await using FleetScenario scenario = await FleetScenario.CreateAsync(Engine.Sqlite, 1);
        PurgeFleet fleet = new(new Purger(FleetScenario.Marked), ["t1"], _ => new Stuck(scenario["t1"].Database));

        FleetReport report = await fleet.RunAsync("run", cancellationToken: CancellationToken);

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.Contains(
            report.Targets[0].Report!.Notes,
            note => note.Text.Contains("the pool is gone", StringComparison.Ordinal));
    }

    private static PurgeFleet Fleet(params string[] targets) => new(new Purger(), targets, Create);

    private static DbContext Create(string target) => throw new InvalidOperationException(target);

    private sealed class Broken : IProgress<FleetTargetReport>
    {
        public void Report(FleetTargetReport value) => throw new InvalidOperationException("the pipe is closed");
    }

    private sealed class Stuck(TestDatabase database) : DbContext
    {
        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => database.Configure(optionsBuilder);

        protected override void OnModelCreating(ModelBuilder modelBuilder) => FleetScenario.Model(modelBuilder);

        public override async ValueTask DisposeAsync()
        {
            await base.DisposeAsync();
            throw new InvalidOperationException("the pool is gone");
        }
    }

    private sealed class OtherPurger : IPurger
    {
        public IPurger With(Action<PurgeOptions> configure) => this;

        public string? CheckGuards(PurgePlan plan) => null;

        public Task<PurgePlan> PlanAsync(IReadOnlyList<DbContext> contexts, CancellationToken cancellationToken = default)
            => throw new NotSupportedException();

        public Task<PurgeReport> ExecuteAsync(
            IReadOnlyList<DbContext> contexts,
            PurgePlan plan,
            IProgress<PurgeProgress>? progress = null,
            CancellationToken cancellationToken = default)
            => throw new NotSupportedException();

        public Task<PurgeReport> DryRunAsync(
            IReadOnlyList<DbContext> contexts,
            PurgePlan plan,
            CancellationToken cancellationToken = default)
            => throw new NotSupportedException();

        public Task<PurgeReport> VerifyAsync(
            IReadOnlyList<DbContext> contexts,
            PurgeReport report,
            CancellationToken cancellationToken = default)
            => throw new NotSupportedException();
    }
}
