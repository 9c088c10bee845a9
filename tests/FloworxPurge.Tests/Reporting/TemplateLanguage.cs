using System.Globalization;
using System.Text;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>What the page about templates says of statements and functions; every example on it is run.</summary>
internal static class TemplateLanguage
{
    /// <summary>The functions: an example, what it writes into text, and what it does.</summary>
    public static IReadOnlyList<(string Name, string Example, string Writes, string Meaning)> Functions { get; } =
    [
        (
            "identifier",
            "identifier 'sales.orders'",
            "sales.orders",
            "The name of an object, as the format shows names: as code in HTML and Markdown. A table and a foreign key of the report are "
                + "written by their names."),
        ("h1", "h1 'Report'", "Report\n======", "The title."),
        ("h2", "h2 'Tables'", "Tables\n------", "The heading of a section."),
        ("h3", "h3 'Guards'", "Guards:", "The heading of a part of a section."),
        ("contents", "contents", "", "The table of contents of an HTML page: the sections that `wrap section` has written."),
        ("number", "number report.rowsDeleted", "4187", "A whole number in the template's culture; `not counted` for nothing."),
        ("milliseconds", "milliseconds report.duration", "1482.2", "A duration in milliseconds."),
        ("time", "time report.startedAt", "2025-09-18 13:10:00.000Z", "A time in the template's culture, in UTC."),
        ("label", "label report.skips[0].reason", "key type differs", "The words for an outcome or a reason of the JSON form."),
        ("short", "short report.planFingerprint", "9f2c41d07be8\u2026", "The beginning of a hash."),
        ("line_break", "line_break", " ", "A space here, and a new line inside a cell of `wrap columns` or `wrap pairs`."),
        ("string.upcase", "'orders' | string.upcase", "ORDERS", "Upper case."),
        ("string.downcase", "'ORDERS' | string.downcase", "orders", "Lower case."),
        ("string.capitalize", "'orders' | string.capitalize", "Orders", "The first letter in upper case."),
        ("string.strip", "'  orders ' | string.strip", "orders", "Without white space around it."),
        ("string.size", "'orders' | string.size", "6", "The number of characters."),
        (
            "string.truncate",
            "'a long sentence' | string.truncate 9",
            "a long...",
            "At most so many characters; the third value replaces `...`."),
        (
            "string.slice",
            "'orders' | string.slice 1 3",
            "rde",
            "From a place, counted from 0, or from the end if negative, as in `(-3)`; so many characters, or all that follow."),
        ("string.replace", "'a-b-c' | string.replace '-' '+'", "a+b+c", "Every text of one kind replaced by another."),
        (
            "string.contains",
            "'orders' | string.contains 'der'",
            "true",
            "Whether one text is in another. As all comparisons: letter by letter, upper and lower case differ."),
        ("string.starts_with", "'orders' | string.starts_with 'or'", "true", "Whether it begins so."),
        ("string.ends_with", "'orders' | string.ends_with 'ers'", "true", "Whether it ends so."),
        ("string.pad_left", "'[' + ('7' | string.pad_left 3) + ']'", "[  7]", "Spaces before it up to a width of at most 1,000."),
        ("string.pad_right", "'[' + ('7' | string.pad_right 3) + ']'", "[7  ]", "Spaces behind it up to a width of at most 1,000."),
        ("string.split", "'a b c' | string.split ' ' | array.size", "3", "A list of the parts between a separator."),
        ("array.size", "report.tables | array.size", "15", "The number of entries; `report.tables.size` is the same."),
        ("array.first", "'a b c' | string.split ' ' | array.first", "a", "The first entry, or nothing."),
        ("array.last", "'a b c' | string.split ' ' | array.last", "c", "The last entry, or nothing."),
        ("array.limit", "'a b c' | string.split ' ' | array.limit 2 | array.join ','", "a,b", "At most so many entries."),
        ("array.offset", "'a b c' | string.split ' ' | array.offset 1 | array.join ','", "b,c", "Without the first so many entries."),
        (
            "array.reverse",
            "'a b c' | string.split ' ' | array.reverse | array.join ','",
            "c,b,a",
            "The entries from the last to the first."),
        (
            "array.sort",
            "'b c a' | string.split ' ' | array.sort | array.join ','",
            "a,b,c",
            "Numbers by value, texts letter by letter; a list of objects by a value in them, as in `array.sort 'table.name'`."),
        ("array.map", "report.tables | array.map 'table.schema' | array.uniq | array.join ','", "public,auth", "One value of every entry."),
        ("array.uniq", "'a b a' | string.split ' ' | array.uniq | array.join ','", "a,b", "Every entry once."),
        ("array.compact", "report.tables | array.map 'error' | array.compact | array.size", "0", "Without entries that are nothing."),
        ("array.join", "'a b' | string.split ' ' | array.join ' and '", "a and b", "The entries as one text."),
        ("array.contains", "'a b' | string.split ' ' | array.contains 'b'", "true", "Whether an entry is there."),
        ("math.abs", "-3.5 | math.abs", "3.5", "Without its sign."),
        ("math.ceil", "3.2 | math.ceil", "4", "The next whole number above."),
        ("math.floor", "3.7 | math.floor", "3", "The next whole number below."),
        ("math.round", "3.14159 | math.round 2", "3.14", "So many digits, 0 if not given; halves away from zero."),
        ("math.format", "report.rowsDeleted | math.format 'N0'", "4,187", "A format of .NET for numbers, in the template's culture."),
        (
            "date.to_string",
            "report.startedAt | date.to_string '%d.%m.%Y %H:%M'",
            "18.09.2025 13:10",
            "A time in ISO 8601, in UTC: `%Y %m %d %H %M %S`, `%b` and `%B` for months, `%a` and `%A` for days, and the others of "
                + "`strftime`."),
    ];

