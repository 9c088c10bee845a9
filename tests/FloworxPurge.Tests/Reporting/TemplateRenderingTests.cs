using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>A user replaces a section or a view, or adds a view, from a string or a file.</summary>
public sealed class TemplateRenderingTests
{
    private static readonly PurgeReport Report = SampleReports.CompleteWithSkips();

    [Fact]
    public void A_section_is_replaced_and_the_others_stay()
    {
        ScribanReportTemplate template = PurgeReportTemplates.Markdown.WithSection(
            "limits",
            "{{ h2 words.limits }}\n\nAsk {{ custom.ticket }}.\n");
        template.Validate();

        string text = template.Render(Report);

        string[] whole = Report.ToMarkdown().Split("## What this report does not prove");
        Assert.Equal(
            $"{whole[0]}## What this report does not prove\n\nAsk OPS-42.\n\n## Next steps{whole[1].Split("## Next steps")[1]}",
            text);
        Assert.DoesNotContain("OPS-42.", Report.ToMarkdown(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("html")]
    [InlineData("md")]
    [InlineData("txt")]
    public void Every_section_can_be_replaced_and_left_out(string ending)
    {
        var template = (ScribanReportTemplate)PurgeReportTemplates.ForFile("report." + ending);
        string whole = template.Render(Report);
        // Bars are a part of other sections.
        string[] sections = [.. template.Sections.Where(section => section is not "bars")];

        ScribanReportTemplate replaced = sections.Aggregate(
            template,
            (changed, section) => changed.WithSection(section, $"(((here is {section})))"));
        replaced.Validate();
        string text = replaced.Render(Report);
        ScribanReportTemplate empty = sections.Aggregate(template, (changed, section) => changed.WithSection(section, ""));
        empty.Validate();

        Assert.All(sections, section =>
        {
            Assert.Single(Regex.Matches(text, Regex.Escape($"(((here is {section})))"), RegexOptions.None, TimeSpan.FromSeconds(1)));
            string alone = ScribanReportTemplate.FromString($"{{{{ include '{section}' }}}}", template.Format).Render(Report).Trim();
            Assert.Equal(section is "failed" or "pending" or "scope" || (section is "graph" && ending is not "html"), alone.Length == 0);
            Assert.Contains(alone, whole, StringComparison.Ordinal);
        });
        Assert.Equal(
            Squeezed(sections.Aggregate(text, (rest, section) => rest.Replace($"(((here is {section})))", "", StringComparison.Ordinal))),
            Squeezed(empty.Render(Report)));

        static string Squeezed(string text) => string.Concat(text.Where(character => !char.IsWhiteSpace(character)));
    }

    [Fact]
    public void A_section_that_does_not_exist_is_answered_with_those_that_do()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => PurgeReportTemplates.Html.WithSection("sumary", ""));

        Assert.Contains(
            "There is no section \"sumary\". Use one of acceptance, archive, authority, bars, checklist, conclusion, cycles, evidence",
            exception.Message,
            StringComparison.Ordinal);
        Assert.Empty(PurgeReportTemplates.JUnit.Sections);
    }

    [Fact]
    public void A_view_of_ones_own_is_a_line_for_a_chat()
    {
        var template = ScribanReportTemplate.FromString(
            "{{ verdict }}: {{ report.rowsDeleted }} rows, {{ report.tables.length }} tables of {{ report.database.database }}",
            TemplateFormat.Text);

        Assert.Throws<PurgeException>(template.Validate);
        var corrected = ScribanReportTemplate.FromString(
            "{{ verdict }}: {{ report.rowsDeleted }} rows, {{ report.tables.size }} tables of {{ report.database.database }}",
            TemplateFormat.Text);
        corrected.Validate();
        Assert.Equal($"Complete with skips: 4187 rows, {Report.Tables.Count} tables of floworx\n", corrected.Render(Report));
    }

