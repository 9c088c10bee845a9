using System.Globalization;
using System.Reflection;
using FloworxPurge.Execution;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Redis;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace FloworxPurge.Tests.Api;

/// <summary>The tables that users read name what there is, and nothing else, and say the defaults that the code has.</summary>
public sealed class ReadmeTests
{
    private static readonly Page Options = Page.Read("src/FloworxPurge/options.md");

    private static readonly Page Guarantees = Page.Read("src/FloworxPurge/guarantees.md");

    private static readonly Page Resetting = Page.Read("src/FloworxPurge/Resetting/resetting.md");

    private static readonly Page Redis = Page.Read("src/FloworxPurge.Redis/redis.md");

    [Fact]
    public void The_first_page_has_at_most_1800_words()
        => Assert.InRange(Page.Readme.Words, 1, 1800);

    [Fact]
    public void Skip_reasons_are_all_there_and_no_other()
        => AssertNames([.. Enum.GetNames<PlanReason>().SkipWhile(reason => reason != nameof(PlanReason.TableMissing))], "| skip reason |");

    [Fact]
    public void Verdicts_are_all_there_and_no_other()
        => AssertNames(Enum.GetNames<PurgeVerdict>(), "| verdict |");

    [Fact]
    public void Options_and_their_defaults_are_those_of_the_code()
        => OptionDocs.AssertMatch(new PurgeOptions(), Options.Table("| option |"));

    [Fact]
    public void Reset_options_and_their_defaults_are_those_of_the_code()
        => OptionDocs.AssertMatch(new ResetOptions(), Resetting.Table("| reset option |"));

    [Fact]
    public void Redis_options_and_their_defaults_are_those_of_the_code()
        => OptionDocs.AssertMatch(new RedisPurgeOptions(), Redis.Table("| Redis option |"));

    [Fact]
    public void Parameters_of_several_transactions_and_their_defaults_are_those_of_the_code()
    {
        IReadOnlyList<string[]> table = Page.Read("src/FloworxPurge/chunks.md").Table("| parameter |");
        ParameterInfo[] parameters = typeof(PurgeOptions).GetMethod(nameof(PurgeOptions.InChunks))!.GetParameters();

        Assert.Equal(parameters.Select(parameter => $"`{parameter.Name}`"), table.Select(row => row[0]));
        Assert.Equal(
            parameters.Select(parameter => string.Create(CultureInfo.InvariantCulture, $"{parameter.DefaultValue:N0}")).Where(Has),
            table.Select(row => row[^1]).Where(text => text.All(c => char.IsDigit(c) || c == ',')));
        Assert.Equal($"{ChunkSettings.DefaultPatience.TotalMinutes} minutes", table[^1][^1]);

        static bool Has(string value) => value.Length > 0;
    }

    [Fact]
    public void Parameters_of_an_archive_and_options_of_a_restore_are_all_there_and_no_other()
    {
        var page = Page.Read("src/FloworxPurge/archives.md");

        Assert.Equal(
            typeof(PurgeOptions).GetMethod(nameof(PurgeOptions.ArchiveTo))!.GetParameters().Select(parameter => parameter.Name!),
            page.Table("| `ArchiveTo` |").SelectMany(row => Page.Codes(row[0])));
        AssertMembers<RestoreOptions>(page.Table("| `RestoreOptions` |"));
    }

    [Fact]
    public void Members_of_a_dialect_that_are_named_exist()
    {
        string[] named = [.. Page.Read("src/FloworxPurge/Engines/engines.md")
            .Table("| to get |")
            .SelectMany(row => Page.Codes(row[1]))];

        Assert.NotEmpty(named);
        Assert.Empty(named.Except(typeof(PurgeDialect).GetMembers().Select(member => member.Name), StringComparer.Ordinal));
    }

    [Fact]
    public void Options_of_test_databases_are_all_there_and_no_other()
    {
        IReadOnlyList<string[]> table = Resetting.Table("| option |");

        AssertMembers<TestDatabases<DbContext>>(table);
        Assert.Equal("the number of processors", table[0][^1]);
        Assert.Equal(Environment.ProcessorCount, new TestDatabases<DbContext>("Data Source=:memory:", _ => null!).MaxDatabases);
    }

    [Fact]
    public void The_values_of_an_option_are_all_named()
        => Assert.All(
            new (string Option, string[] Values)[]
            {
                (nameof(PurgeOptions.OnBlocked), Enum.GetNames<OnBlocked>()),
                (nameof(PurgeOptions.Truncate), ["null", "false", "true"]),
                (nameof(PurgeOptions.DriftTolerance), Enum.GetNames<DriftTolerance>()),
            },
            option => Assert.Superset(
                option.Values.ToHashSet(StringComparer.Ordinal),
                Page.Codes(Options.Table("| option |").Single(row => row[0] == $"`{option.Option}`")[1]).ToHashSet(StringComparer.Ordinal)));

    [Fact]
    public void Log_events_are_all_there_with_their_names_and_levels_and_no_other()
    {
        // A level that the caller gives is not in the attribute; it depends on the outcome.
        var events = typeof(PurgeLog).GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.DeclaredOnly)
            .Select(method => (method.Name, Attribute: method.GetCustomAttribute<LoggerMessageAttribute>()!))
            .Select(method => (
                method.Attribute.EventId.ToString(CultureInfo.InvariantCulture),
                $"`{method.Attribute.EventName ?? method.Name}`",
                method.Attribute.Level == LogLevel.None ? "by outcome" : method.Attribute.Level.ToString()));

        Assert.Equal(events.Order(), Guarantees.Table("| event id |").Select(row => (row[0], row[1], row[2])).Order());
    }

    private static void AssertMembers<T>(IReadOnlyList<string[]> table)
        => Assert.Equal(
            typeof(T).GetProperties()
                .Where(property => property.SetMethod is not null)
                .Select(property => property.Name)
                .Concat(typeof(T).GetMethods().Where(method => method.ReturnType == typeof(T)).Select(method => method.Name))
                .Order(StringComparer.Ordinal),
            table.SelectMany(row => Page.Codes(row[0])).Order(StringComparer.Ordinal));

    private static void AssertNames(string[] names, string header)
        => Assert.Equal(
            names.Order(StringComparer.Ordinal),
            Guarantees.Table(header).SelectMany(row => Page.Codes(row[0])).Order(StringComparer.Ordinal));
}
