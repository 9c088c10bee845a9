namespace FloworxPurge.Tests.Servers;

/// <summary>A run of what needs no server, no browser and no other process, and no long time: <c>tests/run.sh --quick</c>.</summary>
internal static class QuickRun
{
    /// <summary>The environment variable that asks for it by <c>1</c>.</summary>
    public const string Variable = "FLOWORXPURGE_TEST_QUICK";

    /// <summary>Skips the running test in a quick run.</summary>
    /// <param name="what">What it is about to start, at the beginning of a sentence.</param>
    public static void SkipBefore(string what) => Assert.SkipWhen(IsAskedFor, $"{what} is not started in a quick run.");

    /// <summary>Skips the running test, which takes seconds, in a quick run.</summary>
    public static void SkipLongTest() => Assert.SkipWhen(IsAskedFor, "It takes seconds: not in a quick run.");

    private static bool IsAskedFor => Environment.GetEnvironmentVariable(Variable) == "1";
}
