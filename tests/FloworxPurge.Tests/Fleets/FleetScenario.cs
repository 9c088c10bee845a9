using System.Data.Common;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Fleets;

/// <summary>Databases t1, t2 and so on with the same tables and rows.</summary>
public sealed class FleetScenario : IAsyncDisposable
{
    public const string Rows = "A 1! 2 3! B 1>1 2>2 3>3";

    private readonly Dictionary<string, RowScenario> _targets = new(StringComparer.Ordinal);
    private readonly Engine _engine;

    private FleetScenario(Engine engine) => _engine = engine;

    /// <summary>Listens to the contexts of a target; null for those that nothing listens to.</summary>
    public Func<string, IInterceptor[]>? Hooks { get; set; }

    public IReadOnlyList<string> Names => [.. _targets.Keys];

    public RowScenario this[string target] => _targets[target];

    public static async Task<FleetScenario> CreateAsync(Engine engine, int targets)
    {
        var fleet = new FleetScenario(engine);
        for (int i = 1; i <= targets; i++)
        {
            fleet._targets[$"t{i}"] = await RowScenario.CreateAsync(engine, Model, Rows);
        }

        return fleet;
    }

    public static void Model(ModelBuilder model)
    {
        Tables(model);
        Required<B, A>(model, "ParentId", DeleteBehavior.Cascade);
    }

    public static void Marked(PurgeOptions options) => options.Rows<A>(a => a.Marked);

    public PurgeFleet Fleet(Action<PurgeOptions>? configure = null, IEnumerable<string>? more = null)
        => new(_engine.Purger(configure ?? Marked), [.. Names, .. more ?? []], CreateContext);

    public DbContext CreateContext(string target)
        => Hooks is { } hooks
            ? new ScenarioContext(this[target].Database, Model, options => options.AddInterceptors(hooks(target)))
            : new ScenarioContext(this[target].Database, Model);

    /// <summary>The keys that are left in a table of each target.</summary>
    public async Task<string> KeysAsync(string table)
    {
        List<string> keys = [];
        foreach (string target in Names)
        {
            keys.Add(await this[target].KeysAsync(table));
        }

        return string.Join(", ", keys);
    }

    public string DatabaseOf(string target)
        => this[target].Context.Database.GetDbConnection() is var connection && _engine == Engine.Sqlite
            ? Path.GetFileName(connection.DataSource)
            : connection.Database;

    public async ValueTask DisposeAsync()
    {
        foreach (RowScenario target in _targets.Values)
        {
            await target.DisposeAsync();
        }
    }
}

/// <summary>Fails a commit that was done, as a connection does that is lost before the answer.</summary>
public sealed class LostAnswer : DbTransactionInterceptor
{
    private bool _isDone;

    public override Task TransactionCommittedAsync(
        DbTransaction transaction,
        TransactionEndEventData eventData,
        CancellationToken cancellationToken = default)
        => _isDone ? Task.CompletedTask : FailAsync();

    private Task FailAsync()
    {
        _isDone = true;
        return Task.FromException(new TimeoutException("the answer was lost"));
    }
}
