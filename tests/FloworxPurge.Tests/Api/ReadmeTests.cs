using FloworxPurge.Planning;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Api;

/// <summary>The tables of the README name every reason, verdict and option there is.</summary>
public sealed class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Core, "..", "..", "README.md"));

    [Fact]
    public void The_table_of_skip_reasons_names_every_one()
        => AssertNamed("| reason |", Enum.GetNames<SkipReason>());

    [Fact]
    public void The_table_of_verdicts_names_every_one()
        => AssertNamed("| verdict |", Enum.GetNames<PurgeVerdict>());

    [Fact]
    public void The_table_of_options_names_every_one_and_their_values()
        => AssertNamed(
            "| option |",
            [.. typeof(PurgeOptions).GetProperties().Select(property => property.Name), nameof(PurgeOptions.AllowDatabase), nameof(PurgeOptions.AddCheck), nameof(PurgeOptions.AddTarget), nameof(PurgeOptions.SaveReport), .. Enum.GetNames<OnBlocked>(), .. Enum.GetNames<PurgeMode>(), .. Enum.GetNames<PurgeStrategy>(), .. Enum.GetNames<DriftTolerance>()]);

    [Fact]
    public void The_table_of_reset_options_names_every_one()
        => AssertNamed(
            "| reset option |",
            typeof(ResetOptions).GetProperties().Select(property => property.Name).Concat([nameof(ResetOptions.Include), nameof(ResetOptions.Exclude), nameof(ResetOptions.AllowDatabase)]));

    private static void AssertNamed(string header, IEnumerable<string> names)
    {
        string table = string.Join('\n', Readme.ReplaceLineEndings("\n").Split('\n').SkipWhile(line => !line.StartsWith(header, StringComparison.Ordinal)).TakeWhile(line => line.StartsWith('|')));
        Assert.NotEmpty(table);
        Assert.All(names, name => Assert.Contains($"`{name}`", table, StringComparison.Ordinal));
    }
}
