using FloworxPurge.Engines;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.Tests.Planning;

/// <summary>Includes and excludes decide by patterns and entity types; an exclude beats any include.</summary>
public sealed class TableFilterTests
{
    [Theory]
    [InlineData("users", "users", true)]
    [InlineData("users", "Users", false)]
    [InlineData("users", "users2", false)]
    [InlineData("user*", "users", true)]
    [InlineData("user*", "user", true)]
    [InlineData("*", "anything", true)]
    [InlineData("*", "public.anything", true)]
    [InlineData("user?", "users", true)]
    [InlineData("user?", "user", false)]
    [InlineData("?sers", "users", true)]
    [InlineData("*log*", "audit_log_2025", true)]
    [InlineData("ref.*", "ref.countries", true)]
    [InlineData("ref.*", "public.countries", false)]
    [InlineData("ref.*", "reference", false)]
    [InlineData("ref.countries", "ref.countries", true)]
    [InlineData("ref.countries", "public.countries", false)]
    [InlineData("countries", "ref.countries", true)]
    [InlineData("*.countries", "ref.countries", true)]
    [InlineData("*.countries", "countries", false)]
    [InlineData("a\\*", "a\\b", true)]
    [InlineData("a\\*", "a*", false)]
    [InlineData("a<b>\"c", "a<b>\"c", true)]
    [InlineData("T{0}", "T{0}", true)]
    public void A_pattern_names_a_table_alone_or_with_its_schema(string pattern, string table, bool matches)
    {
        var filter = new TableFilter([Exclude(pattern)], StringComparer.Ordinal);

        Assert.Equal(matches ? FilterDecision.Excluded : FilterDecision.Purge, filter.Decide(Facts.Name(table), []));
    }

    [Fact]
    public void Case_counts_where_the_engine_says_so()
    {
        Assert.Equal(
            FilterDecision.Excluded,
            new TableFilter([Exclude("USER*")], StringComparer.OrdinalIgnoreCase).Decide(Facts.Name("users"), []));
        Assert.Equal(FilterDecision.Purge, new TableFilter([Exclude("USER*")], StringComparer.Ordinal).Decide(Facts.Name("users"), []));
    }

    [Theory]
    [InlineData("É", "É", true)]
    [InlineData("É", "é", false)]
    [InlineData("*É?", "xéy", false)]
    [InlineData("ÉTAT*", "étatS", false)]
    [InlineData("éTAT*", "étatS", true)]
    public void On_SQLite_the_case_of_A_to_Z_alone_does_not_count(string pattern, string table, bool matches)
    {
        var filter = new TableFilter([Include(pattern)], new AsciiIgnoreCaseComparer());

        Assert.Equal(matches, filter.Decide(Facts.Name(table), []) is not FilterDecision.NotIncluded);
    }

    [Fact]
    public void An_exclude_beats_any_include_in_any_order()
    {
        FilterRule[][] orders = [[Include("users"), Exclude("*")], [Exclude("*"), Include("users")]];
        Assert.All(
            orders,
            rules => Assert.Equal(FilterDecision.Excluded, new TableFilter(rules, StringComparer.Ordinal).Decide(Facts.Name("users"), [])));
    }

    [Fact]
    public void With_an_include_only_what_is_included_is_purged()
    {
        var filter = new TableFilter([Include("user*")], StringComparer.Ordinal);

        Assert.Equal(FilterDecision.Purge, filter.Decide(Facts.Name("users"), []));
        Assert.Equal(FilterDecision.NotIncluded, filter.Decide(Facts.Name("orders"), []));
    }

    [Fact]
    public void Only_an_include_without_wildcards_asks_for_what_is_kept_by_default()
    {
        var filter = new TableFilter(
            [Include("__EF*"), Include("users"), new FilterRule(IsExclude: false, Pattern: null, typeof(Country))],
            StringComparer.Ordinal);

        Assert.Equal(FilterDecision.Purge, filter.Decide(Facts.Name("__EFMigrationsHistory"), []));
        Assert.Equal(FilterDecision.AskedFor, filter.Decide(Facts.Name("users"), []));
        Assert.Equal(FilterDecision.AskedFor, filter.Decide(Facts.Name("countries"), [typeof(Country)]));
    }

