using FloworxPurge.Extensibility;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace FloworxPurge.Tests.Hosting;

/// <summary>Registrations add up by the options pattern, and none is dropped in silence.</summary>
public sealed class CompositionTests
{
    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Calls_checks_and_the_options_pattern_add_up()
    {
        await using ServiceProvider services = Build(services =>
        {
            services.Configure<PurgeOptions>(options => options.Exclude("b"));
            services.AddFloworxPurge(options => options.Exclude("c")).AddCheck("one", new Passes());
            services.AddFloworxPurge().AddCheck<Passes>("two").AddTarget(new Nowhere("first"));
            services.AddFloworxPurge(options => options.MaxRows = 3).AddTarget<Nowhere>();
            services.PostConfigure<PurgeOptions>(options => options.ResetIdentity = options.MaxRows == 3);
            services.AddOptions<PurgeOptions>().Configure<IServiceProvider>((options, _) => options.Exclude("d"));
        });

        PurgeReport report = await PurgeAsync(services.GetRequiredService<IPurger>(), "a, b, c, d");

        Assert.Equal(["a"], report.Tables.Select(table => table.Table.Name));
        Assert.Equal(["one", "two"], report.Checks.Select(check => check.Name));
        Assert.Equal(["first", "nowhere"], report.Targets.Select(target => target.Name));
        PurgeOptions options = services.GetRequiredService<IOptions<PurgeOptions>>().Value;
        Assert.Equal((3L, true), (options.MaxRows, options.ResetIdentity));
        Assert.Same(options, services.GetRequiredService<IOptions<PurgeOptions>>().Value);
        Assert.Same(services.GetRequiredService<IPurger>(), services.GetRequiredService<IPurger>());
    }