    [Fact]
    public async Task A_view_of_ones_own_is_a_file_with_a_line_for_each_table()
    {
        string folder = Directory.CreateTempSubdirectory("purge-template-").FullName;
        try
        {
            string file = Path.Combine(folder, "rows.txt.scriban");
            await File.WriteAllTextAsync(
                file,
                "table;rows\n{{~ for table in report.tables ~}}\n{{ table.table.schema }}.{{ table.table.name }};{{ table.rowsDeleted "
                    + "}}\n{{~ end ~}}\n");
            var template = PurgeReportTemplate.FromFile(file);
            template.Validate();
            await Report.SaveAsync(Path.Combine(folder, "rows.csv"), template);

            string[] lines = await File.ReadAllLinesAsync(Path.Combine(folder, "rows.csv"));
            Assert.Equal(
                ["table;rows", .. Report.Tables.Select(table => $"{table.Table.Schema}.{table.Table.Name};{table.RowsDeleted}")],
                lines);
            await File.WriteAllTextAsync(file, "{{ nonsense }}");
            Assert.Contains(
                $"\"{file}\" is not valid: line 1, column 4: there is no \"nonsense\"",
                Assert.Throws<PurgeException>(PurgeReportTemplate.FromFile(file).Validate).Message,
                StringComparison.Ordinal);
            Assert.ThrowsAny<IOException>(
                () => PurgeReportTemplate.FromFile(Path.Combine(folder, "missing.txt")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("html", "&lt;b&gt;a|*&lt;/b&gt;\n")]
    [InlineData("xml", "&lt;b&gt;a|*&lt;/b&gt;\n")]
    [InlineData("md", "&lt;b\\>a\\|\\*&lt;/b\\>\n")]
    [InlineData("txt", "<b>a|*</b>\n")]
    public void A_value_is_escaped_for_its_format_however_it_is_written(string ending, string escaped)
    {
        TemplateFormat format = PurgeReportTemplates.FormatOf("report." + ending, nameof(ending));
        PurgeReport report = SampleReports.Bare() with { Summary = "<b>a|*</b>", Details = new ReportDetails { Custom = JsonElement.Parse("""{"x": "<b>a|*</b>", "list": ["<b>a|*</b>"], "map": {"<b>a|*</b>": 1}}""") } };
        string[] sources =
        [
            "{{ summary }}", "{{summary}}", "{{ report.summary }}", "{{ custom.x }}", "{{ custom['x'] }}", "{{ custom.list[0] }}", "{{ summary ?? 'x' }}", "{{ summary ? summary : 'x' }}", "{{ (summary) }}",
            "{{ x = summary; x }}", "{{ '<b>a|' + '*</b>' }}", "{{ '<b>a' + '|*</b>' }}", "{{ '<b>a|*</b>' }}", "{{ `<b>a|*</b>` }}", "{{ summary | string.strip }}", "{{ custom.list | array.first }}",
            "{{ custom.list | array.join '' "
                + "}}", "{{ for x in custom.list }}{{ x }}{{ end }}", "{{ for entry in custom.map }}{{ entry.key }}{{ end }}", "{{ string.replace 'x' 'x' summary }}",
            "{{ '<b>a|*</b>' | string.slice 0 "
                + "}}", "{{- summary -}}", "{{~ summary ~}}", "{{ '<B>A|*</B>' | string.downcase }}", "{{ ['x'][0] }}",
        ];
        foreach (string source in sources.SkipLast(1))
        {
            var template = ScribanReportTemplate.FromString(source, format);
            template.Validate();
            Assert.Equal(escaped, template.Render(report));
        }

        Assert.Throws<PurgeException>(ScribanReportTemplate.FromString(sources[^1], format).Validate);
    }

    [Fact]
    public void A_culture_writes_numbers_and_times()
    {
        var german = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        german.NumberFormat.NumberGroupSeparator = ".";
        german.NumberFormat.NumberDecimalSeparator = ",";
        german.DateTimeFormat.ShortDatePattern = "dd.MM.yyyy";
        german.DateTimeFormat.LongTimePattern = "HH:mm:ss";
        PurgeReport report = Report with { Details = new ReportDetails { Custom = JsonElement.Parse("""{"price": 1.5, "many": 12345}""") } };

        string text = PurgeReportTemplates.Text.WithCulture(german).Render(report);
        string raw = ScribanReportTemplate.FromString("{{ custom.price }} {{ custom.many }} {{ report.rowsDeleted }}", TemplateFormat.Text)
            .WithCulture(german)
            .Render(report);

        Assert.Matches(@"Rows deleted +4\.187\n", text);
        Assert.Contains("1,482 s", text, StringComparison.Ordinal);
        Assert.Contains("18.09.2025 13:10:00 UTC", text, StringComparison.Ordinal);
        Assert.Equal("1,5 12345 4187\n", raw);
        Assert.Equal(
            "1.5 12345 4187\n",
            ScribanReportTemplate.FromString("{{ custom.price }} {{ custom.many }} {{ report.rowsDeleted "
                + "}}", TemplateFormat.Text).Render(report));
    }

    [Fact]
    public void Data_of_the_host_is_objects_lists_and_values()
    {
        PurgeReport report = SampleReports.Bare() with
        {
            Details = new ReportDetails { Custom = JsonElement.Parse("""{"a": {"b": {"c": "deep"}}, "list": [1, "two", {"x": 3}, null, true], "none": null, "no": false, "zero": 0, "map": {"k1": "v1", "k2": "v2"}, "odd-name": "odd", "text": "{{summary}}"}""") },
        };
        const string Source =
            "{{ custom.a.b.c }};{{ for x in custom.list }}{{ if for.first }}first {{ end }}{{ for.index }},{{ end }};{{ if custom.no "
                + "}}no{{ else }}yes{{ end }};{{ if custom.zero }}one{{ else }}zero{{ end }};"
            + "{{ for entry in custom.map }}{{ entry.key }}={{ entry.value }} {{ end }};{{ custom.none }};{{ custom.text }};{{ custom.no "
            + "}} {{ isPlan }} {{ custom['odd-name'] }} {{ custom.list.size }}";
        var template = ScribanReportTemplate.FromString(Source, TemplateFormat.Xml);
        template.Validate();

        Assert.Equal("deep;first 0,1,2,3,4,;yes;zero;k1=v1 k2=v2 ;;{{summary}};false false odd 5\n", template.Render(report));
        Assert.Throws<PurgeException>(
            () => ScribanReportTemplate.FromString("{{ custom.a.d }}", TemplateFormat.Text).Validate(report.Details.Custom));
    }

    [Fact]
    public void Every_name_of_the_report_is_there_whatever_the_report()
    {
        PurgeReport[] reports = [
            .. SampleReports.Five.Values.Take(4).Select(report => report()),
            SampleReports.Bare(PurgeVerdict.Refused) with { Database = null },
            SampleReports.Partial()];
        foreach (string name in typeof(PurgeReport)
            .GetProperties(System.Reflection.BindingFlags.Public | System.Reflection.BindingFlags.Instance)
            .Select(property => JsonNamingPolicy.CamelCase.ConvertName(property.Name)))
        {
            var template = ScribanReportTemplate.FromString(
                $"{{{{ if report.{name} }}}}x{{{{ end }}}}{{{{ report.{name} == null ? 'no' : 'yes' }}}}",
                TemplateFormat.Text);
            template.Validate();
            Assert.All(reports, report => template.Render(report));
        }
    }

    [Fact]
    public void A_piece_of_one_s_own_is_included_by_the_template_and_by_sections()
    {
        ScribanReportTemplate template = PurgeReportTemplates.Text
            .WithPartial("contact", "Ask {{ custom.ticket }}.")
            .WithSection("limits", "x = {{ x = 1; x }}. {{ include 'contact' }}")
            .WithSection("support", "{{ include 'contact' }}");
        template.Validate();

        string text = template.Render(Report);

        Assert.Contains("x = 1. Ask OPS-42.\n", text, StringComparison.Ordinal);
        Assert.Equal(2, text.Split("Ask OPS-42.").Length - 1);
        Assert.Throws<PurgeException>(PurgeReportTemplates.Text.WithSection("limits", "{{ include 'contact' }}").Validate);
        Assert.Contains(
            "\"limits\" is a section",
            Assert.Throws<ArgumentException>(() => template.WithPartial("limits", "")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_chain_of_pieces_has_an_end()
    {
        ScribanReportTemplate template = ScribanReportTemplate.FromString("{{ include 'p0' }}", TemplateFormat.Text);
        for (int i = 0; i < 30; i++)
        {
            template = template.WithPartial($"p{i}", $"{{{{ include 'p{i + 1}' }}}}");
        }

        Assert.Equal("end\n", template.WithPartial("p30", "end").Render(Report));
        for (int i = 30; i < 2000; i++)
        {
            template = template.WithPartial($"p{i}", $"{{{{ include 'p{i + 1}' }}}}");
        }

        Assert.Contains(
            "more than 32 levels deep",
            Assert.Throws<PurgeException>(template.WithPartial("p2000", "").Validate).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ '12:00' | date.to_string '%Y' }}", "12:00")]
    [InlineData("{{ '11/12' | date.to_string '%Y' }}", "11/12")]
    [InlineData("{{ report.duration | date.to_string '%Y' }}", "00:00:01.4822500")]
    [InlineData("{{ '2025-09-18' | date.to_string '%d.%m.%y' }}", "18.09.25")]
    [InlineData("{{ '2025-09-18T23:30:00-02:00' | date.to_string '%d.%m.%y %H:%M' }}", "19.09.25 01:30")]
    public void What_is_no_time_in_full_is_written_as_it_is(string source, string written)
        => Assert.Equal(written + "\n", ScribanReportTemplate.FromString(source, TemplateFormat.Text).Render(Report));

    [Theory]
    [InlineData("{{ for i in custom.list }}{{ if i.c }}{{ i.c.d }}{{ end }}{{ i.note ?? '-' }};{{ end }}", "1n;-;")]
    [InlineData("{{ for i in custom.none }}x{{ else }}none{{ end }}{{ custom.none.x ?? 'nothing' }}", "nonenothing")]
    [InlineData("{{ for i in custom.list | array.map 'note' }}{{ i ?? '?' }}{{ end }}", "n?")]
    [InlineData("{{ error ?? 'no error' }} {{ report.error ?? 'no error' }}", "no error no error")]
    public void What_only_some_entries_have_is_nothing_in_the_others(string source, string written)
    {
        JsonElement custom = JsonElement.Parse("""{"list": [{"c": {"d": 1}, "note": "n"}, {"c": null}], "none": null}""");

        Assert.Equal(
            written + "\n",
            ScribanReportTemplate.FromString(source, TemplateFormat.Text).Render(Report with { Details = new ReportDetails { Custom = custom } }));
    }

    [Fact]
    public void What_a_section_assigns_ends_with_it()
    {
        ScribanReportTemplate template = ScribanReportTemplate.FromString(
            "{{ x = 'mine'; include 'piece'; x }}",
            TemplateFormat.Text).WithPartial("piece", "{{ x = 'other'; x }} ");

        Assert.Equal("other mine\n", template.Render(Report));
    }

    [Fact]
    public async Task Rendering_is_cancelled()
    {
        var template = ScribanReportTemplate.FromString("{{ for a in report.tables }}{{ a.level }}{{ end }}", TemplateFormat.Text);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => template.RenderAsync(Report, TextWriter.Null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task One_template_serves_many_threads()
    {
        ScribanReportTemplate template = PurgeReportTemplates.Markdown.WithSection(
            "limits",
            "{{ for table in report.tables }}{{ table.table.name }} {{ end }}");
        string expected = template.Render(Report);

        await Parallel.ForAsync(0, 64, (_, _) =>
        {
            Assert.Equal(expected, template.Render(Report));
            return ValueTask.CompletedTask;
        });
    }

    // The whole of another engine: a name in square brackets is a property of the report.
    private sealed class Brackets(string source) : PurgeReportTemplate
    {
        public override void Validate()
        {
            if (source.Split('[')
                .Skip(1)
                .Select(part => part.Split(']')[0])
                .FirstOrDefault(name => typeof(PurgeReport).GetProperty(name) is null) is { } unknown)
            {
                throw new PurgeException($"There is no \"{unknown}\".");
            }
        }

        public override Task RenderAsync(PurgeReport report, TextWriter output, CancellationToken cancellationToken = default)
            => output.WriteAsync(
                string.Concat(source.Split('[').SelectMany((part, i) => i == 0 ? [part] : new[] { $"{typeof(PurgeReport).GetProperty(part.Split(']')[0])!.GetValue(report)}", part.Split(']')[1] })));
    }

    [Fact]
    public async Task Any_other_engine_fits_in_a_dozen_lines()
    {
        await using var output = new StringWriter();
        await new Brackets("[Verdict]: [RowsDeleted] rows.").RenderAsync(Report, output);

        Assert.Equal("CompleteWithSkips: 4187 rows.", output.ToString());
        Assert.Contains(
            "\"Nonsense\"",
            Assert.Throws<PurgeException>(() => new PurgeOptions().SaveReport("a.txt", new Brackets("[Nonsense]"))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("report.html", "&lt;b>")]
    [InlineData("Report.HTM", "&lt;b>")]
    [InlineData("report.html.scriban", "&lt;b>")]
    [InlineData("own/acceptance.markdown.SBN", "&lt;b\\>")]
    [InlineData("report.txt", "<b>")]
    [InlineData("report.xml.sbn", "&lt;b>")]
    public void The_ending_of_the_name_is_the_format(string name, string escaped)
        => Assert.StartsWith(
            escaped,
            ((ScribanReportTemplate)PurgeReportTemplate.FromString("{{ summary }}", name))
                .Render(SampleReports.Bare() with { Summary = "<b>" })
                .Replace("&gt;", ">", StringComparison.Ordinal),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("report")]
    [InlineData("report.scriban")]
    [InlineData("report.json")]
    [InlineData("report.csv.scriban")]
    [InlineData("report.html.scriban.sbn")]
    [InlineData("report.html.bak")]
    public void A_name_without_the_ending_of_a_format_is_refused_with_those_that_are_known(string name)
    {
        ArgumentException[] refusals =
        [
            Assert.Throws<ArgumentException>(nameof(name), () => PurgeReportTemplate.FromString("x", name)),
            Assert.Throws<ArgumentException>("path", () => PurgeReportTemplate.FromFile(name)),
        ];

        Assert.All(
            refusals,
            refusal => Assert.Contains(
                $"\"{name}\" of the template does not end with a format. Use one of .htm, .html, .markdown, .md, .txt, .xml, as in",
                refusal.Message,
                StringComparison.Ordinal));
    }

    [Fact]
    public void A_template_is_for_files_of_its_format_and_for_those_of_none()
    {
        PurgeReportTemplate own = PurgeReportTemplate.FromString("x", "own.html");
        (PurgeReportTemplate Template, string Files)[] expected =
        [
            (own, "a.html a.HTM a.log a"), (PurgeReportTemplate.Html, "a.html a.HTM a.log a"), (PurgeReportTemplate.Markdown, "a.md a.log a"),
            (PurgeReportTemplate.Text, "a.txt a.log a"), (PurgeReportTemplate.JUnit, "a.xml a.log a"), (PurgeReportTemplate.Json, "a.json a.log a"),
            (new Brackets("x"), "a.html a.HTM a.md a.txt a.xml a.json a.log a"),
        ];

        Assert.All(
            expected,
            pair => Assert.Equal(
                pair.Files,
                string.Join(' ', "a.html a.HTM a.md a.txt a.xml a.json a.log a".Split(' ').Where(pair.Template.IsFor))));
    }

    [Fact]
    public void Another_engine_has_no_sections_pieces_and_cultures_unless_it_brings_them()
    {
        PurgeReportTemplate template = new Brackets("x");

        Assert.Empty(template.Sections);
        Assert.Throws<ArgumentException>("section", () => template.WithSection("limits", "x"));
        Assert.Throws<NotSupportedException>(() => template.WithPartial("mine", "x"));
        Assert.Throws<NotSupportedException>(() => template.WithCulture(CultureInfo.InvariantCulture));
    }
}
