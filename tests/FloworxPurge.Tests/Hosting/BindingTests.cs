using System.Collections;
using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.Extensions.Configuration;

namespace FloworxPurge.Tests.Hosting;

/// <summary>
/// Every option is bound from configuration, or it is said that only code can set it. Found by reflection, so that a new option is not
/// forgotten.
/// </summary>
public sealed class BindingTests
{
    private static readonly string[] InCode =
    [
        "PurgeOptions.AddCheck", "PurgeOptions.AddFolder", "PurgeOptions.AddRowCountCheck", "PurgeOptions.AddSqlCheck",
        "PurgeOptions.AddTarget", "PurgeOptions.Dialect", "PurgeOptions.InChunks", "PurgeOptions.Keep", "PurgeOptions.OnReference", "PurgeOptions.Reference",
        "PurgeOptions.RemoveOrphans", "PurgeOptions.Rows", "PurgeOptions.TimeProvider", "ResetOptions.ConnectionString", "ResetOptions.Dialect",
    ];

    public static TheoryData<string, string> EveryOption
        => [.. NamesOf(typeof(PurgeOptions)).Where(name => name != "Details").Select(name => ("PurgeOptions", name))
            .Concat(NamesOf(typeof(ReportDetails)).Select(name => ("PurgeOptions", $"Details:{name}")))
            .Concat(NamesOf(typeof(ResetOptions)).Select(name => ("ResetOptions", name)))];

    [Theory]
    [MemberData(nameof(EveryOption))]
    public void Every_option_is_bound_or_said_to_be_set_in_code(string type, string key)
    {
        IConfigurationSection section = Section($"Purge:{key}", Sample(type, key));
        object options = Create(type, key);
        string before = Dump(options);

        Bind(options, section);

        if (InCode.Contains($"{type}.{key}", StringComparer.Ordinal))
        {
            Assert.Contains(
                $"Purge:{key} cannot come from configuration; set it in code: options.{key}",
                Refusal(options),
                StringComparison.Ordinal);
            return;
        }

        Assert.NotEqual(before, Dump(options));
        Assert.Equal("", Refusal(options));
        Assert.All(
            Sample(type, key).Skip(key.Contains("Custom", StringComparison.Ordinal) ? 1 : 0),
            value => Assert.Contains(value, Dump(options), StringComparison.OrdinalIgnoreCase));
        if (options is PurgeOptions purge)
        {
            Assert.Equal(Dump(purge), Dump(purge.Snapshot()));
        }
    }

