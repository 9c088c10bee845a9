using System.Text;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The command takes the options that are registered for its context, and leaves none out in silence.</summary>
public sealed class RegisteredPurgerTests
{
    [Fact]
    public async Task Calls_of_several_modules_add_up()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddFloworxPurge(
            options => options.Exclude("other")).Services.AddFloworxPurge(options => options.MaxRows = 100);

        CommandResult result = await host.RunAsync("--force");

        Assert.Equal((PurgeExitCode.Complete, 3), (result.Code, await host.RowsAsync()));
    }

    [Fact]
    public async Task The_options_of_the_context_apply()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddFloworxPurge<ScenarioContext>(options => options.Exclude("other")).Services.AddFloworxPurge(
            options => options.Exclude("child"));

        CommandResult result = await host.RunAsync("--force");

        Assert.Equal((PurgeExitCode.Complete, 3), (result.Code, await host.RowsAsync()));
        Assert.Equal(3, await host.Database.CountAsync("other"));
    }

    [Fact]
    public async Task The_options_of_a_name_apply_where_the_host_says_so()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddFloworxPurge("nightly", options => options.Exclude("other"));
        host.Configure = options => options.PurgerName = "nightly";

        CommandResult result = await host.RunAsync("--force");

        Assert.Equal((PurgeExitCode.Complete, 3), (result.Code, await host.RowsAsync()));
    }

    [Fact]
    public async Task Options_that_would_not_apply_are_refused()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddFloworxPurge("nightly", options => options.Exclude("other"));
        Assert.Contains(
            "none for ScenarioContext. Register AddFloworxPurge<ScenarioContext>",
            await host.RefusedAsync(PurgeExitCode.Usage, "--force"),
            StringComparison.Ordinal);

        host.Services = services => services.AddFloworxPurge<OtherContext>(options => options.Exclude("other"));
        Assert.Contains("none for ScenarioContext", await host.RefusedAsync(PurgeExitCode.Usage, "--force"), StringComparison.Ordinal);

        host.Configure = options => options.PurgerName = "weekly";
        Assert.Contains("no purger named \"weekly\"", await host.RefusedAsync(PurgeExitCode.Usage, "--force"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Contexts_that_each_have_options_are_not_purged_with_those_of_one(bool isTyped)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        var services = new ServiceCollection();
        services.AddScoped(_ => new OtherContext(host.Database)).AddScoped(_ => new ThirdContext(host.Database));
        services.AddFloworxPurge<OtherContext>(options => options.Exclude("other"));
        _ = isTyped ? services.AddFloworxPurge<ThirdContext>() : services.AddFloworxPurge(options => options.MaxRows = 0);
        await using ServiceProvider provider = services.BuildServiceProvider();
        using var output = new StringWriter();

        int code = await PurgeCommand.RunAsync<OtherContext, ThirdContext>(
            provider,
            ["--force"],
            options => host.SetUp(options, new PurgeConsole(TextReader.Null, output, output)));

        Assert.Equal(((int)PurgeExitCode.Usage, 9), (code, await host.RowsAsync()));
        Assert.Contains("Several of the contexts have purge options of their own", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_that_cannot_be_bound_stops_the_command()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        IConfiguration configuration = new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes("""{ "Purge": { "Exlude": [ "other" ] } }"""))).Build();
        host.Services = services => services.AddFloworxPurge(options => options.Bind(configuration.GetSection("Purge")));

        string line = await host.RefusedAsync(PurgeExitCode.Usage, "--force");

        Assert.Contains("Purge:Exlude is not an option; the nearest name is Exclude", line, StringComparison.Ordinal);
    }

    private sealed class OtherContext(TestDatabase database) : Tables(database);

    private sealed class ThirdContext(TestDatabase database) : Tables(database);

    private abstract class Tables(TestDatabase database) : DbContext
    {
        protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => database.Configure(optionsBuilder);

        protected override void OnModelCreating(ModelBuilder modelBuilder)
            => GraphScenario.Parse(CommandHost.Notation).BuildModel(modelBuilder);
    }
}