    [Fact]
    public void An_include_without_wildcards_lifts_what_is_kept_by_default()
    {
        ComparedTable excludedFromMigrations = Facts.Compared("legacy");
        excludedFromMigrations = excludedFromMigrations with
        {
            Model = excludedFromMigrations.Model with { IsExcludedFromMigrations = true },
        };
        ComparedTable ofAnExtension = Facts.Compared("spatial");
        ofAnExtension = ofAnExtension with { Live = ofAnExtension.Live! with { IsExtensionOwned = true } };
        ComparedSchema schema = Facts.Schema(
            [excludedFromMigrations, ofAnExtension, Facts.Compared("users")],
            keys: null,
            Facts.Live("__EFMigrationsHistory"),
            Facts.Live("unmapped"));

        Assert.Equal(
            "__EFMigrationsHistory MigrationsHistory, legacy ExcludedFromMigrations, spatial ExtensionOwned, unmapped Unmapped, users "
                + "purged",
            Dispositions(schema));
        Assert.Equal(
            "__EFMigrationsHistory MigrationsHistory, legacy ExcludedFromMigrations, spatial ExtensionOwned, unmapped Unmapped, users "
                + "purged",
            Dispositions(schema, Include("*")));
        Assert.Equal(
            "__EFMigrationsHistory purged, legacy purged, spatial purged, unmapped Unmapped, users NotIncluded",
            Dispositions(schema, Include("__EFMigrationsHistory"), Include("legacy"), Include("spatial")));
        Assert.Equal(
            "__EFMigrationsHistory MigrationsHistory, legacy Excluded, spatial NotIncluded, unmapped Unmapped, users NotIncluded",
            Dispositions(schema, Include("__EFMigrationsHistory"), Include("legacy"), Exclude("__EF*"), Exclude("legacy")));
    }

    [Fact]
    public void The_history_that_is_asked_for_is_that_of_the_model_and_no_other()
    {
        TableSchema own = Facts.Live("public.__EFMigrationsHistory");
        TableSchema foreign = Facts.Live("billing.__EFMigrationsHistory") with { IsVisible = false };
        ComparedSchema schema = Facts.Schema([Facts.Compared("public.users")], keys: null, own, foreign);
        schema = schema with { Live = schema.Live with { Identity = Facts.Database with { DefaultSchema = "public" } } };

        Assert.Equal(
            "billing.__EFMigrationsHistory Unmapped, public.__EFMigrationsHistory purged, public.users NotIncluded",
            Dispositions(schema, Include("__EFMigrationsHistory")));
    }

    [Fact]
    public void The_history_may_be_named_with_its_schema()
    {
        ComparedSchema schema = Facts.Schema([Facts.Compared("public.users")], keys: null, Facts.Live("public.__EFMigrationsHistory"));
        var filter = new TableFilter([Include("public.__EFMigrationsHistory")], StringComparer.Ordinal);

        filter.ThrowIfAnythingIsUnknown(schema);

        Assert.Equal(
            "public.__EFMigrationsHistory purged, public.users NotIncluded",
            Dispositions(schema, Include("public.__EFMigrationsHistory")));
    }

    [Fact]
    public void The_suggestions_are_names_that_a_filter_accepts()
    {
        ComparedSchema schema = Facts.Schema([Facts.Compared("sp ace")]);

        PurgeException exception = Assert.Throws<PurgeException>(
            () => new TableFilter([Include("\"sp ace\"")], StringComparer.Ordinal).ThrowIfAnythingIsUnknown(schema));

        Assert.Equal("Include(\"\"sp ace\"\") matches no table. Did you mean \"sp ace\"?", exception.Message);
    }

    [Fact]
    public void Every_filter_that_matches_nothing_is_named_in_one_message_with_suggestions()
    {
        ComparedSchema schema = Facts.Schema(
            [Facts.Compared("public.users", typeof(Customer)), Facts.Compared("public.orders")],
            keys: null,
            Facts.Live("public.unmapped"));
        var filter = new TableFilter(
            [
                Exclude("usres"),
                Include("public.oders"),
                new FilterRule(IsExclude: true, Pattern: null, typeof(Country)),
                Include("unmapped"),
                Exclude("unmapped"),
                Exclude("users"),
                Include("zzzzzzzz"),
            ],
            StringComparer.Ordinal);

        PurgeException exception = Assert.Throws<PurgeException>(() => filter.ThrowIfAnythingIsUnknown(schema));

        Assert.Equal(
            [
                "Exclude(\"usres\") matches no table. Did you mean \"users\"?",
                "Include(\"public.oders\") matches no table. Did you mean \"public.orders\" or \"public.users\"?",
                $"Exclude<Country>() matches no table: the model has no entity type {typeof(Country).FullName} that is stored in a table. "
                    + $"No similar name exists. Names are compared with case where the engine does.",
                "Include(\"unmapped\") matches only tables that are not part of the model; those are never purged. Map the table in the "
                    + "model, or leave the filter out.",
                "Include(\"zzzzzzzz\") matches no table. No similar name exists. Names are compared with case where the engine does.",
            ],
            exception.Message.Split(Environment.NewLine));
        Assert.Null(exception.Report);
    }

