using System.Diagnostics;
using System.Globalization;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>
/// Runs generated cases until one fails, and reports the smallest one like it. <c>FLOWORXPURGE_ROUNDS</c> sets how many,
/// <c>FLOWORXPURGE_SEED</c> the seed of the first; the next ones count up.
/// </summary>
public static class ScopeCampaign
{
    private const string RoundsVariable = "FLOWORXPURGE_ROUNDS";
    private const string SeedVariable = "FLOWORXPURGE_SEED";
    private const int DefaultSeed = 20260101;

    // A case that hangs is a finding, too.
    private static readonly TimeSpan LongestCase = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(30);

    /// <param name="defaultCases">How many cases, unless the variable says another number.</param>
    /// <param name="database">The database.</param>
    /// <param name="clearAsync">Drops all tables.</param>
    /// <param name="checkAsync">Checks a case; null for a purge in one transaction.</param>
    public static async Task RunAsync(
        int defaultCases,
        TestDatabase database,
        Func<TestDatabase, Task> clearAsync,
        Func<TestDatabase, ScopeCase, Task>? checkAsync = null)
    {
        checkAsync ??= ScopeProperties.CheckAsync;
        int first = Read(SeedVariable, DefaultSeed);
        int cases = Read(RoundsVariable, defaultCases);
        for (int seed = first; seed < first + cases; seed++)
        {
            ScopeCase it = ScopeCaseGenerator.Create(seed);
            if (await TryAsync(database, clearAsync, checkAsync, it) is { } exception)
            {
                (ScopeCase smallest, Exception last) = await ShrinkAsync(database, clearAsync, checkAsync, it, exception);
                var sql = new ScopeSql(smallest, database);
                string text = string.Create(CultureInfo.InvariantCulture, $"{SeedVariable}={seed}, case {seed - first + 1}");
                Assert.Fail($"{text}\n{smallest}\n{sql.Tables()}{sql.Rows()}\n{last}");
            }
        }
    }

    private static async Task<Exception?> TryAsync(
        TestDatabase database,
        Func<TestDatabase, Task> clearAsync,
        Func<TestDatabase, ScopeCase, Task> checkAsync,
        ScopeCase it)
    {
        try
        {
            await clearAsync(database);
            await checkAsync(database, it).WaitAsync(LongestCase);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    private static async Task<(ScopeCase Smallest, Exception Exception)> ShrinkAsync(
        TestDatabase database,
        Func<TestDatabase, Task> clearAsync,
        Func<TestDatabase, ScopeCase, Task> checkAsync,
        ScopeCase it,
        Exception exception)
    {
        var watch = Stopwatch.StartNew();
        for (bool isSmaller = true; isSmaller && exception is not TimeoutException;)
        {
            isSmaller = false;
            foreach (ScopeCase smaller in ScopeShrinker.Smaller(it))
            {
                if (watch.Elapsed > LongestSearch)
                {
                    break;
                }

                // Another kind of failure is another fault.
                if (await TryAsync(database, clearAsync, checkAsync, smaller) is { } found && Kind(found) == Kind(exception))
                {
                    (it, exception, isSmaller) = (smaller, found, true);
                    break;
                }
            }
        }

        return (it, exception);
    }

    private static string Kind(Exception exception)
        => new([.. $"{exception.GetType().Name}: {exception.Message}".Split('\n')[0].Where(c => !char.IsAsciiDigit(c)).Take(60)]);

    private static int Read(string variable, int usual)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : usual;
}
