using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Execution;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Concurrency;

/// <summary>
/// Other sessions work beside a purge at moments that nobody chooses. <c>FLOWORXPURGE_ROUNDS</c> sets how often (the default is 6; 120 are
/// a long test), <c>FLOWORXPURGE_SEED</c> which moments are tried.
/// </summary>
public abstract class RaceTests(Func<CancellationToken, Task<TestDatabase>> create)
{
    private const string RoundsVariable = "FLOWORXPURGE_ROUNDS";
    private const string SeedVariable = "FLOWORXPURGE_SEED";
    private const int DefaultRounds = 6;
    private const int DefaultSeed = 20260101;
    private const int KeptRows = 5;

    // In milliseconds: without a pause, a row is always there when the purge verifies.
    private const int LongestPause = 30;

    // A run that waits for another session, which waits for it, is a finding, too.
    private static readonly TimeSpan LongestRun = TimeSpan.FromSeconds(60);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_key_that_is_added_at_a_random_moment_costs_no_kept_row(bool locksTables)
    {
        const int Tables = 40;
        const int Rows = 1000;
        int seed = Read(SeedVariable, DefaultSeed);
        var random = new Random(seed);
        await using TestDatabase database = await create(CancellationToken);
        await CreateTablesAsync(database, Tables);
        await database.ExecuteAsync(
            $"CREATE TABLE kept (id int NOT NULL PRIMARY KEY, p_id int); INSERT INTO kept VALUES "
                + $"{string.Join(", ", Enumerable.Range(1, KeptRows).Select(i => $"({i}, {i})"))}",
            CancellationToken);
        await using var context = new ScenarioContext(database, Model(Tables));
        var verdicts = new List<string>();
        TimeSpan usual = TimeSpan.Zero;
        for (int round = 0; round <= Read(RoundsVariable, DefaultRounds); round++)
        {
            string where = $"{SeedVariable}={Text(seed)}, round {Text(round)}, LockTables {locksTables}";
            await FillAsync(database, Tables, Rows);
            Purger purger = new(options => options.LockTables = locksTables);
            PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
            var watch = Stopwatch.StartNew();
            TimeSpan delay = usual * random.NextDouble();
            Task<PurgeReport?> purge = RunAsync(purger, context, plan);

            // The first run shows how long one takes.
            bool isAdded = round > 0
                && await TryAsync(
                    database,
                    delay,
                    "ALTER TABLE kept ADD CONSTRAINT k FOREIGN KEY (p_id) REFERENCES p39 (id) ON DELETE CASCADE");
            PurgeReport? report = await purge;
            usual = round == 0 ? watch.Elapsed : usual;

            Assert.True(
                await database.CountAsync("kept", cancellationToken: CancellationToken) == KeptRows,
                $"{where}: kept rows are lost after {delay}, {report?.Verdict}: {report?.Summary}");
            long left = await CountAsync(database, Tables);
            long expected = report is { Verdict: PurgeVerdict.Complete } ? 0 : Tables * Rows;
            Assert.True(
                left == expected,
                $"{where}: {Text(left)} rows are left, and {Text(expected)} are expected, {report?.Verdict}: {report?.Summary}");
            verdicts.Add($"{report?.Verdict}{(isAdded ? " and the key" : string.Empty)}");
            if (isAdded)
            {
                await database.ExecuteAsync(
                    $"ALTER TABLE kept DROP {database.Pick("", "CONSTRAINT", "FOREIGN KEY", "CONSTRAINT")} k",
                    CancellationToken);
            }
        }

        Tell(verdicts);
    }

    [Fact]
    public async Task Rows_that_are_inserted_all_the_time_never_make_a_report_that_does_not_add_up()
    {
        const int Tables = 4;
        const int Rows = 200;
        const int Writers = 2;
        int seed = Read(SeedVariable, DefaultSeed);
        await using TestDatabase database = await create(CancellationToken);
        await CreateTablesAsync(database, Tables);
        await using var context = new ScenarioContext(database, Model(Tables));
        var verdicts = new List<string>();
        for (int round = 1; round <= Read(RoundsVariable, DefaultRounds); round++)
        {
            string where = $"{SeedVariable}={Text(seed)}, round {Text(round)}";
            await FillAsync(database, Tables, Rows);
            Purger purger = new();
            PurgePlan plan = await purger.PlanAsync(context, CancellationToken);
            long[] inserted = new long[Tables];
            using var end = new CancellationTokenSource();
            int first = seed + (round * Writers);
            Task[] writers = [.. Enumerable
                .Range(0, Writers)
                .Select(writer => Task.Run(() => WriteAsync(database, new Random(first + writer), 10_000 * (writer + 1), inserted, end.Token)))];
            PurgeReport? report;
            try
            {
                report = await RunAsync(purger, context, plan);
            }
            finally
            {
                await end.CancelAsync();
            }

            await Task.WhenAll(writers);
            Assert.True(report is not null, where);
            verdicts.Add(report.Verdict.ToString());
            bool isCommitted = report.Verdict is PurgeVerdict.Complete or PurgeVerdict.Partial;
            foreach (TableReport table in report.Tables)
            {
                long all = Rows + inserted[int.Parse(table.Table.Name[1..], CultureInfo.InvariantCulture)];
                long left = await database.CountAsync(table.Table.Name, cancellationToken: CancellationToken);
                string sums =
                    $"{where}, {report.Verdict}: {table.Table.Name}: {Text(table.RowsBefore)} before, {Text(table.RowsDeleted)} deleted, "
                        + $"{Text(table.RowsAfter)} after; {Text(all)} in all, {Text(left)} left\n{report.Summary}";
                Assert.True((isCommitted ? table.RowsDeleted : 0) + left == all, sums);
                Assert.True(!isCommitted || GapInvariant.AddsUp(report, table), sums);
            }
        }

        Tell(verdicts);
    }

