using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.FSharp.Core;

namespace FloworxPurge.Tests.Properties;

/// <summary>Runs generated cases until one fails, and then says the smallest one like it.</summary>
public static class Campaign
{
    /// <summary>The environment variable that holds the number of cases for each engine.</summary>
    public const string CasesVariable = "FLOWORXPURGE_CASES";

    /// <summary>The environment variable that holds the seed.</summary>
    public const string SeedVariable = "FLOWORXPURGE_SEED";

    private const ulong DefaultSeed = 20260101;

    // A case that hangs is a finding, too.
    private static readonly TimeSpan LongestCase = TimeSpan.FromSeconds(60);

    public static Task RunAsync(int defaultCases, CaseEngine engine, Func<GeneratedCase, Task> check)
        => Task.Run(() => Run(Read(CasesVariable, (ulong)defaultCases), Read(SeedVariable, DefaultSeed), engine, check));

    private static void Run(ulong cases, ulong seed, CaseEngine engine, Func<GeneratedCase, Task> check)
    {
        (GeneratedCase Case, Exception Exception)? failure = null;
        Config config = Config.QuickThrowOnFailure
            .WithMaxTest((int)cases)
            .WithReplay(FSharpOption<Replay>.Some(new Replay(new Rnd(seed), FSharpOption<int>.None)));
        try
        {
            Check.One(config, Prop.ForAll(CaseGenerator.Cases, it =>
            {
                try
                {
                    check(it).WaitAsync(LongestCase).GetAwaiter().GetResult();
                    return true;
                }
                catch (Exception e)
                {
                    failure = (it, e);
                    return false;
                }
            }));
        }
        catch (Exception) when (failure is not null)
        {
            var sql = new CaseSql(failure.Value.Case, engine);
            Assert.Fail(
                $"{SeedVariable}={seed.ToString(CultureInfo.InvariantCulture)}\n{failure.Value.Case}\n{sql.Tables()}{sql.Rows()}{sql.Triggers()}\n{failure.Value.Exception}");
        }
    }

    private static ulong Read(string variable, ulong usual)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? ulong.Parse(text, CultureInfo.InvariantCulture) : usual;
}
