using System.CommandLine;
using System.Xml.Linq;
using FloworxPurge.CommandLine.Backups;
using FloworxPurge.CommandLine.Tests.Kit;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests;

/// <summary>The package's stages, its place in a host's own command tree, and what holds for its public members.</summary>
public sealed class ApiTests
{
    private static readonly Lazy<ArchUnitNET.Domain.Architecture> Package = new(() => Stages.Read(typeof(PurgeCommand).Assembly));
    private static readonly string Source = Path.GetFullPath(Path.Combine(Repository.Core, "..", "FloworxPurge.CommandLine"));

    public static TheoryData<string> EveryStage => [.. Stages.All[Stages.CommandLine].Keys];

    [Theory]
    [MemberData(nameof(EveryStage))]
    public void A_stage_uses_only_the_stages_before_it(string stage)
        => Assert.Empty(Stages.Violations(Package.Value, Stages.CommandLine, stage));

    [Fact]
    public void Every_public_member_is_documented_and_can_be_cancelled_and_none_takes_a_bare_true()
    {
        var package = typeof(PurgeCommand).Assembly;
        var docs = new XmlDocs(package, typeof(Purger).Assembly);
        string[] found =
        [
            .. PublicApiRules.Undocumented(package, docs),
            .. PublicApiRules.WithoutDefault(docs, typeof(PurgeCommandOptions), typeof(PurgeConsole)),
            .. PublicApiRules.UndocumentedExceptions(package, docs),
            .. PublicApiRules.BooleanTraps(package),
            .. PublicApiRules.NotCancellable(package),
        ];

        Assert.True(found.Length == 0, string.Join(Environment.NewLine, found));
    }

    [Theory]
    [InlineData(0, "purge", "--dry-run")]
    [InlineData(3, "purge")]
    [InlineData(2, "purge", "--bogus")]
    [InlineData(2, "purge", "--max-rows", "many")]
    [InlineData(0, "purge", "--help")]
    public async Task In_a_host_s_own_tree_the_exit_codes_are_the_same(int code, params string[] args)
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await using ServiceProvider services = host.CreateServices();
        using var output = new StringWriter();
        var root = new RootCommand("a host")
        {
            PurgeCommand.Create<ScenarioContext>(
                services,
                options => host.SetUp(options, new PurgeConsole(TextReader.Null, output, output))),
        };

