using BenchmarkDotNet.Attributes;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Benchmarks;

/// <summary>How long it takes to get from facts to a plan, without a database.</summary>
[MemoryDiagnoser]
public class PlannerBenchmark
{
    private SyntheticFacts _facts = null!;
    private ComparedSchema _schema = null!;
    private IReadOnlyList<TableDisposition> _dispositions = null!;
    private PurgePlan _plan = null!;

    [Params(100, 1_000, 10_000)]
    public int Tables { get; set; }

    [Params("ANSI SQL", "SQLite", "PostgreSQL")]
    public string Dialect { get; set; } = "ANSI SQL";

    [GlobalSetup]
    public async Task SetUp()
    {
        _facts = SyntheticFacts.Create(Tables, DialectOf(Dialect));
        _schema = _facts.Compare();
        _dispositions = await _facts.DecideAsync(_schema).ConfigureAwait(false);
        _plan = Plan();
    }

    /// <summary>Compares model and live schema.</summary>
    [Benchmark]
    public object Compare() => _facts.Compare();

    /// <summary>Assigns dispositions, finds what is blocked, skips the cycles that cannot be broken.</summary>
    [Benchmark]
    public async Task<object> Decide() => await _facts.DecideAsync(_schema).ConfigureAwait(false);

    /// <summary>Orders, breaks cycles, writes the statements.</summary>
    [Benchmark]
    public PurgePlan Plan() => _facts.Plan(_schema, _dispositions, truncate: false);

    /// <summary>The same with TRUNCATE, where the engine has it.</summary>
    [Benchmark]
    public PurgePlan PlanTruncate() => _facts.Plan(_schema, _dispositions, truncate: true);

    /// <summary>Writes the plan for people, as a script and as JSON, and reads it back.</summary>
    [Benchmark]
    public int Write() => _plan.ToString().Length + _plan.ToSqlScript().Length + PurgePlan.FromJson(_plan.ToJson()).Steps.Count;

    internal static PurgeDialect DialectOf(string name) => name switch
    {
        "SQLite" => new SqliteDialect(),
        "PostgreSQL" => new PostgreSqlDialect(),
        _ => new AnsiWithoutSchemas(),
    };

    private sealed class AnsiWithoutSchemas : AnsiDialect
    {
        public override bool HasSchemas => false;
    }
}
