using System.Text;
using FloworxPurge.Tests.Kit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace FloworxPurge.Tests.Hosting;

/// <summary>
/// What a host's configuration keeps is kept; binding options in a way that drops keys is an error before anything is planned.
/// </summary>
public sealed class HostBindingTests
{
    private const string Kept = """{ "Purge": { "Exclude": [ "countries" ], "MaxRows": 100, "LockTimeout": "00:00:05" } }""";

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_table_that_the_configuration_excludes_is_kept()
    {
        HostApplicationBuilder builder = Configured(Kept);
        builder.Services.AddFloworxPurge(options => options.Bind(builder.Configuration.GetSection("Purge")));
        builder.Services.AddFloworxPurge("reset", options => options.Bind(builder.Configuration.GetSection("Purge")).Exclude("orders"));
        using IHost host = builder.Build();
        await host.StartAsync(CancellationToken);
        await using SqliteTestDatabase database = SqliteTestDatabase.Create();
        GraphScenario graph = GraphScenario.Parse("countries, orders, users");
        await graph.CreateAsync(database, cancellationToken: CancellationToken);
        await using ScenarioContext context = graph.CreateContext(database);

        PurgePlan plan = await host.Services.GetRequiredService<IPurger>().PlanAsync(context, CancellationToken);
        PurgePlan named = await host.Services.GetRequiredKeyedService<IPurger>("reset").PlanAsync(context, CancellationToken);

        Assert.Equal(["orders", "users"], plan.Tables.Select(table => table.Table.Name));
        Assert.Equal(["users"], named.Tables.Select(table => table.Table.Name));
        PurgeOptions options = host.Services.GetRequiredService<IOptions<PurgeOptions>>().Value;
        Assert.Equal((100L, TimeSpan.FromSeconds(5)), (options.MaxRows, options.LockTimeout));
        await host.StopAsync(CancellationToken);
    }

    [Fact]
    public async Task A_misspelt_key_stops_the_host_from_starting()
    {
        HostApplicationBuilder builder = Configured("""{ "Purge": { "Exlude": [ "countries" ] } }""");
        builder.Services.AddFloworxPurge(options => options.Bind(builder.Configuration.GetSection("Purge")));
        using IHost host = builder.Build();

        OptionsValidationException exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync(CancellationToken));

        Assert.Equal("The purge options are not valid: Purge:Exlude is not an option; the nearest name is Exclude.", exception.Message);
    }

    public static TheoryData<string> OtherBinders
        => [
            "Configure",
            "BindConfiguration",
            "OptionsBuilder.Bind",
            "Bind",
            "Get",
            "Configure, of a section that does not exist",
            "BindConfiguration, of a section that does not exist"];

    [Theory]
    [MemberData(nameof(OtherBinders))]
    public async Task The_binder_that_ignores_unknown_keys_is_refused(string how)
    {
        HostApplicationBuilder builder = Configured(Kept);
        IServiceCollection services = builder.Services;
        IConfigurationSection section = builder.Configuration.GetSection(
            how.EndsWith("exist", StringComparison.Ordinal) ? "Purgee" : "Purge");
        services.AddFloworxPurge();
        _ = how.Split(',')[0] switch
        {
            "Configure" => services.Configure<PurgeOptions>(section),
            "BindConfiguration" => services.AddOptions<PurgeOptions>().BindConfiguration(section.Path).Services,
            "OptionsBuilder.Bind" => services.AddOptions<PurgeOptions>().Bind(
                section,
                binder => binder.ErrorOnUnknownConfiguration = false).Services,
            "Bind" => services.AddFloworxPurge(options => section.Bind((object)options)).Services,
            _ => services.AddFloworxPurge(options => options.Exclude("b").MaxRows = section.Get<PurgeOptions>()!.MaxRows).Services,
        };
        using IHost host = builder.Build();

        if (how == "Get")
        {
            Assert.Contains(
                "call options.Bind(section) instead",
                Assert.Throws<ArgumentException>(() => new Purger(section.Get<PurgeOptions>()!)).Message,
                StringComparison.Ordinal);
            return;
        }

        OptionsValidationException exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => host.StartAsync(CancellationToken));

        Assert.Contains(
            "ignores keys that it does not know; call options.Bind(section) instead",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Reset_options_are_bound_and_refused_in_the_same_way()
    {
        IConfigurationSection section = Configured("""{ "Reset": { "Exclude": [ "countries" ], "AllowDatabase": "shop_ci", "ResetIdentity": false } }""").Configuration.GetSection("Reset");
        var bound = new ResetOptions();
        section.Bind((object)bound);

        PurgeOptions purge = new ResetOptions().Bind(section).ToPurge("configure");

        Assert.Equal(("countries", false), (Assert.Single(purge.Rules).Pattern, purge.ResetIdentity));
        Assert.Contains(
            "ignores keys that it does not know",
            Assert.Throws<ArgumentException>(() => bound.ToPurge("configure")).Message,
            StringComparison.Ordinal);
    }

    private static HostApplicationBuilder Configured(string json)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json)));
        return builder;
    }
}