        Assert.Equal(
            code,
            await root.Parse(args).InvokeAsync(new InvocationConfiguration { Output = output, Error = output, ProcessTerminationTimeout = null }));
        Assert.Equal(9, await host.RowsAsync());
    }

    [Fact]
    public void The_exit_codes_are_frozen()
        => Assert.Equal([0, 1, 2, 3, 4, 5, 6, 130], Enum.GetValues<PurgeExitCode>().Select(code => (int)code));

    [Fact]
    public async Task What_must_not_be_null_is_refused_by_name()
    {
        await using ServiceProvider services = new ServiceCollection().BuildServiceProvider();
        Type[] types = [typeof(ScenarioContext)];

        Assert.Equal(
            "services",
            (await Assert.ThrowsAsync<ArgumentNullException>(() => PurgeCommand.RunAsync<ScenarioContext>(null!, []))).ParamName);
        Assert.Equal(
            "services",
            (await Assert.ThrowsAsync<ArgumentNullException>(() => PurgeCommand.RunAsync<ScenarioContext, ScenarioContext>(null!, []))).ParamName);
        Assert.Equal(
            "args",
            (await Assert.ThrowsAsync<ArgumentNullException>(() => PurgeCommand.RunAsync<ScenarioContext>(services, null!))).ParamName);
        Assert.Equal(
            "args",
            (await Assert.ThrowsAsync<ArgumentNullException>(() => PurgeCommand.RunAsync(services, types, null!))).ParamName);
        Assert.Equal(
            "contextTypes",
            (await Assert.ThrowsAsync<ArgumentNullException>(() => PurgeCommand.RunAsync(services, null!, []))).ParamName);
        Assert.Equal(
            "contextTypes",
            (await Assert.ThrowsAsync<ArgumentException>(() => PurgeCommand.RunAsync(services, [typeof(string)], []))).ParamName);
        Assert.Equal("services", Assert.Throws<ArgumentNullException>(() => PurgeCommand.Create<ScenarioContext>(null!)).ParamName);
        Assert.Equal("contextTypes", Assert.Throws<ArgumentException>(() => PurgeCommand.Create(services, [])).ParamName);
        Assert.Equal(
            "input",
            Assert.Throws<ArgumentNullException>(() => new PurgeConsole(null!, TextWriter.Null, TextWriter.Null)).ParamName);
        Assert.Equal(
            "output",
            Assert.Throws<ArgumentNullException>(() => new PurgeConsole(TextReader.Null, null!, TextWriter.Null)).ParamName);
        Assert.Equal(
            "error",
            Assert.Throws<ArgumentNullException>(() => new PurgeConsole(TextReader.Null, TextWriter.Null, null!)).ParamName);
    }

    [Fact]
    public void Options_that_are_not_valid_are_named_all_at_once()
    {
        string message = Assert.Throws<ArgumentException>(() =>
            new PurgeCommandOptions { Name = "a b", ApprovalKey = [1], ApprovalLifetime = TimeSpan.Zero, TimeProvider = null! }.Validate("configure")).Message;

        Assert.All(
            (string[])["Name", "ApprovalKey", "ApprovalLifetime", "TimeProvider"],
            name => Assert.Contains(name, message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_purger_of_another_class_receives_the_options_of_the_command_and_runs_the_purge()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        List<string> calls = [];
        host.Services = services => services.AddSingleton<IPurger>(new OtherPurger(new Purger(), calls));

        CommandResult result = await host.RunAsync("--force", "--exclude", "*");

        Assert.Equal(PurgeExitCode.NothingMatched, result.Code);
        Assert.Equal(["With", "PlanAsync", "CheckGuards", "With", "ExecuteAsync"], calls);
    }

    [Fact]
    public async Task A_context_that_is_not_registered_is_reported()
    {
        await using CommandHost host = await CommandHost.CreateAsync();
        await using ServiceProvider empty = new ServiceCollection().BuildServiceProvider();
        using var output = new StringWriter();
        Assert.Equal(
            1,
            await PurgeCommand.RunAsync<ScenarioContext>(empty, [], options => host.SetUp(options, new PurgeConsole(TextReader.Null, output, output))));
        Assert.Contains("ScenarioContext is not among the host's services", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void It_depends_on_the_core_and_four_packages()
    {
        XDocument project = XDocument.Load(Path.Combine(Source, "FloworxPurge.CommandLine.csproj"));

        Assert.Equal(
            [
                "Microsoft.Extensions.Diagnostics.HealthChecks",
                "Microsoft.Extensions.Hosting.Abstractions",
                "Spectre.Console",
                "System.CommandLine",
            ],
            project.Descendants("PackageReference").Select(package => package.Attribute("Include")!.Value).Order(StringComparer.Ordinal));
        Assert.EndsWith(
            "FloworxPurge.csproj",
            Assert.Single(project.Descendants("ProjectReference")).Attribute("Include")!.Value,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Every_built_in_backup_is_internal()
        => Assert.All(
            typeof(IPurgeBackup).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IPurgeBackup))),
            type => Assert.True(type.IsNotPublic));

    private sealed class OtherPurger(IPurger purger, List<string> calls) : IPurger
    {
        public string? CheckGuards(PurgePlan plan) => Called(nameof(CheckGuards)).CheckGuards(plan);

        public IPurger With(Action<PurgeOptions> configure) => new OtherPurger(Called(nameof(With)).With(configure), calls);

        public Task<PurgePlan> PlanAsync(IReadOnlyList<DbContext> contexts, CancellationToken cancellationToken = default)
            => Called(nameof(PlanAsync)).PlanAsync(contexts, cancellationToken);

        public Task<PurgeReport> DryRunAsync(
            IReadOnlyList<DbContext> contexts,
            PurgePlan plan,
            CancellationToken cancellationToken = default)
            => Called(nameof(DryRunAsync)).DryRunAsync(contexts, plan, cancellationToken);

        public Task<PurgeReport> ExecuteAsync(
            IReadOnlyList<DbContext> contexts,
            PurgePlan plan,
            IProgress<PurgeProgress>? progress = null,
            CancellationToken cancellationToken = default)
            => Called(nameof(ExecuteAsync)).ExecuteAsync(contexts, plan, progress, cancellationToken);

        public Task<PurgeReport> VerifyAsync(
            IReadOnlyList<DbContext> contexts,
            PurgeReport report,
            CancellationToken cancellationToken = default)
            => Called(nameof(VerifyAsync)).VerifyAsync(contexts, report, cancellationToken);

        private IPurger Called(string call)
        {
            calls.Add(call);
            return purger;
        }
    }
}
