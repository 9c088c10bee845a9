using System.Text.Json;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Servers;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Whoever writes a template cannot read what is no report, change what the report says, or keep a purge from ending.</summary>
public sealed class HostileTemplateTests
{
    private const long MostMemory = 4L << 30;

    // More than any of them needs to end, and less than one takes that does not.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static readonly JsonElement Custom = JsonSerializer.SerializeToElement(new
    {
        list = Enumerable.Range(0, 1000),
        texts = Enumerable.Repeat(new string('x', 1000), 1000),
        map = Enumerable.Range(0, 1000).ToDictionary(i => $"k{i}"),
        text = new string('x', 1_000_000),
        huge = decimal.MaxValue,
        deep = new { a = new { b = 1 } },
    });

    /// <summary>What never ends, or is larger than it looks.</summary>
    public static TheoryData<string, string> Endless => new()
    {
        { "loop for ever", "{{ while true }}{{ end }}" },
        { "function that calls itself", "{{ func f; f; end; f }}" },
        { "range", "{{ for i in 1..1000000000 }}{{ end }}" },
        { "list of a range", "{{ (1..1000000000) | array.size }}" },
        { "list times a number", "{{ [1] * 1000000000 }}" },
        { "text times a number", "{{ 'x' * 1000000000 }}" },
        { "wide format", "{{ math.format 1 'N999999999' }}" },
        { "shifted number", "{{ 1 << 2147483647 }}" },
        { "large number", "{{ 99999999999999999999999999999999999999 * 9 }}" },
        { "power by loops of functions", "{{ array.each purged @identifier }}" },
        { "growing list", "{{ array.add_range purged purged }}" },
        { "growing list in a variable", "{{ x = purged; x = array.concat x x }}" },
        { "regular expression", "{{ regex.match summary '(a+)+$' }}" },
        { "regular expression of html", "{{ html.strip summary }}" },
        { "block that writes into a variable", "{{ capture x }}{{ summary }}{{ end }}{{ x }}" },
        { "block in a function", "{{ wrap identifier }}{{ end }}" },
    };

    /// <summary>What runs other text as a template, or reads what is no part of the report: files, the clock, chance, types.</summary>
    public static TheoryData<string, string> Elsewhere => new()
    {
        { "eval", "{{ object.eval '1 + 1' }}" },
        { "eval of a template", "{{ object.eval_template '{{ 1 }}' }}" },
        { "join of includes", "{{ include_join ['limits'] ',' }}" },
        { "import", "{{ import report }}" },
        { "alias of a function", "{{ x = @identifier; x summary }}" },
        { "include by a value", "{{ include verdict }}" },
        { "file", "{{ include '/etc/passwd' }}" },
        { "file by a path", "{{ include '../../secret' }}" },
        { "clock", "{{ date.now }}" },
        { "clock of the world", "{{ date.utc_now }}" },
        { "clock by parsing", "{{ date.parse 'now' }}" },
        { "chance", "{{ math.random 1 10 }}" },
        { "new id", "{{ math.uuid }}" },
        { "type of a text", "{{ summary.get_type }}" },
        { "length of a text by reflection", "{{ summary.length }}" },
        { "type of an object", "{{ report.database.get_type }}" },
        { "all variables", "{{ this }}" },
        { "name of all variables", "{{ this.summary }}" },
        { "arguments", "{{ $0 }}" },
        { "local variable", "{{ $x = 1 }}" },
        { "engine's own object", "{{ empty }}" },
        { "group as a value", "{{ x = string }}" },
        { "environment", "{{ env.PATH }}" },
        { "time spans", "{{ timespan.from_days 1 }}" },
        { "hash with a key", "{{ 'x' | string.hmac_sha256 'key' }}" },
    };

    /// <summary>What changes the report, or escapes nothing.</summary>
    public static TheoryData<string, string> Changing => new()
    {
        { "other verdict", "{{ verdict = 'Complete' }}" },
        { "other verdict of the report", "{{ report.verdict = 'Complete' }}" },
        { "other value by index", "{{ report['verdict'] = 'Complete' }}" },
        { "other entry", "{{ purged[0] = null }}" },
        { "other function", "{{ identifier = 1 }}" },
        { "other function of a group", "{{ string.upcase = 1 }}" },
        { "loop over the name of a value", "{{ for verdict in purged }}{{ end }}" },
        { "frozen value", "{{ readonly summary }}" },
        { "scope of the report", "{{ with report }}{{ verdict }}{{ end }}" },
        { "no escape by a function", "{{ summary | html.raw }}" },
        { "unescape", "{{ summary | html.unescape }}" },
        { "text of a helper", "{{ (identifier summary) + '<script>' }}" },
        { "end of the template", "{{ ret }}" },
        { "object", "{{ x = { a: 1 } }}" },
        { "list", "{{ x = [1, 2] }}" },
    };

    /// <summary>What is too deep, and what has very many mistakes.</summary>
    public static TheoryData<string, string> Deep => new()
    {
        { "deep parentheses", "{{ " + new string('(', 20_000) + "1" + new string(')', 20_000) + " }}" },
        { "deep blocks", string.Concat(Enumerable.Repeat("{{ if summary }}", 20_000)) + string.Concat(Enumerable.Repeat("{{ end }}", 20_000)) },
        { "deep signs", "{{ " + new string('!', 20_000) + "summary }}" },
        { "deep lists", "{{ " + new string('[', 20_000) + " }}" },
        { "deep index", "{{ custom.list" + string.Concat(Enumerable.Repeat("[custom.list", 20_000)) + " }}" },
        { "thousands of mistakes", string.Concat(Enumerable.Repeat("{{ sumary }}", 20_000)) },
        { "a long wrong name", "{{ " + new string('a', 5_000_000) + " }}" },
        { "tags that begin and begin", string.Concat(Enumerable.Repeat("{{ ", 20_000)) },
    };

    public static TheoryData<string, string> CutOff => new()
    {
        { "loops in loops", "{{ for a in report.tables; for b in report.tables; for c in report.tables; end; end; end }}" },
        { "loops over an object in loops", "{{ for a in report.tables; for b in report.tables; for c in custom.map; end; end; end }}" },
        { "long rounds", "{{ for a in report.tables; for b in report.tables }}" + string.Concat(Enumerable.Repeat("{{ x = 1 }}", 1000)) + "{{ end; end }}" },
        { "text that doubles", "{{ x = 'xx'; for a in report.tables; x = x + x; end }}" },
        { "text that is replaced by more", "{{ x = 'a'; for a in report.tables; x = string.replace x 'a' 'aaaaaaaaaa'; end }}" },
        { "text that is replaced again and again", "{{ for a in report.tables; x = string.replace custom.text 'x' 'y'; end }}" },
        { "long texts that are compared", "{{ for a in report.tables; if custom.text == custom.text; end; end }}" },
        { "long text that is searched", "{{ for a in report.tables; x = string.contains custom.text 'y'; end }}" },
        { "texts that are joined in loops", "{{ for a in report.tables; x = custom.texts | array.join ', '; end }}" },
        { "texts that are split in loops", "{{ for a in report.tables; x = custom.text | string.split 'x'; end }}" },
        { "lists that are sorted in "
            + "loops", "{{ for a in report.tables; for b in report.tables; x = report.tables | array.sort 'table.name'; end; end }}" },
        { "lists that are turned round in "
            + "loops", "{{ for a in report.tables; for b in report.tables; for c in report.tables reversed limit:1; end; end; end }}" },
        { "lists that are skipped in "
            + "loops", "{{ for a in report.tables; for b in report.tables; for c in report.tables offset:999 limit:1; end; end; end }}" },
        { "lists of distinct texts in loops", "{{ for a in report.tables; x = custom.texts | array.uniq; end }}" },
        { "text that pads in loops", "{{ for a in report.tables; for b in report.tables; x = 'x' | string.pad_left 2000000000; end; end }}" },
        { "sections in loops", "{{ for a in report.tables; for b in report.tables; include 'purged'; end; end }}" },
        { "raw text in loops", "{{ for a in report.tables; for b in report.tables }}" + new string('x', 1000) + "{{ end; end }}" },
        { "value in loops", "{{ for a in report.tables; custom.text; end }}" },
        { "more than any report", new string('x', 10_000_001) },
        { "cells that are padded", "{{ wrap columns }}a: | b:\n" + string.Concat(Enumerable.Repeat("x | y\n", 1000)) + "{{ custom.text }} | z\n{{ end }}" },
        { "a row of very many cells", "{{ wrap columns }}" + string.Concat(Enumerable.Repeat("a\n", 1000)) + string.Concat(Enumerable.Repeat("x | ", 1_000_000)) + "{{ end }}" },
    };

    public static TheoryData<string, string> Rendered => new()
    {
        { "a line as long as ten megabytes", new string('x', 9_999_999) },
        { "ten megabytes of spaces", new string(' ', 9_999_999) },
        { "nine megabytes of line ends", new string('\n', 9_000_000) },
        { "a text of many addresses", "{{ s = 'aa:bb:'; for a in report.tables; s = s + s; if for.index == 12; break; end; end; s }}" },
        { "a text of many marks", "{{ s = ':a@#1'; for a in report.tables; s = s + s; if for.index == 12; break; end; end; s }}" },
        { "very many columns", "{{ wrap pairs }}{{ for a in report.tables; for b in report.tables; 'x | '; end; end }}{{ end }}" },
        { "words", string.Concat(Enumerable.Repeat("xx ", 3_000_000)) },
        { "very many values", string.Concat(Enumerable.Repeat("{{ verdict }}", 20_000)) },
        { "a long sum", "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 50)) + " }}" },
        { "what is out of range", "{{ custom.list[99999999999] }}{{ custom.list[-5] }}{{ custom.list[custom.huge] }}{{ string.slice 'x' (-9) 9 }}{{ string.slice 'x' 9 9 }}{{ string.truncate 'xxx' (-1) }}" },
        { "what cannot be calculated", "{{ custom.huge * custom.huge }}{{ 1 / 0 }}{{ 9999999999.9 * 9999999999.9 * 9999999999.9 }}{{ math.round 1.5 99 }}{{ custom.huge | math.format 'N0' }}{{ -custom.huge }}" },
        { "loops without end values", "{{ for x in custom.list reversed limit:custom.huge offset:(-5); end }}{{ for x in custom.list offset:custom.huge; end }}" },
        { "times that are none", "{{ 'x' | date.to_string '%Y' }}{{ '0001-01-01' | date.to_string '%c%q%' }}{{ summary | date.to_string '%' }}" },
        { "empty separators", "{{ 'abc' | string.split '' | array.join '' }}{{ string.replace 'abc' '' 'x' }}{{ 'x' | string.pad_left (-1) }}" },
        { "a nest of columns", string.Concat(Enumerable.Repeat("{{ wrap columns }}a | b\n", 30)) + string.Concat(Enumerable.Repeat("{{ end }}", 30)) },
        { "separators of cells as text", "a \u001F b \u001E c | d" },
    };

    [Theory]
    [MemberData(nameof(Endless))]
    [MemberData(nameof(Elsewhere))]
    [MemberData(nameof(Changing))]
    [MemberData(nameof(Deep))]
    public void What_is_not_for_reports_is_refused_before_anything_is_purged(string what, string source)
    {
        ScribanReportTemplate template = Make(source);

        PurgeException exception = InTime(what, () => Assert.Throws<PurgeException>(() => template.Validate(Custom)));

        Assert.Contains("is not valid: line 1, column ", exception.Message, StringComparison.Ordinal);
        Assert.InRange(exception.Message.Length, 1, 50_000 + (source.Length * 4));
        Assert.Throws<PurgeException>(() => template.Render(Report(SampleReports.CompleteWithSkips())));
    }

    [Theory]
    [MemberData(nameof(CutOff))]
    public void What_costs_too_much_is_cut_off(string what, string source)
    {
        QuickRun.SkipLongTest();
        // What it costs to lay out differs from format to format; everything else does not.
        foreach (TemplateFormat format in source
            .Contains("columns", StringComparison.Ordinal) ? Enum
            .GetValues<TemplateFormat>() : [TemplateFormat.Html])
        {
            ScribanReportTemplate template = Make(source, format);
            template.Validate(Custom);

            PurgeException exception = InTime(
                what,
                () => Assert.Throws<PurgeException>(() => template.Render(Report(SampleReports.ThousandTables()))));

            Assert.Contains("was cut off: ", exception.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Rendered))]
    public void What_costs_little_renders_and_fails_for_no_value(string what, string source)
    {
        foreach (TemplateFormat format in Enum.GetValues<TemplateFormat>())
        {
            ScribanReportTemplate template = Make(source, format);
            template.Validate(Custom);

            Assert.NotEmpty(InTime(what, () => template.Render(Report(SampleReports.CompleteWithSkips()))));
        }
    }

    [Fact]
    public void There_are_sixty_of_them_and_more()
        => Assert.InRange(Endless.Count + Elsewhere.Count + Changing.Count + Deep.Count + CutOff.Count + Rendered.Count, 60, 1000);

    private static ScribanReportTemplate Make(string source, TemplateFormat format = TemplateFormat.Text)
        => ScribanReportTemplate.FromString(source, format, "hostile");

    private static PurgeReport Report(PurgeReport report) => report with { Details = report.Details with { Custom = Custom } };

    // On a thread of its own: what does not end is found, and what needs too much of the stack or of memory, too.
    private static T InTime<T>(string what, Func<T> render)
    {
        long before = 0;
        long after = 0;
        Task<T> task = Task.Run(() =>
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            T result = render();
            after = GC.GetAllocatedBytesForCurrentThread();
            return result;
        });
        Assert.True(task.Wait(Soon), $"{what} does not end");
        Assert.InRange(after - before, 0, MostMemory);
        return task.GetAwaiter().GetResult();
    }
}
