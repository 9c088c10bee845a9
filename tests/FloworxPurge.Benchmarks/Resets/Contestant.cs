using System.Diagnostics;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>One way to get a clean database.</summary>
/// <param name="Name">The head of its column.</param>
/// <param name="Database">What is filled before and checked after; <see langword="null"/> for one that is just timed.</param>
/// <param name="Reset">The measured work.</param>
internal sealed record Contestant(string Name, ResetDatabase? Database, Func<Task> Reset)
{
    /// <summary>Whether identity counters start again, which is checked too.</summary>
    public bool RestartsCounters { get; init; }

    /// <summary>Whether it takes so long that it has fewer runs.</summary>
    public bool IsSlow { get; init; }

    public static async Task<Contestant> OursAsync(string name, ResetDatabase database, Stack<IAsyncDisposable> open)
    {
        DatabaseResetter resetter = await ResetterAsync(database);
        open.Push(resetter);
        return new Contestant(name, database, () => resetter.ResetAsync()) { RestartsCounters = true };
    }

    public static async Task<DatabaseResetter> ResetterAsync(ResetDatabase database)
    {
        await using LayoutContext context = database.CreateContext();
        return await DatabaseResetter.CreateAsync(context);
    }

    /// <summary>Exactly the dirty tables and their identity counters, prepared, durable, in one transaction and one round trip.</summary>
    public static async Task<Contestant> ByHandAsync(string name, ResetDatabase database, int dirty)
    {
        IReadOnlyList<int> tables = database.Layout.Dirty(dirty);
        return await StatementAsync(
            name,
            database,
            database.InTransaction(Layout.Delete(tables) + database.RestartCounters(tables))) with
        { RestartsCounters = true };
    }

    public static async Task<Contestant> DeleteAllAsync(string name, ResetDatabase database)
    {
        var command = (await database.ConnectAsync()).CreateCommand();
        command.CommandText = database.InTransaction(Layout.Delete(Enumerable.Range(0, database.Layout.Tables)));
        return new Contestant(name, database, () => command.ExecuteNonQueryAsync());
    }

    public static Contestant Recreate(string name, ResetDatabase unwatched)
        => new(name, Database: null, async () =>
        {
            await using LayoutContext context = unwatched.CreateContext();
            await context.Database.EnsureDeletedAsync();
            await context.Database.EnsureCreatedAsync();
        })
        {
            IsSlow = true,
        };

    public static async Task<Contestant> StatementAsync(string name, ResetDatabase database, string sql)
    {
        var command = await database.PrepareAsync(await database.ConnectAsync(), sql);
        return new Contestant(name, database, () => command.ExecuteNonQueryAsync());
    }

    /// <summary>Runs the contestants in turn and gives the median of each in milliseconds.</summary>
    public static async Task<Dictionary<string, double>> MeasureAsync(
        IReadOnlyList<Contestant> contestants,
        int dirty,
        int rounds,
        int slowRounds,
        Func<Task>? before = null,
        int rows = Layout.RowsPerTable)
    {
        const int warmUp = 3;
        const int roundsPerCheck = 16;

        // On a slow disk a TRUNCATE of hundreds of tables takes seconds; two of them tell enough.
        const double mostForSlow = 5_000;
        const int leastSlow = 2;
        var times = contestants.ToDictionary(contestant => contestant.Name, _ => new List<double>());
        for (int round = -warmUp; round < rounds; round++)
        {
            // Each has its turn after each of the others.
            for (int i = 0; i < contestants.Count; i++)
            {
                Contestant contestant = contestants[(i + round + warmUp) % contestants.Count];
                List<double> own = times[contestant.Name];
                bool hasTurn = !contestant.IsSlow
                    || round == -1
                    || (round >= 0 && round % Math.Max(1, rounds / slowRounds) == 0 && (own.Count < leastSlow || own.Sum() < mostForSlow));
                if (hasTurn)
                {
                    double time = await contestant.TimeAsync(
                        dirty,
                        before,
                        isChecked: round % roundsPerCheck == 0 || contestant.IsSlow,
                        rows);
                    if (round >= 0)
                    {
                        own.Add(time);
                    }
                }
            }
        }

        return times.ToDictionary(pair => pair.Key, pair => Median(pair.Value));
    }

    public static double Median(IEnumerable<double> numbers)
    {
        double[] sorted = [.. numbers.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Fills, resets and, now and then, looks whether that was a reset; gives the milliseconds of the reset alone.</summary>
    public async Task<double> TimeAsync(int dirty, Func<Task>? before = null, bool isChecked = false, int rows = Layout.RowsPerTable)
    {
        if (Database is not null)
        {
            await Database.FillAsync(dirty, rows);
        }

        if (before is not null)
        {
            await before();
        }

        long start = Stopwatch.GetTimestamp();
        await Reset();
        double time = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        if (isChecked && Database is not null)
        {
            await Database.CheckAsync(RestartsCounters);
        }

        return time;
    }
}
