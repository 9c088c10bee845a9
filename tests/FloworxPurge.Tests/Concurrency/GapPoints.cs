using System.Globalization;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Concurrency;

/// <summary>The moments of a run at which another session's statement can run, and which of them a test run tries.</summary>
internal static class GapPoints
{
    /// <summary>
    /// The environment variable that says how many moments of each run are tried beside the most telling ones: a number, or <c>all</c>.
    /// </summary>
    public const string CountVariable = "FLOWORXPURGE_GAPS";

    /// <summary>The environment variable that holds the number of the only moment to be tried, as a failure names it.</summary>
    public const string OnlyVariable = "FLOWORXPURGE_GAP";

    public const string BeforeCommit = "before commit";

    public const string AfterCommit = "after commit";

    private const int UsualCount = 1;

    /// <summary>Whether another session can do anything there that it could not do at the moment before.</summary>
    public static bool IsGap(string point) => point.StartsWith("before ", StringComparison.Ordinal) || point is AfterCommit;

    /// <summary>The numbers of the moments that are tried, from 1.</summary>
    /// <param name="points">The names of all moments, in order.</param>
    /// <param name="turn">A number that differs from statement to statement, so that all moments are tried over all statements.</param>
    /// <param name="locksTables">
    /// Whether the purge keeps writers out; then fewer are tried, since structure is held by the same means.
    /// </param>
    public static IReadOnlyList<int> Choose(IReadOnlyList<string> points, int turn, bool locksTables)
    {
        int[] all = [.. Enumerable.Range(1, points.Count)];
        if (Environment.GetEnvironmentVariable(OnlyVariable) is { Length: > 0 } only)
        {
            int number = int.Parse(only, CultureInfo.InvariantCulture);
            return [.. all.Where(it => it == number)];
        }

        string? given = Environment.GetEnvironmentVariable(CountVariable);
        if (string.Equals(given, "all", StringComparison.OrdinalIgnoreCase))
        {
            return all;
        }

        int count = given is { Length: > 0 } ? int.Parse(given, CultureInfo.InvariantCulture) : UsualCount;
        HashSet<int> chosen = locksTables ? [1] : [.. Always(points)];
        int[] others = [.. all.Except(chosen)];
        for (int i = 0; i < Math.Min(count, others.Length); i++)
        {
            chosen.Add(others[((turn * count) + i) % others.Length]);
        }

        return [.. chosen.Order()];
    }

    // The first moment, those around the lock, the count, the deletes and the commit.
    private static int[] Always(IReadOnlyList<string> points)
    {
        int[] deletes = Numbers(points, IsDelete);
        int structure = Numbers(points, IsLock).FirstOrDefault();
        int firstDelete = deletes.FirstOrDefault();
        int count = Numbers(points, IsCount).LastOrDefault(number => number < firstDelete);
        int commit = Numbers(points, point => point is BeforeCommit).FirstOrDefault();
        int[] always = [1, structure, count, firstDelete, deletes.LastOrDefault() + 1, commit, commit + 1];
        return [.. always.Where(number => number >= 1 && number <= points.Count)];
    }

    // MariaDB has no statement that only locks: one that reads no row holds the structure of its tables, and one that reads for an update
    // holds the rows.
    private static bool IsLock(string point)
        => point.StartsWith("before LOCK ", StringComparison.Ordinal)
            || point.Contains(" LIMIT 0)", StringComparison.Ordinal)
            || point.Contains("FOR UPDATE", StringComparison.Ordinal);

    // One of MariaDB names a second table before FROM.
    private static bool IsDelete(string point)
        => point.Contains("DELETE FROM", StringComparison.Ordinal) || point.StartsWith("before DELETE ", StringComparison.Ordinal);

    private static bool IsCount(string point) => point.Contains("COUNT(*)", StringComparison.OrdinalIgnoreCase);

    private static int[] Numbers(IReadOnlyList<string> points, Func<string, bool> isWanted)
        => [.. Enumerable.Range(1, points.Count).Where(number => isWanted(points[number - 1]))];
}
