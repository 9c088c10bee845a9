using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Concurrency;

/// <summary>
/// Another session runs a statement before each command of a purge, before and after its commit: no kept row is lost or changed, and no
/// verdict is better than what stands. <c>FLOWORXPURGE_GAPS</c> sets how many moments of a run are tried for each statement beside those
/// that always are, or <c>all</c>; <c>FLOWORXPURGE_GAP</c> names a single one.
/// </summary>
public abstract class GapTests<TDatabase>(GapFixture<TDatabase> fixture, bool locksTables)
    where TDatabase : GapDatabase
{
    // Dropped tables leave dead rows in the catalog.
    private const int StatementsBetweenVacuums = 10;

    private const int MostRepeats = 5;

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_purge_that_nobody_disturbs_is_complete()
    {
        var nobody = new GapStatement("nothing");
        GapDatabase database = await fixture.GetAsync(CancellationToken);
        var run = new GapRun(database, locksTables);

        GapResult result = await run.RunAsync(nobody, number: 0, CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, result.Report?.Verdict);
        Assert.Empty(GapInvariant.Check(result, await run.ReadStatesAsync(nobody, CancellationToken)));
        Assert.Contains(GapPoints.AfterCommit, result.Points);
    }

    protected async Task RunAsync(string name)
    {
        GapDatabase database = await fixture.GetAsync(CancellationToken);
        GapStatement statement = database.Statements.Single(it => it.Name == name);
        string? reason = await database.WhyNotAsync(statement, CancellationToken);
        Assert.SkipWhen(reason is not null, reason ?? string.Empty);
        int turn = database.Statements.ToList().IndexOf(statement);
        if (turn % StatementsBetweenVacuums == 0)
        {
            await database.TidyAsync(CancellationToken);
        }

        var run = new GapRun(database, locksTables);
        IReadOnlyList<GapRows> states = await GapFixture<TDatabase>.StatesAsync(run, statement, CancellationToken);
        IReadOnlyList<string> points = await fixture.PointsAsync(run, statement, CancellationToken);
        List<GapResult> results = [];
        var failures = new StringBuilder();
        var summary = new StringBuilder();
        foreach (int number in GapPoints.Choose(points, turn, locksTables))
        {
            await TryAsync(number);
        }

        // The statement does not wait, and whoever reads the catalog of the whole server holds a table for a moment.
        for (int again = 0; again < MostRepeats && !HasRun(); again++)
        {
            await TryAsync(1);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(summary.ToString());
        Assert.True(
            failures.Length == 0,
            $"{database.Engine}, LockTables {(locksTables ? "on" : "off")}, statement \"{name}\". One moment alone: "
                + $"{GapPoints.OnlyVariable}=<number>.\n{failures}");
        Assert.True(HasRun(), $"\"{name}\" ran at no moment, so that it tested nothing:\n{summary}");

        bool HasRun() => results.Exists(result => result.Outcome is { Failure: null })
            || Environment.GetEnvironmentVariable(GapPoints.OnlyVariable) is { Length: > 0 };

        async Task TryAsync(int number)
        {
            GapResult result = await run.RunAsync(statement, number, CancellationToken);
            results.Add(result);
            string line = string.Create(
                CultureInfo.InvariantCulture, $"{number} of {result.Points.Count} ({result.Point}): "
                    + $"{result.Outcome?.ToString() ?? "never reached"}; {Describe(result)}");
            summary.AppendLine(line);
            foreach (string problem in GapInvariant.Check(result, states))
            {
                failures.AppendLine(CultureInfo.InvariantCulture, $"{line}\n    {problem}");
            }
        }
    }

    private static string Describe(GapResult result) => result switch
    {
        { Report: { } report } => $"{report.Verdict}, {report.Transaction}: {report.Error ?? report.Summary}",
        { Exception: { } exception } => $"{exception.GetType().Name}: {exception.Message}",
        _ => "no report",
    };
}

/// <summary>The database that the statements of one class share, and what is known of its runs.</summary>
public abstract class GapFixture<TDatabase>(Func<CancellationToken, Task<TDatabase>> create) : IAsyncDisposable
    where TDatabase : GapDatabase
{
    // The same for each database, with locks and without.
    private static readonly ConcurrentDictionary<string, IReadOnlyList<GapRows>> States = new(StringComparer.Ordinal);

    private readonly ConcurrentDictionary<(string Rows, string Tables, bool IsPartitioned), IReadOnlyList<string>> _points = new();
    private TDatabase? _database;

    // A skip for want of a server belongs to the tests.
    internal async Task<TDatabase> GetAsync(CancellationToken cancellationToken) => _database ??= await create(cancellationToken);

    /// <summary>The rows as they are without a purge: before the statement, after its first command, and so on.</summary>
    internal static async Task<IReadOnlyList<GapRows>> StatesAsync(GapRun run, GapStatement statement, CancellationToken cancellationToken)
    {
        if (!States.TryGetValue(statement.Name, out IReadOnlyList<GapRows>? states))
        {
            states = States[statement.Name] = await run.ReadStatesAsync(statement, cancellationToken);
        }

        return states;
    }

    /// <summary>The moments of a run that nobody disturbs.</summary>
    internal async Task<IReadOnlyList<string>> PointsAsync(GapRun run, GapStatement statement, CancellationToken cancellationToken)
    {
        (string, string, bool) key = (statement.SetupRows, statement.Setup, statement.IsPartitioned);
        if (!_points.TryGetValue(key, out IReadOnlyList<string>? points))
        {
            points = _points[key] = (await run.RunAsync(statement, number: 0, cancellationToken)).Points;
        }

        return points;
    }

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }
}