    [Fact]
    public void A_check_of_two_calls_with_one_name_is_an_error()
    {
        using ServiceProvider services = Build(services =>
        {
            services.AddFloworxPurge().AddCheck("health", new Passes());
            services.AddFloworxPurge().AddCheck("health", new Passes());
        });

        ArgumentException exception = Assert.Throws<ArgumentException>(() => services.GetRequiredService<IPurger>());

        Assert.Contains("There is a check named \"health\" already", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_another_purger_would_not_have_are_refused()
    {
        var services = new ServiceCollection();
        services.AddSingleton<IPurger>(new Purger());
        services.AddKeyedSingleton<IPurger>("shop", new Purger());
        services.AddKeyedSingleton<IPurger>(typeof(ShopContext), new Purger());

        Assert.Contains(
            "would not have these options",
            Assert.Throws<ArgumentException>(() => services.AddFloworxPurge(options => options.Exclude("b"))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => services.AddFloworxPurge());
        Assert.Throws<ArgumentException>(() => services.AddFloworxPurge("shop"));
        Assert.Throws<ArgumentException>(() => services.AddFloworxPurge<ShopContext>());
        Assert.Equal("other", services.AddFloworxPurge("other").Name);
    }

    [Fact]
    public async Task Named_purgers_have_options_checks_and_targets_of_their_own()
    {
        await using ServiceProvider services = Build(services =>
        {
            services.AddFloworxPurge("shop", options => options.Exclude("b")).AddCheck("shop", new Passes());
            services.AddFloworxPurge("stock").AddTarget(new Nowhere("stock"));
            services.AddFloworxPurge(options => options.Exclude("c"));
            services.AddFloworxPurge("shop", options => options.Exclude("a"));
            services.Configure<PurgeOptions>("stock", options => options.Include("c"));
            services.ConfigureAll<PurgeOptions>(options => options.ResetIdentity = true);
        });

        PurgeReport shop = await PurgeAsync(services.GetRequiredKeyedService<IPurger>("shop"), "a, b, c");
        PurgeReport stock = await PurgeAsync(services.GetRequiredKeyedService<IPurger>("stock"), "a, b, c");
        PurgeReport unnamed = await PurgeAsync(services.GetRequiredService<IPurger>(), "a, b, c");

        Assert.Equal(["c"], shop.Tables.Select(table => table.Table.Name));
        Assert.Equal(["c"], stock.Tables.Select(table => table.Table.Name));
        Assert.Equal(["a", "b"], unnamed.Tables.Select(table => table.Table.Name));
        Assert.Equal(("shop", 0), (Assert.Single(shop.Checks).Name, shop.Targets.Count));
        Assert.Equal((0, "stock"), (stock.Checks.Count, Assert.Single(stock.Targets).Name));
        Assert.Empty(unnamed.Checks);
        Assert.All(
            ["", "shop", "stock"],
            name => Assert.True(services.GetRequiredService<IOptionsMonitor<PurgeOptions>>().Get(name).ResetIdentity));
        Assert.Same(services.GetRequiredKeyedService<IPurger>("shop"), services.GetRequiredKeyedService<IPurger>("shop"));
    }

    [Fact]
    public async Task Two_contexts_of_two_databases_have_a_purger_each()
    {
        await using SqliteTestDatabase shopDatabase = SqliteTestDatabase.Create();
        await using SqliteTestDatabase stockDatabase = SqliteTestDatabase.Create();
        await GraphScenario.Parse("a, b").CreateAsync(shopDatabase, cancellationToken: CancellationToken);
        await GraphScenario.Parse("a, b").CreateAsync(stockDatabase, cancellationToken: CancellationToken);
        await using ServiceProvider services = Build(services =>
        {
            services.AddScoped(_ => new ShopContext(shopDatabase)).AddScoped(_ => new StockContext(stockDatabase)).AddScoped<Reset>();
            services.AddFloworxPurge<ShopContext>(options => options.Exclude("a"));
            services.AddFloworxPurge<StockContext>(options => options.Exclude("b"));
            services.AddFloworxPurge<ShopContext>().AddCheck<Passes>("shop");
            services.AddFloworxPurge();
        });
        await using AsyncServiceScope scope = services.CreateAsyncScope();

        (PurgeReport shop, PurgeReport stock) = await scope.ServiceProvider.GetRequiredService<Reset>().RunAsync(CancellationToken);

        Assert.Equal(("b", "a"), (Assert.Single(shop.Tables).Table.Name, Assert.Single(stock.Tables).Table.Name));
        Assert.Equal((1, 0), (shop.Checks.Count, stock.Checks.Count));
    }

    [Fact]
    public async Task A_purger_refuses_the_context_whose_options_it_does_not_have()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await GraphScenario.Parse("a, b").CreateAsync(database, cancellationToken: CancellationToken);
        await using ServiceProvider services = Build(services =>
        {
            services.AddFloworxPurge<ShopContext>(options => options.Exclude("a"));
            services.AddFloworxPurge<StockContext>(options => options.Exclude("b"));
            services.AddFloworxPurge("both");
            services.AddFloworxPurge();
        });
        await using var shop = new ShopContext(database);
        await using var special = new SpecialShopContext(database);
        await using var stock = new StockContext(database);
        await using var other = new OtherContext(database);
        var unnamed = (Purger)services.GetRequiredService<IPurger>();
        IPurger ofShop = services.GetRequiredKeyedService<IPurger>(typeof(ShopContext));

        string dropped = (
            await Assert.ThrowsAsync<ArgumentException>("contexts", () => unnamed.PlanAsync(shop, CancellationToken))).Message;
        await Assert.ThrowsAsync<ArgumentException>(
            "contexts",
            () => unnamed.With(options => options.Exclude("a")).PlanAsync(special, CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>("contexts", () => unnamed.PlanAsync([other, stock], CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>("contexts", () => ofShop.PlanAsync(stock, CancellationToken));
        await Assert.ThrowsAsync<ArgumentException>("contexts", () => ofShop.PlanAsync([shop, stock], CancellationToken));
        string mistaken = (
            await Assert.ThrowsAsync<ArgumentException>("contexts", () => ofShop.PlanAsync(other, CancellationToken))).Message;
        string mixed = (
            await Assert.ThrowsAsync<ArgumentException>("contexts", () => ofShop.PlanAsync([other, special], CancellationToken))).Message;
        PurgePlan plan = await ofShop.PlanAsync(special, CancellationToken);
        await Assert.ThrowsAsync<ArgumentException>(
            "contexts",
            () => unnamed.ExecuteAsync(shop, plan, cancellationToken: CancellationToken));

        Assert.Contains("ShopContext has purge options of its own", dropped, StringComparison.Ordinal);
        Assert.Contains("[FromKeyedServices(typeof(ShopContext))] IPurger", dropped, StringComparison.Ordinal);
        Assert.Contains("none of the contexts is one: OtherContext", mistaken, StringComparison.Ordinal);
        Assert.Contains("those of OtherContext are the ones of AddFloworxPurge() without a type", mixed, StringComparison.Ordinal);
        Assert.Equal(2, (await unnamed.PlanAsync(other, CancellationToken)).Tables.Count);
        Assert.Equal(2, (await services.GetRequiredKeyedService<IPurger>("both").PlanAsync([shop, stock], CancellationToken)).Tables.Count);
    }

    [Fact]
    public async Task Contexts_without_options_of_their_own_are_purged_with_those_of_one_that_has_some()
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        await GraphScenario.Parse("a, b").CreateAsync(database, cancellationToken: CancellationToken);
        await using ServiceProvider services = Build(services => services.AddFloworxPurge<ShopContext>(options => options.Exclude("a")));
        await using var special = new SpecialShopContext(database);
        await using var other = new OtherContext(database);

        PurgePlan plan = await services.GetRequiredKeyedService<IPurger>(typeof(ShopContext)).PlanAsync(
            [other, special],
            CancellationToken);

        Assert.Equal("b", Assert.Single(plan.Tables).Table.Name);
    }

    [Fact]
    public void A_purger_that_was_removed_can_be_registered_again()
    {
        var services = new ServiceCollection();
        services.AddFloworxPurge();
        services.RemoveAll<IPurger>();
        services.AddFloworxPurge(options => options.MaxRows = 7);
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.NotNull(provider.GetService<IPurger>());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("shop")]
    public async Task Options_are_checked_when_the_host_starts(string? name)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        OptionsBuilder<PurgeOptions> purge = name is null
            ? builder.Services.AddFloworxPurge(options => options.MaxRows = -1)
            : builder.Services.AddFloworxPurge(name, options => options.MaxRows = -1);
        builder.Services.PostConfigure<PurgeOptions>(purge.Name, options => options.LockTimeout = TimeSpan.Zero);
        using IHost host = builder.Build();

        OptionsValidationException exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync(CancellationToken));

        Assert.StartsWith(
            name is null ? "The purge options are not valid: " : "The purge options \"shop\" are not valid: ",
            exception.Message,
            StringComparison.Ordinal);
        Assert.All(
            ["MaxRows is -1", "LockTimeout is 00:00:00"],
            problem => Assert.Contains(problem, exception.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_host_options_are_checked_when_the_purger_is_resolved()
    {
        using ServiceProvider services = Build(services =>
            services.AddFloworxPurge(options => options.MaxRows = -1).Services.AddFloworxPurge<ShopContext>(options => options.OnBlocked = (OnBlocked)9));

        Assert.Contains(
            "MaxRows is -1",
            Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IPurger>()).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "OnBlocked is 9",
            Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<IPurger>(typeof(ShopContext))).Message,
            StringComparison.Ordinal);
    }

    public static TheoryData<string> OrphanNames
        => ["", "ordres", "with a dependency", "late", "late without a name", "a class", "a class that is late"];

    [Theory]
    [MemberData(nameof(OrphanNames))]
    public void Options_that_are_set_for_no_purger_are_refused(string how)
    {
        using ServiceProvider services = Build(services =>
        {
            services.AddFloworxPurge<ShopContext>().Services.AddFloworxPurge("orders").Services.AddOptions();
            _ = how switch
            {
                "" => services.Configure<PurgeOptions>(options => options.Exclude("a")),
                "with a dependency" => services.AddOptions<PurgeOptions>("with a dependency").Configure<IServiceProvider>(
                    (options, _) => options.Exclude("a")).Services,
                "late" => services.PostConfigure<PurgeOptions>("late", options => options.Exclude("a")),
                "late without a name" => services.PostConfigure<PurgeOptions>(options => options.Exclude("a")),
                "a class" => services.ConfigureOptions<Setup>(),
                "a class that is late" => services.AddOptions<PurgeOptions>("a class that is late").PostConfigure<IServiceProvider>(
                    (options, _) => options.Exclude("a")).Services,
                _ => services.Configure<PurgeOptions>(how, options => options.Exclude("a")),
            };
        });

        string message = Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<IPurger>("orders")).Message;

        Assert.Contains(
            how is "" or "late without a name" or "a class"
                ? "options without a name are set, and no purger has them"
                : $"options named \"{how}\" are set, and no purger has them",
            message,
            StringComparison.Ordinal);
        Assert.Contains("there are AddFloworxPurge(\"orders\"), AddFloworxPurge<ShopContext>()", message, StringComparison.Ordinal);
    }

    private static ServiceProvider Build(Action<IServiceCollection> register)
    {
        var services = new ServiceCollection();
        register(services);
        return services.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
    }

    private static async Task<PurgeReport> PurgeAsync(IPurger purger, string notation)
    {
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 1, cancellationToken: CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);
        return await purger.ExecuteAsync(context, await purger.PlanAsync(context, CancellationToken), cancellationToken: CancellationToken);
    }

    private sealed class Reset(
        [FromKeyedServices(typeof(ShopContext))] IPurger ofShop,
        ShopContext shop,
        [FromKeyedServices(typeof(StockContext))] IPurger ofStock,
        StockContext stock)
    {
        public async Task<(PurgeReport Shop, PurgeReport Stock)> RunAsync(CancellationToken cancellationToken)
            => (await ofShop.ExecuteAsync(shop, await ofShop.PlanAsync(shop, cancellationToken), cancellationToken: cancellationToken),
                await ofStock.ExecuteAsync(stock, await ofStock.PlanAsync(stock, cancellationToken), cancellationToken: cancellationToken));
    }

    private class ShopContext(SqliteTestDatabase database) : Tables(database);

    private sealed class SpecialShopContext(SqliteTestDatabase database) : ShopContext(database);

    private sealed class StockContext(SqliteTestDatabase database) : Tables(database);

    private sealed class OtherContext(SqliteTestDatabase database) : Tables(database);

    private abstract class Tables(SqliteTestDatabase database) : DbContext
    {
        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => database.Configure(optionsBuilder);

        protected override void OnModelCreating(ModelBuilder modelBuilder) => GraphScenario.Parse("a, b").BuildModel(modelBuilder);
    }

    private sealed class Setup : IConfigureOptions<PurgeOptions>
    {
        public void Configure(PurgeOptions options) => options.Exclude("a");
    }

    private sealed class Passes : IPurgeCheck
    {
        public Task<CheckReport> RunAsync(ExtensionContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(CheckReport.Compare("0", "0"));
    }

    private sealed class Nowhere(string name) : IPurgeTarget
    {
        public Nowhere()
            : this("nowhere")
        {
        }

        public string Name => name;

        public bool SupportsDryRun => true;

        public Task<TargetReport> PurgeAsync(ExtensionContext context, CancellationToken cancellationToken = default)
            => Task.FromResult(TargetReport.Done(0, 0, 0));
    }
}
