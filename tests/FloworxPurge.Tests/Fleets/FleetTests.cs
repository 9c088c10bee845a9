using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Fleets;

/// <summary>A fleet that cannot run says why before anything is written.</summary>
public sealed class FleetTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

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
            "Nothing was written: The context of target \"t1\" is in a transaction. A fleet commits each target by itself: create contexts "
                + "without one.",
            report.Targets[0].Summary);
        Assert.Equal(
            "Nothing was written: There is no context for target \"none\": what creates contexts returned null.",
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

    private static PurgeFleet Fleet(params string[] targets) => new(new Purger(), targets, Create);

    private static DbContext Create(string target) => throw new InvalidOperationException(target);

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