public sealed class PostgreSqlGapFixture() : GapFixture<PostgreSqlGapDatabase>(PostgreSqlGapDatabase.CreateAsync);

// Classes run side by side, each with a database of its own.
public sealed class PostgreSqlStructureGapTests(
    PostgreSqlGapFixture fixture) : GapTests<PostgreSqlGapDatabase>(fixture, locksTables: false), IClassFixture<PostgreSqlGapFixture>
{
    public static TheoryData<string> Statements => [.. PostgreSqlStatements.Structure.Select(statement => statement.Name)];

    [Theory]
    [MemberData(nameof(Statements))]
    public Task Another_session_may_run_its_statement_at_any_moment(string statement) => RunAsync(statement);
}

public sealed class PostgreSqlGapTests(
    PostgreSqlGapFixture fixture) : GapTests<PostgreSqlGapDatabase>(fixture, locksTables: false), IClassFixture<PostgreSqlGapFixture>
{
    public static TheoryData<string> Statements => [.. PostgreSqlStatements.Others.Select(statement => statement.Name)];

    [Theory]
    [MemberData(nameof(Statements))]
    public Task Another_session_may_run_its_statement_at_any_moment(string statement) => RunAsync(statement);
}

public sealed class PostgreSqlLockedGapTests(
    PostgreSqlGapFixture fixture) : GapTests<PostgreSqlGapDatabase>(fixture, locksTables: true), IClassFixture<PostgreSqlGapFixture>
{
    public static TheoryData<string> Statements => [.. PostgreSqlStatements.All.Select(statement => statement.Name)];

    [Theory]
    [MemberData(nameof(Statements))]
    public Task Another_session_may_run_its_statement_at_any_moment(string statement) => RunAsync(statement);
}

public sealed class MariaDbGapFixture() : GapFixture<MariaDbGapDatabase>(MariaDbGapDatabase.CreateAsync);

public abstract class MariaDbGapTests(MariaDbGapFixture fixture, bool locksTables) : GapTests<MariaDbGapDatabase>(fixture, locksTables)
{
    public static TheoryData<string> Statements => [.. MariaDbStatements.All.Select(statement => statement.Name)];

    [Theory]
    [MemberData(nameof(Statements))]
    public Task Another_session_may_run_its_statement_at_any_moment(string statement) => RunAsync(statement);
}

public sealed class MariaDbUnlockedGapTests(MariaDbGapFixture fixture) : MariaDbGapTests(
    fixture,
    locksTables: false), IClassFixture<MariaDbGapFixture>;

public sealed class MariaDbLockedGapTests(MariaDbGapFixture fixture) : MariaDbGapTests(
    fixture,
    locksTables: true), IClassFixture<MariaDbGapFixture>;
