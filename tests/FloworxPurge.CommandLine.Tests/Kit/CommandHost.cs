using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.CommandLine.Tests.Kit;

/// <summary>
/// The command inside this process, in a host of one context on a database of its own: <c>child</c> points at <c>parent</c>, <c>other</c>
/// stands alone, three rows each.
/// </summary>
internal sealed class CommandHost : IAsyncDisposable
{
    public const string Notation = "child->parent, other";

    private readonly GraphScenario _graph;

    // Whoever runs the tests may have asked for no colours.
    static CommandHost() => Environment.SetEnvironmentVariable("NO_COLOR", null);

    private CommandHost(TestDatabase database, GraphScenario graph) => (Database, _graph) = (database, graph);

    public TestDatabase Database { get; }

    /// <summary>The name that the connection reports.</summary>
    public string Name => Database is PostgreSqlTestDatabase server ? server.Name : "test.db";

    /// <summary>A folder of its own.</summary>
    public DirectoryInfo Folder { get; } = Directory.CreateTempSubdirectory("floworxpurge-command-");

    /// <summary>What the host sets. The environment is Development unless it says otherwise.</summary>
    public Action<PurgeCommandOptions>? Configure { get; set; }

    /// <summary>What the services hold beside the context.</summary>
    public Action<IServiceCollection>? Services { get; set; }

    /// <summary>What the context's options have beside the database.</summary>
    public Action<DbContextOptionsBuilder>? ContextOptions { get; set; }

    /// <summary>The database that the context is pointed at instead of <see cref="Database"/>.</summary>
    public Action<DbContextOptionsBuilder>? Elsewhere { get; set; }

    /// <summary>The model, where it is not that of the graph.</summary>
    public Action<ModelBuilder>? Model { get; set; }

    /// <summary>What is typed at the terminal; null where there is no terminal.</summary>
    public string? Typed { get; set; }

    /// <summary>The terminal's width.</summary>
    public int Width { get; set; } = 100;

    /// <summary>Whether the terminal shows colours and bars.</summary>
    public bool SupportsAnsi { get; set; }

    public static async Task<CommandHost> CreateAsync(TestDatabase? database = null, string notation = Notation)
    {
        database ??= SqliteTestDatabase.Create();
        GraphScenario graph = GraphScenario.Parse(notation);
        await graph.CreateAsync(database, rows: 3);
        return new CommandHost(database, graph);
    }

    /// <summary>A file in the folder.</summary>
    public string File(string name) => Path.Combine(Folder.FullName, name);

    public async Task<CommandResult> RunAsync(params string[] args) => await RunAsync(args, CancellationToken.None);

    public async Task<CommandResult> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        await using ServiceProvider services = CreateServices();
        using var input = new StringReader(Typed ?? "");
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = await PurgeCommand.RunAsync<ScenarioContext>(services, args, options => SetUp(options, new PurgeConsole(input, output, error)
        {
            IsInputRedirected = Typed is null,
            IsOutputRedirected = Typed is null,
            IsErrorRedirected = Typed is null,
            Width = Width,
            SupportsAnsi = SupportsAnsi,
        }), cancellationToken);
        return new CommandResult((PurgeExitCode)code, output.ToString(), error.ToString());
    }

    public ServiceProvider CreateServices()
    {
        var services = new ServiceCollection();
        services.AddScoped(
            _ => new ScenarioContext(Elsewhere is null ? Database : null, Model ?? _graph.BuildModel, Elsewhere ?? ContextOptions));
        Services?.Invoke(services);
        return services.BuildServiceProvider();
    }

    public void SetUp(PurgeCommandOptions options, PurgeConsole console)
    {
        options.Environment = "Development";
        options.Console = console;
        Configure?.Invoke(options);
    }

    /// <summary>The rows of all three tables.</summary>
    public async Task<long> RowsAsync()
    {
        long rows = 0;
        foreach (string table in _graph.Tables)
        {
            rows += await Database.CountAsync(table);
        }

        return rows;
    }

    /// <summary>
    /// Runs, and asserts that nothing was written, that the code is right and that one clear line without a stack trace says why.
    /// </summary>
    public async Task<string> RefusedAsync(PurgeExitCode code, params string[] args)
    {
        string before = await Database.ChecksumAsync();
        CommandResult result = await RunAsync(args);

        Assert.True(code == result.Code, $"{result.Code}: {result.All}");
        Assert.Equal(before, await Database.ChecksumAsync());
        string line = Assert.Single(result.ErrorLines);
        Assert.DoesNotContain("   at ", result.All, StringComparison.Ordinal);
        return line;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        Folder.Delete(recursive: true);
    }
}