    [Theory]
    [MemberData(nameof(EveryOption))]
    public void A_key_in_lower_case_is_the_same_and_one_with_a_letter_too_many_is_refused_with_its_name(string type, string key)
    {
        object other = Create(type);
        object misspelt = Create(type);
        object expected = Create(type);

        Bind(expected, Section($"Purge:{key}", Sample(type, key)));
        Bind(other, Section($"Purge:{key.ToLowerInvariant()}", Sample(type, key)));
        Bind(misspelt, Section($"Purge:{key}x", Sample(type, key)));

        Assert.Equal(Dump(expected), Dump(other), ignoreCase: true);
        Assert.Contains(
            $"Purge:{key}x is not an option; the nearest name is {key.Split(':')[^1]}",
            Refusal(misspelt),
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(EveryOption))]
    public void A_key_without_a_value_is_refused(string type, string key)
    {
        string[] values = ["", " "];
        Assert.All(values, value =>
        {
            object options = Create(type);

            Bind(options, Section($"Purge:{key}", value));

            Assert.Contains($"Purge:{key} ", Refusal(options), StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("DriftTolerance", "Everything", "one of ")]
    [InlineData("DriftTolerance", "1", "one of ")]
    [InlineData("BestEffort", "1", "true or false")]
    [InlineData("Truncate", "Auto", "true or false")]
    [InlineData("OnBlocked", "-1", "one of Skip, Fail, IncludeDependents")]
    [InlineData("ResetIdentity", "yes", "true or false")]
    [InlineData("MaxRows", "many", "a whole number")]
    [InlineData("MaxRows", "1.5", "a whole number")]
    [InlineData("MaxRows", "99999999999999999999", "a whole number")]
    [InlineData("LockTimeout", "30", "hours, minutes and seconds, such as 00:00:30")]
    [InlineData("LockTimeout", "0:30", "hours, minutes and seconds")]
    [InlineData("LockTimeout", "30s", "hours, minutes and seconds")]
    [InlineData("Details:Custom", "[1]", "a text that holds a JSON object")]
    [InlineData("Details:Custom", "ticket", "a text that holds a JSON object")]
    public void A_bad_value_is_refused_with_key_value_and_what_is_allowed(string key, string value, string allowed)
    {
        PurgeOptions options = new PurgeOptions().Bind(Section($"Purge:{key}", value));

        Assert.Contains($"Purge:{key} is \"{value}\"; give {allowed}", Refusal(options), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "MaxRows": -1 }""", "MaxRows is -1; give 0 or more")]
    [InlineData("""{ "LockTimeout": "00:00:00" }""", "LockTimeout is 00:00:00")]
    [InlineData("""{ "MaxRows": null }""", "Purge:MaxRows has no value; give a whole number, such as 10000, or leave the key out")]
    [InlineData("""{ "MaxRows": { "Total": 5 } }""", "Purge:MaxRows has keys below it")]
    [InlineData("""{ "Exclude": [] }""", "Purge:Exclude has no value")]
    [InlineData("""{ "Exclude": null }""", "Purge:Exclude has no value")]
    [InlineData("""{ "Exclude": [ "Countries", "" ] }""", "Purge:Exclude:1 has no value")]
    [InlineData("""{ "Exclude": [ [ "Countries" ] ] }""", "Purge:Exclude:0 has keys below it")]
    [InlineData("""{ "SaveReport": [ "report.doc" ] }""", "Purge:SaveReport:0 is \"report.doc\": The file ending")]
    [InlineData("""{ "Details": "OPS-42" }""", "Purge:Details is \"OPS-42\"; give keys below it")]
    [InlineData("""{ "Details": {} }""", "\"Purge:Details\" does not exist or has no keys")]
    [InlineData("""{ "Details": { "Opertor": "x" } }""", "Purge:Details:Opertor is not an option; the nearest name is Operator")]
    [InlineData("""{ "Exlude": [ "Countries" ] }""", "Purge:Exlude is not an option; the nearest name is Exclude")]
    [InlineData("""{ "Nations": true }""", "Purge:Nations is not an option; the options are AbandonUnfinished")]
    [InlineData("{}", "the configuration section \"Purge\" does not exist or has no keys")]
    public void What_a_file_has_wrong_is_refused(string json, string problem)
    {
        PurgeOptions options = new PurgeOptions().Bind(Json($$"""{ "Purge": {{json}} }""").GetSection("Purge"));

        Assert.Contains(problem, Refusal(options), StringComparison.Ordinal);
        Assert.DoesNotContain(
            "Parameter",
            Refusal(options).Replace("(Parameter 'options')", "", StringComparison.Ordinal),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Whatever_is_wrong_is_in_one_message()
    {
        IConfigurationRoot configuration = Json("""{ "Purge": { "Exlude": [ "a" ], "BestEffort": "x", "MaxRows": -1 } }""");

        string message = Refusal(
            new PurgeOptions { LockTimeout = TimeSpan.Zero }.Bind(configuration.GetSection("Purge")).Bind(configuration.GetSection("Nothing")));

        Assert.All(
            ["Purge:Exlude", "Purge:BestEffort", "MaxRows is -1", "LockTimeout is", "\"Nothing\""],
            problem => Assert.Contains(problem, message, StringComparison.Ordinal));
    }

    [Fact]
    public void All_of_the_configuration_instead_of_a_section_is_refused_in_few_words()
    {
        var keys = Enumerable.Range(100, 40).ToDictionary(number => $"VARIABLE_{number}", _ => (string?)"secret", StringComparer.Ordinal);

        string message = Refusal(new PurgeOptions().Bind(new ConfigurationBuilder().AddInMemoryCollection(keys).Build()));

        Assert.Contains("30 more keys are no options; bind the section", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
        Assert.Contains(
            "the configuration has no keys",
            Refusal(new PurgeOptions().Bind(new ConfigurationBuilder().Build())),
            StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_add_up_and_entries_may_have_names()
    {
        IConfigurationRoot configuration = new ConfigurationBuilder()
            .AddJsonStream(Stream("""{ "Purge": { "Exclude": { "countries": "Countries" }, "Include": "a" } }"""))
            .AddJsonStream(Stream("""{ "Purge": { "Exclude": { "audit": "audit_*" } } }"""))
            .Build();

        PurgeOptions options = new PurgeOptions().Exclude("b").Bind(configuration.GetSection("Purge"));

        Assert.Equal(["b", "audit_*", "Countries"], options.Rules.Where(rule => rule.IsExclude).Select(rule => rule.Pattern));
        Assert.Equal(["a"], options.Rules.Where(rule => !rule.IsExclude).Select(rule => rule.Pattern));
    }

    [Theory]
    [InlineData("""{ "ArchiveTo": { "Directory": "archive", "RetainUntil": "2027-02-28" } }""", "archive", null, "2027-02-28")]
    [InlineData("""{ "ArchiveTo": { "Schema": "purged" } }""", null, "purged", null)]
    [InlineData("""{ "ArchiveTo": "archive" }""", "archive", null, null)]
    public void An_archive_is_a_folder_or_a_schema(string json, string? directory, string? schema, string? retainUntil)
    {
        var options = new PurgeOptions();

        options.Bind(Json(json));

        Assert.Empty(options.BindingProblems);
        Assert.Equal(
            (directory, schema, retainUntil),
            (options.Archive!.Directory, options.Archive.Schema, options.Archive.RetainUntil?.ToString("O", CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("""{ "ArchiveTo": { "Directory": "a", "Schema": "b" } }""", "ArchiveTo: Both a directory and a schema are given")]
    [InlineData("""{ "ArchiveTo": { "RetainUntil": "2027-02-28" } }""", "ArchiveTo: Neither a directory nor a schema is given")]
    [InlineData(
        """{ "ArchiveTo": { "Schema": "b", "RetainUntil": "28.2.2027" } }""",
        "ArchiveTo:RetainUntil is \"28.2.2027\"; give a date, such as 2027-02-28")]
    [InlineData("""{ "ArchiveTo": { "Schemas": "b" } }""", "ArchiveTo:Schemas is not an option; the nearest name is Schema")]
    [InlineData("""{ "ArchiveTo": { "Schema": "" } }""", "ArchiveTo:Schema has no value")]
    [InlineData("""{ "ArchiveTo": "" }""", "ArchiveTo has no value")]
    public void An_archive_that_is_not_valid_is_refused_by_its_keys(string json, string problem)
    {
        var options = new PurgeOptions();

        options.Bind(Json(json));

        Assert.Null(options.Archive);
        Assert.Contains(problem, Refusal(options), StringComparison.Ordinal);
    }

    private static IEnumerable<string> NamesOf(Type type)
        => type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod?.IsPublic == true && !property.IsDefined(typeof(EditorBrowsableAttribute)))
            .Select(property => property.Name)
            .Concat(type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
                .Where(method => !method.IsSpecialName && method.ReturnType == type && method.Name is not ("Bind" or "<Clone>$"))
                .Select(method => method.Name))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);

    /// <summary>Values that are not the default, by the type of the option.</summary>
    private static string[] Sample(string type, string key)
    {
        object owner = key.StartsWith("Details:", StringComparison.Ordinal) ? new ReportDetails() : Create(type);
        PropertyInfo? property = owner.GetType().GetProperty(key.Split(':')[^1]);
        Type? kind = property is null ? null : Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return kind switch
        {
            null when key == "ArchiveTo" => ["archive"],
            null => key == "SaveReport" ? ["one.html", "two.json"] : ["first_*", "second"],
            _ when kind == typeof(bool) => [property!.GetValue(owner) is true ? "False" : "True"],
            { IsEnum: true } => [Enum.GetNames(kind)[^1]],
            _ when kind == typeof(TimeSpan) => ["00:00:07"],
            _ when kind == typeof(long) => ["7"],
            _ when kind == typeof(string) => ["seven"],
            _ when kind == typeof(JsonElement) => ["""{ "ticket": 7 }"""],
            _ when kind == typeof(IReadOnlyList<string>) => ["first", "second"],
            _ => ["something"],
        };
    }

    // RequireMatch is refused without rows.
    private static object Create(string type, string key = "") => type != "PurgeOptions" ? new ResetOptions()
        : key == nameof(PurgeOptions.RequireMatch) ? new PurgeOptions().Rows<string>(row => row.Length == 0)
        : new PurgeOptions();

    private static void Bind(object options, IConfiguration section)
        => _ = options is PurgeOptions purge ? purge.Bind(section) : (object)((ResetOptions)options).Bind(section);

    private static string Refusal(object options)
        => Record.Exception(
            () => _ = options is PurgeOptions purge ? new Purger(purge) : (object)((ResetOptions)options).ToPurge("options"))?.Message
            ?? "";

    private static IConfigurationSection Section(string path, params string[] values)
        => new ConfigurationBuilder()
            .AddInMemoryCollection(
                values.Length == 1 ? [KeyValuePair.Create(path, (string?)values[0])] : values.Select((value, i) => KeyValuePair.Create($"{path}:{i}", (string?)value)))
            .Build()
            .GetSection("Purge");

    private static IConfigurationRoot Json(string json) => new ConfigurationBuilder().AddJsonStream(Stream(json)).Build();

    private static MemoryStream Stream(string text) => new(Encoding.UTF8.GetBytes(text));

    /// <summary>The whole state of options, fields and the entries of lists.</summary>
    private static string Dump(object options)
        => string.Join(
            '\n',
            options.GetType().GetFields(BindingFlags.Instance | BindingFlags.NonPublic).OrderBy(field => field.Name, StringComparer.Ordinal).Select(field => $"{field.Name}: {Written(field.GetValue(options))}"));

    private static string Written(object? value) => value switch
    {
        ReportDetails or PurgeOptions => Dump(value),
        IEnumerable list and not string => string.Join(", ", list.Cast<object>()),
        _ => $"{value}",
    };
}