    /// <summary>The part of the page.</summary>
    public static string Page
    {
        get
        {
            var page = new StringBuilder();
            page.Append(CultureInfo.InvariantCulture, $$$"""
                Templates are [Scriban](https://scriban.github.io), and of it what a report needs; everything else is refused by `Validate`, and with it by `SaveReport`, before a purge begins.

                | statement | does |
                |---|---|
                | `{{ summary }}` | Writes a value, escaped for the format. What is not there is written as nothing. |
                | `{{ if failed }}` ... `{{ else if report.skips }}` ... `{{ else }}` ... `{{ end }}` | Nothing, `false`, zero, an empty text and an empty list are false. |
                | `{{ for skip in report.skips }}` ... `{{ else }}` ... `{{ end }}` | Loops over a list; `else` is for an empty one. Options: `limit:3` (1 or more), `offset:1`, `reversed`. In it: `for.index` (from 0), `for.rindex`, `for.length`, `for.first`, `for.last`, `for.even`, `for.odd`, `for.changed`, and `break` and `continue`. |
                | `{{ for entry in custom.map }}` | Loops over an object: `entry.key`, `entry.value`. |
                | `{{ total = total + table.rowsDeleted }}` | Assigns to a name of one's own; no name of the report can be assigned to. |
                | `{{ include 'limits' }}` | Writes a section, or a piece that `WithPartial` has added. |
                | `{{ wrap columns }}` ... `{{ end }}` | Makes a table of lines whose cells are separated by ` \| `; the first line is the header, a colon at the end of a header is for numbers. |
                | `{{ wrap pairs }}` ... `{{ end }}` | The same without a header. |
                | `{{ wrap list }}` ... `{{ end }}` | Makes a list of lines; one that begins with ` \| ` belongs to the one before it. |
                | `{{ wrap paragraphs }}` ... `{{ end }}` | Makes a paragraph of each line. |
                | `{{ wrap section 'id' 'Heading' }}` ... `{{ end }}` | Makes a section with a heading, folded in HTML when it is long; nothing when it is empty. |
                | `{{~ for skip in report.skips ~}}` | Takes the line that it stands on with it, as in front of and behind every statement. |
                | `{{ # a comment }}` | Writes nothing. |

                Operators: `==`, `!=`, `<`, `<=`, `>`, `>=`, `&&`, `||`, `!`, `??` (the second value where the first is nothing), `a ? b : c`, `+` (texts are joined), `-`, `*`, `/`. What cannot be
                calculated, such as a division by zero, is nothing. `report.tables[0]` is an entry of a list, `custom['a name']` a value of an object. A number of `custom` with more than 28 digits is a text.

                A value is escaped for text, for elements and for quoted attributes: a template that writes `<script>` or the address of a link around a value answers for it. In Markdown a value
                loses the spaces around it, since they would have a meaning there.

                A template of one's own is cut off with an error after {{{RenderBudget.MostSteps:N0}}} rounds of loops and includes, {{{RenderBudget.MostExpressions:N0}}} expressions, {{{RenderBudget.MostCharacters:N0}}} characters of output, or
                {{{RenderBudget.MostWork:N0}}} characters and entries that functions read and make. These are counts, so it ends in the same place on every machine.

                | function | example | writes into text | meaning |
                |---|---|---|---|

                """);
            foreach ((string name, string example, string writes, string meaning) in Functions)
            {
                page.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{name}` | `{{{{ {example.Replace("|", "\\|", StringComparison.Ordinal)} }}}}` | "
                        + $"`{writes.Replace("\n", "`, `", StringComparison.Ordinal)}` | {meaning} |\n");
            }

            return page.ToString().ReplaceLineEndings("\n");
        }
    }
}

public sealed class TemplateLanguageTests
{
    public static TheoryData<string> Names => [.. TemplateLanguage.Functions.Select(function => function.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_example_of_a_function_writes_what_the_page_says(string name)
    {
        (_, string example, string writes, _) = TemplateLanguage.Functions.Single(function => function.Name == name);
        var template = ScribanReportTemplate.FromString($"{{{{ {example} }}}}", TemplateFormat.Text);
        template.Validate();

        Assert.Equal(writes + "\n", template.Render(SampleReports.CompleteWithSkips()));
        Assert.Contains(name, example, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_function_is_on_the_page()
        => Assert.Equal(
            ScribanReportTemplate.FunctionNames.Order(StringComparer.Ordinal),
            TemplateLanguage.Functions.Select(function => function.Name).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("{{ if failed }}a{{ else if report.skips }}b{{ else }}c{{ end }}", "b")]
    [InlineData("{{ for skip in report.skips limit:2 offset:1 }}{{ for.index }}{{ label skip.reason }};{{ end }}", "0column missing;1table missing;")]
    [InlineData("{{ total = 0; for table in report.tables; total = total + table.rowsDeleted; end; total }}", "4187")]
    [InlineData(
        "{{ for table in report.tables }}{{ if for.index == 2 }}{{ break }}{{ end }}{{ if for.first }}{{ continue }}{{ end }}{{ "
            + "for.index }}/{{ for.length }}{{ end }}",
        "1/15")]
    [InlineData("{{ for skip in failed }}x{{ else }}none{{ end }}", "none")]
    [InlineData("{{ 1 + 2 }} {{ '1' + 2 }} {{ 7 / 2 }} {{ 2 * 3 - 1 }} {{ 1 / 0 }}", "3 12 3.5 5")]
    [InlineData(
        "{{ 2 > 10 }} {{ '2' > '10' }} {{ 'a' < 'b' }} {{ 'A' == 'a' }} {{ null == report.error }} {{ report.error ?? 'none' }} {{ "
            + "!report.skips }}",
        "false true true false true none false")]
    [InlineData("a\n{{~ if report.skips ~}}\nb\n{{~ end ~}}\nc", "a\nb\nc")]
    [InlineData("{{ # a comment }}a", "a")]
    [InlineData("{{ report.tables[0].table.name == report.tables[-15].table.name }} {{ report.tables[99].level }}", "true")]
    public void A_statement_does_what_the_page_says(string source, string writes)
    {
        var template = ScribanReportTemplate.FromString(source, TemplateFormat.Text);
        template.Validate();

        Assert.Equal(writes + "\n", template.Render(SampleReports.CompleteWithSkips()));
    }
}
