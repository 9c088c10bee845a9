using System.Reflection;
using FloworxPurge.Extensibility;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>Every public member says what it means, what it takes, what it is by default and what it throws.</summary>
public sealed class PublicApiRulesTests
{
    private static readonly Assembly[] Packages = [typeof(Purger).Assembly, typeof(RedisPurgeTarget).Assembly];
    private static readonly XmlDocs Docs = new(Packages);

    [Fact]
    public void Every_public_member_is_documented()
        => AssertNone(Packages.SelectMany(package => PublicApiRules.Undocumented(package, Docs)));

    [Fact]
    public void Every_option_states_its_default()
        => AssertNone(
            PublicApiRules.WithoutDefault(Docs, typeof(PurgeOptions), typeof(ResetOptions), typeof(RestoreOptions), typeof(ReportDetails), typeof(HttpEndpointCheck), typeof(RedisPurgeOptions)));

    [Fact]
    public void Every_exception_that_a_method_throws_itself_is_documented()
        => AssertNone(Packages.SelectMany(package => PublicApiRules.UndocumentedExceptions(package, Docs)));

    [Fact]
    public void No_method_takes_a_true_of_which_nobody_knows_what_it_means()
        => AssertNone(Packages.SelectMany(PublicApiRules.BooleanTraps));

    [Fact]
    public void No_record_is_positional()
        => AssertNone(Packages.SelectMany(PublicApiRules.PositionalRecords).Except([nameof(PlanStep), nameof(SqlStatement)]));

    [Fact]
    public void Whatever_takes_time_can_be_cancelled() => AssertNone(Packages.SelectMany(PublicApiRules.NotCancellable));

    [Fact]
    public void The_rules_find_what_breaks_them()
    {
        Assembly here = typeof(PublicApiRulesTests).Assembly;

        Assert.Contains("Careless.Act(Boolean)", PublicApiRules.BooleanTraps(here));
        Assert.Contains("Careless.ActAsync(String)", PublicApiRules.NotCancellable(here));
        Assert.Contains("Positional", PublicApiRules.PositionalRecords(here));
        Assert.Contains("Careless.Size", PublicApiRules.WithoutDefault(Docs, typeof(Careless)));
        Assert.Contains("Careless.Act(Boolean): no <param> of really", PublicApiRules.Undocumented(here, Docs));
        Assert.Contains("Careless: no <summary>", PublicApiRules.Undocumented(here, Docs));
        string[] untold = [.. PublicApiRules.UndocumentedExceptions(here, Docs)];
        Assert.Contains("Careless.Act(Boolean): InvalidOperationException", untold);
        Assert.Contains("Careless.ActAsync(String): ArgumentNullException", untold);
    }

    private static void AssertNone(IEnumerable<string> members) => Assert.True(!members.Any(), string.Join(Environment.NewLine, members));
}

public sealed record Positional(int Size);

public sealed class Careless
{
    public int Size { get; set; }

    public void Act(bool really)
    {
        if (really != Size > 0)
        {
            throw new InvalidOperationException();
        }
    }

    public async Task ActAsync(string what)
    {
        ArgumentNullException.ThrowIfNull(what);
        await Task.Yield();
        Size++;
    }
}
