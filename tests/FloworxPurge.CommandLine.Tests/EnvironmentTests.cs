using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The host's environment decides what is demanded, and where nothing says which it is, it is Production.</summary>
public sealed class EnvironmentTests(WebApp app)
{
    [Fact]
    public async Task A_web_host_without_an_environment_variable_is_Production()
    {
        string file = await app.CopyAsync();
        (string, string?)[] nothing = [("DOTNET_ENVIRONMENT", null)];

        CommandResult forced = await app.PurgeAsync(file, ["--force"], nothing);
        CommandResult without = await app.PurgeAsync(file, ["--confirm", "shop.db"], nothing);

        Assert.Equal((PurgeExitCode.Refused, PurgeExitCode.Refused), (forced.Code, without.Code));
        Assert.Contains("--force is not enough in Production", forced.Error, StringComparison.Ordinal);
        Assert.Contains("in Production give --backup DIR", without.Error, StringComparison.Ordinal);
        Assert.Equal(WebApp.Rows, await WebApp.CountAsync(file));
    }

    [Theory]
    [InlineData("ASPNETCORE_ENVIRONMENT", "Production")]
    [InlineData("ASPNETCORE_ENVIRONMENT", " ")]
    [InlineData("DOTNET_ENVIRONMENT", "")]
    [InlineData("DOTNET_ENVIRONMENT", "prod-eu")]
    public async Task What_the_web_host_reads_from_its_variables_counts(string variable, string value)
    {
        string file = await app.CopyAsync();

        CommandResult result = await app.PurgeAsync(
            file,
            ["--force"],
            variable == "DOTNET_ENVIRONMENT" ? [(variable, value)] : [("DOTNET_ENVIRONMENT", null), (variable, value)]);

        Assert.Equal((PurgeExitCode.Refused, WebApp.Rows), (result.Code, await WebApp.CountAsync(file)));
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("PRODUCTION")]
    [InlineData(" production ")]
    [InlineData("Prod")]
    [InlineData("Production-EU")]
    [InlineData("preprod")]
    [InlineData("eu-live-2")]
    [InlineData("PRD")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData(null)]
    public async Task A_host_in_production_demands_more(string? name)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Environment = null;
        host.Services = services => services.AddSingleton<IHostEnvironment>(new OtherEnvironment(name!));

        await host.RefusedAsync(PurgeExitCode.Refused, "--force");
        Assert.Contains(
            "give --backup DIR",
            await host.RefusedAsync(PurgeExitCode.Refused, "--confirm", "test.db"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Staging")]
    [InlineData("Delivery")]
    [InlineData("QA")]
    public async Task A_host_in_another_environment_does_not(string name)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Environment = null;
        host.Services = services => services.AddSingleton<IHostEnvironment>(new OtherEnvironment(name));

        CommandResult result = await host.RunAsync("--force", "--report", host.File("report.json"));

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Equal(name, PurgeReport.FromJson(await File.ReadAllTextAsync(host.File("report.json"))).Details.Environment);
    }

    [Theory]
    [InlineData("--environment=Production", true)]
    [InlineData("--environment=Development", false)]
    public async Task What_the_host_was_started_with_beats_the_variables(string argument, bool isProduction)
    {
        await using CommandHost command = await CommandHost.CreateAsync();
        using var variables = new Variables(isProduction ? "Development" : "Production", isProduction ? "Development" : "Production");
        HostApplicationBuilder builder = Host.CreateApplicationBuilder([argument]);
        using IHost host = builder.Build();
        command.Configure = options => options.Environment = null;
        command.Services = services => services.AddSingleton(host.Services.GetRequiredService<IHostEnvironment>());

        CommandResult result = await command.RunAsync("--force");

        Assert.Equal(isProduction ? PurgeExitCode.Refused : PurgeExitCode.Complete, result.Code);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData(" ", "", true)]
    [InlineData("Development", null, false)]
    [InlineData(null, "Staging", false)]
    [InlineData("Development", "Production", true)]
    [InlineData("Production", "Development", true)]
    public async Task Without_a_host_the_variables_decide_and_the_stricter_one_counts(string? dotnet, string? aspnet, bool isProduction)
    {
        using var variables = new Variables(dotnet, aspnet);
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Configure = options => options.Environment = " ";

        CommandResult result = await host.RunAsync("--force");

        Assert.Equal(isProduction ? PurgeExitCode.Refused : PurgeExitCode.Complete, result.Code);
        Assert.Equal(
            string.IsNullOrWhiteSpace(dotnet + aspnet),
            result.Output.ReplaceLineEndings(" ").Contains("Environment  Production (the default: there is no host", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Code_that_states_a_looser_environment_than_the_host_s_is_named_in_the_report()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        host.Services = services => services.AddSingleton<IHostEnvironment>(new OtherEnvironment("Production"));

        CommandResult result = await host.RunAsync("--force", "--report", host.File("report.json"));

        Assert.Equal(PurgeExitCode.Complete, result.Code);
        Assert.Equal(
            ["PurgeCommandOptions.Environment = Development: the host's environment is Production", "--force"],
            PurgeReport.FromJson(await File.ReadAllTextAsync(host.File("report.json"))).Details.Overrides);
    }

    private sealed class OtherEnvironment(string name) : IHostEnvironment
    {
        public string EnvironmentName { get; set; } = name;

        public string ApplicationName { get; set; } = "tests";

        public string ContentRootPath { get; set; } = "/";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }

    /// <summary>
    /// The process's variables, as they are for the time of one test. No other test reads them: their hosts state an environment.
    /// </summary>
    private sealed class Variables : IDisposable
    {
        private static readonly string[] Names = ["DOTNET_ENVIRONMENT", "ASPNETCORE_ENVIRONMENT"];
        private readonly string?[] _before = [.. Names.Select(Environment.GetEnvironmentVariable)];

        public Variables(params string?[] values) => Set(values);

        public void Dispose() => Set(_before);

        private static void Set(string?[] values)
        {
            foreach ((string name, string? value) in Names.Zip(values))
            {
                Environment.SetEnvironmentVariable(name, value);
            }
        }
    }
}
