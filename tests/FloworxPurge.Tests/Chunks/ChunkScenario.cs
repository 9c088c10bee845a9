using System.Globalization;
using System.Text;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Chunks;

/// <summary>
/// Two equal databases: one for a run in several transactions, one for the same run in one transaction, whose result the first must have.
/// </summary>
public sealed class ChunkScenario : IAsyncDisposable
{
    private readonly Engine _engine;

    private ChunkScenario(Engine engine, RowScenario chunked, RowScenario whole)
        => (_engine, Chunked, Whole) = (engine, chunked, whole);

    public RowScenario Chunked { get; }

    public RowScenario Whole { get; }

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public static async Task<ChunkScenario> CreateAsync(Engine engine, Action<ModelBuilder> references, string rows)
        => new(
            engine,
            await RowScenario.CreateAsync(engine, references, rows),
            await RowScenario.CreateAsync(engine, references, rows));

    /// <summary>A with dependents in B and C, which D references; C may lose its other reference.</summary>
    public static void Model(ModelBuilder model)
    {
        Required<B, A>(model, "ParentId", DeleteBehavior.Cascade);
        Required<C, B>(model, "ParentId", DeleteBehavior.Cascade);
        Optional<C, A>(model, "OtherId", DeleteBehavior.SetNull);
        Required<D, A>(model, "ParentId", DeleteBehavior.Restrict);
    }

    /// <summary>Rows of A from 1, every third unmarked, with two of B each and one of C each; every seventh has a D that blocks it.</summary>
    public static string Data(int rows)
    {
        var text = new StringBuilder("A ");
        IEnumerable<int> numbers = Enumerable.Range(1, rows);
        void Add(FormattableString part) => text.Append(part.ToString(CultureInfo.InvariantCulture)).Append(' ');
        foreach (int i in numbers)
        {
            Add($"{i}{(i % 3 == 0 ? string.Empty : "!")}");
        }

        text.Append("B ");
        foreach (int i in numbers)
        {
            Add($"{2 * i}>{i}");
            Add($"{(2 * i) + 1}>{i}");
        }

        text.Append("C ");
        foreach (int i in numbers)
        {
            Add($"{i}>{2 * i}/{(i % rows) + 1}");
        }

        text.Append("D ");
        foreach (int i in numbers.Where(i => i % 7 == 0))
        {
            Add($"{i}>{i}");
        }

        return text.ToString();
    }

    /// <summary>The state of the database of the run in several transactions, and of the other.</summary>
    public async Task<(string Chunked, string Whole)> StatesAsync()
        => (await StateAsync(Chunked), await StateAsync(Whole));

    /// <summary>All rows, as text.</summary>
    public static async Task<string> StateAsync(RowScenario scenario)
    {
        var text = new StringBuilder();
        foreach (string table in new[] { "A", "B", "C", "D" })
        {
            text.Append(table).Append(": ").AppendLine(await scenario.ValuesAsync(
                $"SELECT {scenario.Database.Pick(Text("||"), Text("||"), Concat(), Text("+"))} FROM \"{table}\" ORDER BY \"Id\""));
        }

        return text.ToString();

        static string Text(string join)
            => $"CAST(\"Id\" AS varchar(20)) {join} '>' {join} COALESCE(CAST(\"ParentId\" AS varchar(20)), '-') {join} '/' {join} "
                + "COALESCE(CAST(\"OtherId\" AS varchar(20)), '-')";

        static string Concat()
            => "CONCAT(\"Id\", '>', COALESCE(\"ParentId\", '-'), '/', COALESCE(\"OtherId\", '-'))";
    }

    public Task<(PurgePlan Plan, PurgeReport Report)> PurgeWholeAsync(Action<PurgeOptions> configure) => Whole.PurgeAsync(configure);

    /// <summary>Plans and runs in several transactions.</summary>
    public async Task<PurgeReport> PurgeAsync(
        Action<PurgeOptions> configure,
        Action<PurgeOptions> chunks,
        CommandHook? hook = null,
        IProgress<PurgeProgress>? progress = null,
        CancellationToken? cancellationToken = null)
    {
        Purger purger = Purger(configure, chunks);
        await using ScenarioContext context = hook is null ? Chunked.CreateContext(new CommandHook()) : Chunked.CreateContext(hook);
        PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
        hook?.Reset();
        PurgeReport report = await purger.ExecuteAsync(
            context,
            PurgePlan.FromJson(plan.ToJson()),
            progress,
            cancellationToken ?? CancellationToken);
        Assert.Equal(report.ToJson(), PurgeReport.FromJson(report.ToJson()).ToJson());
        return report;
    }

    public Purger Purger(Action<PurgeOptions> configure, Action<PurgeOptions> chunks)
        => _engine.Purger(options =>
        {
            configure(options);
            chunks(options);
        });

    public async ValueTask DisposeAsync()
    {
        await Chunked.DisposeAsync();
        await Whole.DisposeAsync();
    }
}
