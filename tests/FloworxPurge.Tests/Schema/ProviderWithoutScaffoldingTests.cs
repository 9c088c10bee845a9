using FloworxPurge.Execution;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Tests.Schema;

/// <summary>
/// A provider that has neither a dialect with catalog queries nor scaffolding is refused with what is missing, before anything is read or
/// written.
/// </summary>
public sealed class ProviderWithoutScaffoldingTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_plan_is_refused_with_what_is_missing_and_nothing_is_read()
    {
        await using SqliteTestDatabase database = await CreateAsync();
        var hook = new CommandHook();
        await using ScenarioContext context = CreateContext(typeof(UnknownProvider), database, hook);

        PurgeException refusal = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, CancellationToken));

        Assert.Equal(
            "The live schema cannot be read through the provider FloworxPurge.Tests (assembly FloworxPurge.Tests "
                + $"{typeof(UnknownProvider).Assembly.GetName().Version}). The SQL dialect ANSI SQL has no catalog queries, and the provider "
                + "has no IDatabaseModelFactory: its assembly has no DesignTimeProviderServicesAttribute, so it has no design-time services. "
                + "Use a version of the provider that supports \"dotnet ef dbcontext scaffold\", or set Dialect in the options to a dialect "
                + "with catalog queries (PurgeDialect.IdentityQuery).",
            refusal.Message);
        Assert.Empty(hook.Texts);
    }

    [Fact]
    public async Task A_run_of_a_plan_is_refused_with_a_report_and_nothing_is_written()
    {
        await using SqliteTestDatabase database = await CreateAsync();
        string before = await database.ChecksumAsync(CancellationToken);
        var hook = new CommandHook();
        await using ScenarioContext context = CreateContext(typeof(UnknownProvider), database, hook);
        PurgePlan plan = await WithDialect().PlanAsync(context, CancellationToken);
        hook.Reset();

        PurgeException refusal = await Assert.ThrowsAsync<PurgeException>(
            () => new Purger().ExecuteAsync(context, plan, cancellationToken: CancellationToken));

        Assert.Equal(
            (PurgeVerdict.Refused, TransactionOutcome.NothingWritten),
            (refusal.Report!.Verdict, refusal.Report!.Transaction));
        Assert.Contains("the provider has no IDatabaseModelFactory", refusal.Report!.Summary, StringComparison.Ordinal);
        Assert.Contains("the provider has no IDatabaseModelFactory", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(hook.Texts);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_purge_a_dry_run_a_verification_and_a_resetter_are_refused_and_nothing_is_written()
    {
        await using SqliteTestDatabase database = await CreateAsync();
        await using ScenarioContext context = CreateContext(typeof(UnknownProvider), database);
        PurgePlan plan = await WithDialect().PlanAsync(context, CancellationToken);
        PurgeReport report = await WithDialect().ExecuteAsync(context, plan, cancellationToken: CancellationToken);
        await database.ExecuteAsync("INSERT INTO logs VALUES (1, 'a')", CancellationToken);
        string before = await database.ChecksumAsync(CancellationToken);

        foreach (Func<Task> call in (Func<Task>[])[
            () => context.PurgeAsync(cancellationToken: CancellationToken),
            () => new Purger().DryRunAsync([context], plan, CancellationToken),
            () => new Purger().VerifyAsync([context], report, CancellationToken),
            () => DatabaseResetter.CreateAsync(context, options => options.AllowDatabase("main"), CancellationToken)])
        {
            Assert.Contains(
                "the provider has no IDatabaseModelFactory",
                (await Assert.ThrowsAsync<PurgeException>(call)).Message,
                StringComparison.Ordinal);
        }

        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task A_dialect_with_catalog_queries_needs_no_scaffolding()
    {
        await using SqliteTestDatabase database = await CreateAsync();
        await using ScenarioContext context = CreateContext(typeof(UnknownProvider), database);
        await using DatabaseResetter resetter = await DatabaseResetter.CreateAsync(
            context,
            options =>
            {
                options.Dialect = new SqliteDialect();
                options.AllowDatabase("main");
            },
            CancellationToken);

        LeakReport report = await resetter.ResetAsync(CancellationToken);

        Assert.Equal(12, report.Tables.Sum(table => table.RowsBefore));
    }

    [Fact]
    public async Task Design_time_services_that_the_assembly_does_not_contain_are_named()
        => await AssertMissingAsync(
            UnknownProvider.Define("Some.Provider", services: null),
            "(assembly Some.Provider 7.8.9.0)",
            "its assembly does not contain its design-time services, Some.Provider.DesignTimeServices");

    [Fact]
    public async Task Design_time_services_that_are_none_are_named()
        => await AssertMissingAsync(
            UnknownProvider.Define("Wrong.Provider", typeof(object)),
            "its design-time services, Wrong.Provider.DesignTimeServices, are not a class that implements IDesignTimeServices");

    [Fact]
    public async Task Design_time_services_without_a_database_model_factory_are_named()
        => await AssertMissingAsync(
            UnknownProvider.Define("Half.Provider", typeof(NoServices)),
            "its design-time services, Half.Provider.DesignTimeServices, register none");

    [Fact]
    public async Task Design_time_services_that_fail_are_an_error_with_their_message()
    {
        await using SqliteTestDatabase database = await CreateAsync();
        await using ScenarioContext context = CreateContext(
            UnknownProvider.Define("Failing.Provider", typeof(FailingServices)),
            database);

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, CancellationToken));

        Assert.Equal(
            "The design-time services of the provider Failing.Provider, Failing.Provider.DesignTimeServices, cannot be configured: no "
                + "licence found.",
            failure.Message);
    }

    [Fact]
    public async Task A_database_model_factory_that_fails_is_an_error_with_its_message_and_nothing_is_written()
    {
        await using SqliteTestDatabase database = await CreateAsync(("logs", "CREATE VIEW logs AS SELECT * FROM nowhere;"));
        string before = await database.ChecksumAsync(CancellationToken);
        await using ScenarioContext context = Shop.CreateContext(database);

        PurgeException failure = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.Ansi.Purger().PlanAsync(context, CancellationToken));

        Assert.Contains("cannot be read, so nothing was planned: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("IDatabaseModelFactory", failure.Message, StringComparison.Ordinal);
        Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
    }

    private static async Task AssertMissingAsync(Type provider, params string[] texts)
    {
        await using SqliteTestDatabase database = await CreateAsync();
        await using ScenarioContext context = CreateContext(provider, database);

        string message = (await Assert.ThrowsAsync<PurgeException>(() => new Purger().PlanAsync(context, CancellationToken))).Message;

        foreach (string text in texts.Append("the provider has no IDatabaseModelFactory: "))
        {
            Assert.Contains(text, message, StringComparison.Ordinal);
        }
    }

    private static Purger WithDialect() => new(options => options.Dialect = new SqliteDialect());

    private static async Task<SqliteTestDatabase> CreateAsync(params (string Table, string Sql)[] instead)
    {
        var database = SqliteTestDatabase.Create();
        await Shop.CreateAsync(database, CancellationToken, instead);
        return database;
    }

    private static ScenarioContext CreateContext(Type provider, TestDatabase database, CommandHook? hook = null)
        => new(database: null, Shop.BuildModel, options =>
        {
            UnknownProvider.Use(options, database, provider);
            if (hook is not null)
            {
                options.AddInterceptors(hook);
            }
        });

    /// <summary>Registers nothing.</summary>
    public class NoServices : IDesignTimeServices
    {
        /// <inheritdoc/>
        public void ConfigureDesignTimeServices(IServiceCollection serviceCollection)
        {
        }
    }

    /// <summary>Fails before it registers anything.</summary>
    public class FailingServices : IDesignTimeServices
    {
        /// <inheritdoc/>
        public void ConfigureDesignTimeServices(IServiceCollection serviceCollection)
            => throw new InvalidOperationException("no licence found");
    }
}