    [Theory]
    [InlineData("Country", "\"ref.Countries\" (entity type Country)")]
    [InlineData("country", "\"ref.Countries\" (entity type Country)")]
    [InlineData("Contry", "\"ref.Countries\" (entity type Country)")]
    [InlineData("Count?ie", "\"Countries\"")]
    [InlineData("Shop.Country", "\"ref.Countries\" (entity type Country)")]
    [InlineData("Customr", "\"people\" (entity type Customer)")]
    public void The_name_of_an_entity_type_suggests_its_table(string pattern, string suggestion)
    {
        ComparedSchema schema = Facts.Schema(
            [Facts.Compared("ref.Countries", typeof(Country)), Facts.Compared("people", typeof(Customer))]);

        string[] messages =
        [
            Assert.Throws<PurgeException>(
                () => new TableFilter([Exclude(pattern)], StringComparer.Ordinal).ThrowIfAnythingIsUnknown(schema)).Message,
            Assert.Throws<PurgeException>(
                () => new TableFilter([Include(pattern)], StringComparer.Ordinal).ThrowIfAnythingIsUnknown(schema)).Message,
            Assert.Throws<PurgeException>(() =>
                new AllowedInserts([Include(pattern)], StringComparer.Ordinal).Find(schema, TableDispositions.Assign(schema, new TableFilter([], StringComparer.Ordinal), DriftTolerance.Standard))).Message,
        ];

        Assert.All(
            messages,
            message => Assert.Contains($"(\"{pattern}\") matches no table. Did you mean {suggestion}", message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_name_of_a_table_suggests_its_entity_type()
    {
        ComparedSchema schema = Facts.Schema([Facts.Compared("Country", typeof(Customer))]);

        string message = Assert.Throws<PurgeException>(() =>
            new TableFilter([new FilterRule(IsExclude: true, Pattern: null, typeof(Country))], StringComparer.Ordinal).ThrowIfAnythingIsUnknown(schema)).Message;

        Assert.EndsWith("Did you mean \"Customer\" (table \"Country\")?", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Filters_that_all_match_are_no_problem()
    {
        ComparedSchema schema = Facts.Schema([Facts.Compared("users", typeof(Customer))]);

        new TableFilter(
            [
                Exclude("u*"),
                Include("USERS"),
                new FilterRule(IsExclude: false, Pattern: null, typeof(Customer)),
                Exclude("__EFMigrationsHistory")],
            StringComparer.OrdinalIgnoreCase).ThrowIfAnythingIsUnknown(schema);
    }

    [Theory]
    [InlineData("users", new[] { "user", "users2", "orders" }, " Did you mean \"user\" or \"users2\"?")]
    [InlineData("USERS", new[] { "users" }, " Did you mean \"users\"?")]
    [InlineData("ab", new[] { "cd", "xyz" }, " Did you mean \"cd\"?")]
    [InlineData("users", new string[0], " No similar name exists. Names are compared with case where the engine does.")]
    [InlineData("a1", new[] { "a2", "a3", "a4", "a5", "a5" }, " Did you mean \"a2\" or \"a3\" or \"a4\"?")]
    public void Near_misses_are_few_and_the_nearest_first(string wanted, string[] names, string expected)
        => Assert.Equal(expected, Suggestions.Describe(wanted, names));

    private static string Dispositions(ComparedSchema schema, params FilterRule[] rules)
        => string.Join(
            ", ",
            TableDispositions.Assign(schema, new TableFilter(rules, StringComparer.Ordinal), DriftTolerance.Standard).Select(disposition => $"{disposition.Name} {disposition.Keep?.ToString() ?? "purged"}"));

    private static FilterRule Include(string pattern) => new(IsExclude: false, pattern, EntityType: null);

    private static FilterRule Exclude(string pattern) => new(IsExclude: true, pattern, EntityType: null);

    private sealed class Customer;

    private sealed class Country;
}