    private static async Task<PurgeReport?> RunAsync(Purger purger, ScenarioContext context, PurgePlan plan)
    {
        try
        {
            return await purger.ExecuteAsync(context, plan, cancellationToken: CancellationToken).WaitAsync(LongestRun, CancellationToken);
        }
        catch (PurgeException e)
        {
            return e.Report;
        }
    }

    // The statement waits for the purge where it has to; it fails once the rows that it needs are gone.
    private static async Task<bool> TryAsync(TestDatabase database, TimeSpan delay, string sql)
    {
        await using DbConnection connection = await database.OpenConnectionAsync(CancellationToken);
        await Task.Delay(delay, CancellationToken);
        try
        {
            await using DbCommand command = connection.CreateCommand();
            command.CommandText = sql;
            await command.ExecuteNonQueryAsync(CancellationToken);
            return true;
        }
        catch (DbException)
        {
            return false;
        }
    }

    private static async Task WriteAsync(TestDatabase database, Random random, int id, long[] inserted, CancellationToken end)
    {
        await using DbConnection connection = await database.OpenConnectionAsync(CancellationToken);
        await using DbCommand command = connection.CreateCommand();
        while (!end.IsCancellationRequested)
        {
            int table = random.Next(inserted.Length);
            command.CommandText = string.Create(CultureInfo.InvariantCulture, $"INSERT INTO p{table} VALUES ({id++}, 'late')");
            try
            {
                await command.ExecuteNonQueryAsync(CancellationToken);
                Interlocked.Increment(ref inserted[table]);
            }
            catch (DbException)
            {
                // A deadlock with the purge, which the purge has won.
            }

            await Task.Delay(random.Next(LongestPause), CancellationToken);
        }
    }

    private static Task CreateTablesAsync(TestDatabase database, int tables)
        => database.ExecuteAsync(
            string.Concat(Enumerable.Range(0, tables).Select(i => $"CREATE TABLE p{i} (id int NOT NULL PRIMARY KEY, note varchar(40)); ")),
            CancellationToken);

    private static Task FillAsync(TestDatabase database, int tables, int rows)
        => database.ExecuteAsync(
            string.Concat(
                Enumerable.Range(0, tables).Select(i => $"DELETE FROM p{i}; INSERT INTO p{i} SELECT n, 'row' FROM "
                    + $"{database.Pick("", $"generate_series(1, {rows}) AS n", $"(SELECT seq AS n FROM seq_1_to_{rows}) AS s", "")}; ")),
            CancellationToken);

    private static async Task<long> CountAsync(TestDatabase database, int tables)
        => await database.ScalarAsync<long>(
            $"SELECT {string.Join(" + ", Enumerable.Range(0, tables).Select(i => $"(SELECT COUNT(*) FROM p{i})"))}",
            CancellationToken);

    private static Action<ModelBuilder> Model(int tables) => model =>
    {
        for (int i = 0; i < tables; i++)
        {
            string table = $"p{Text(i)}";
            model.SharedTypeEntity<Dictionary<string, object>>(table, entity =>
            {
                entity.ToTable(table);
                entity.IndexerProperty<int>("id").ValueGeneratedNever();
                entity.HasKey("id");
                entity.IndexerProperty<string>("note").HasMaxLength(40);
            });
        }
    };

    private static void Tell(IEnumerable<string> verdicts)
        => TestContext.Current.TestOutputHelper?.WriteLine(
            string.Join(", ", verdicts.CountBy(verdict => verdict).Select(pair => $"{pair.Key}: {Text(pair.Value)}")));

    private static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "no";

    private static int Read(string variable, int usual)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
}

public sealed class PostgreSqlRaceTests() : RaceTests(async token => await PostgreSqlTestDatabase.CreateAsync(token));

public sealed class MariaDbRaceTests() : RaceTests(async token => await MariaDbTestDatabase.CreateAsync(cancellationToken: token));
