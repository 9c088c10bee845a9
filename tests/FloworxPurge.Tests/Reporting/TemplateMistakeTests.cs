using System.Text.Json;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Mistakes in templates are known before a purge starts, each with its line and column.</summary>
public sealed class TemplateMistakeTests
{
    private static readonly JsonElement Custom = JsonElement.Parse("""{"ticket": "a", "count": 3, "large": 1e300, "mixed": [{"a": 1, "b": 2}, {"a": 3}, null], "map": {"x": {"a": 1}, "y": {"a": 2, "b": 3}}}""");

    [Fact]
    public void Every_template_that_the_library_brings_is_valid()
    {
        PurgeReportTemplates.Html.Validate();
        PurgeReportTemplates.Markdown.Validate();
        PurgeReportTemplates.Text.Validate();
        PurgeReportTemplates.JUnit.Validate();
    }

    [Theory]
    [InlineData("{{ sumary }}", "line 1, column 4: there is no \"sumary\". Did you mean \"summary\"?")]
    [InlineData("{{ Summary }}", "line 1, column 4: there is no \"Summary\". Did you mean \"summary\"?")]
    [InlineData("a\n  {{ sumary }}", "line 2, column 6: there is no \"sumary\"")]
    [InlineData("a\r\n  {{ sumary }}", "line 2, column 6: there is no \"sumary\"")]
    [InlineData(
        "{{ for skip in purged }}\n{{ skip.tabel }}\n{{ end }}",
        "line 2, column 4: there is no \"tabel\" of \"skip.tabel\". Did you mean \"table\"?")]
    [InlineData("{{ report.verdikt }}", "line 1, column 4: there is no \"verdikt\" of \"report.verdikt\". Did you mean \"verdict\"?")]
    [InlineData(
        "{{ for table in report.tables }}{{ table.table.nam }}{{ end }}",
        "line 1, column 36: there is no \"nam\" of \"table.table.nam\"")]
    [InlineData("{{ report.Verdict }}", "there is no \"Verdict\" of \"report.Verdict\"")]
    [InlineData("{{ custom.tikket }}", "there is no \"tikket\" of \"custom.tikket\". Did you mean \"ticket\"?")]
    [InlineData("{{ custom['tikket'] }}", "there is no \"tikket\" of")]
    [InlineData("{{ summary.words }}", "there is no \"words\" of \"summary.words\". It is a value")]
    [InlineData("{{ summary.size }}", "It is a value")]
    [InlineData("{{ if sumary }}x{{ end }}", "line 1, column 7: there is no \"sumary\"")]
    [InlineData("{{ if summary }}x{{ else if sumary }}y{{ end }}", "line 1, column 29: there is no \"sumary\"")]
    [InlineData("{{ if !sumary }}x{{ end }}", "there is no \"sumary\"")]
    [InlineData("{{ if summary == sumary || verdikt }}x{{ end }}", "there is no \"verdikt\"")]
    [InlineData("{{ summary ? titel : 'x' }}", "there is no \"titel\"")]
    [InlineData("{{ bars.hight }}", "there is no \"hight\" of \"bars.hight\". Did you mean \"height\"?")]
    [InlineData("{{ for purge in purged }}{{ end }}{{ purge.table }}", "there is no \"purge\". Did you mean \"purged\"?")]
    [InlineData("{{ identifier sumary }}", "there is no \"sumary\"")]
    [InlineData("{{ summary | identifer }}", "there is no function \"identifer\". Did you mean \"identifier\"?")]
    [InlineData(
        "{{ summary | string.upcas }}",
        "there is no function \"string.upcas\". Did you mean \"string.upcase\" or \"string.split\"?")]
    [InlineData("{{ noSuchHelper summary }}", "there is no function \"noSuchHelper\"")]
    [InlineData("{{ date.now }}", "there is no function \"date.now\"")]
    [InlineData("{{ string }}", "there is no function \"string\"")]
    [InlineData("{{ summary | title }}", "there is no function \"title\"")]
    [InlineData("{{ for x in summary }}x{{ end }}", "\"summary\" is no list to loop over")]
    [InlineData("{{ for x in 3 }}x{{ end }}", "\"3\" is no list to loop over")]
    [InlineData("{{ for x in purged lmit:3 }}x{{ end }}", "\"lmit\" is no option of a loop. Did you mean \"limit\"?")]
    [InlineData("{{ for x in purged limit:'a' }}x{{ end }}", "limit has to be a number")]
    [InlineData("{{ for purged in purged }}x{{ end }}", "\"purged\" cannot be the name of a loop")]
    [InlineData("{{ for string in purged }}x{{ end }}", "\"string\" cannot be the name of a loop")]
    [InlineData("{{ for report.x in purged }}x{{ end }}", "is no name for what a loop is at")]
    [InlineData("{{ include 'no-such-section' }}", "there is no section \"no-such-section\"")]
    [InlineData("{{ include 'limit' }}", "Did you mean \"limits\"?")]
    [InlineData("{{ include summary }}", "include takes the name of one section, in quotes")]
    [InlineData("{{ include 'limits' 'kept' }}", "include takes the name of one section, in quotes")]
    [InlineData("{{ x = include 'limits' }}", "there is no function \"include\"")]
    [InlineData("{{ include 'limits' | string.upcase }}", "there is no function \"include\"")]
    [InlineData("{{ summary", "line 1, column 1: the tag is not closed")]
    [InlineData("{{ summary }}{{ ", "line 1, column 14: the tag is not closed")]
    [InlineData("{{ ## never closed", "line 1, column 1: the tag is not closed")]
    [InlineData("{{ if summary }}x", "line 1, column 4: the block \"if\" is not closed; write {{ end }}")]
    [InlineData("{{ for skip in purged }}x", "line 1, column 4: the block \"for\" is not closed")]
    [InlineData("{{ for skip in purged }}{{ if skip.table }}x{{ end }}", "line 1, column 4: the block \"for\" is not closed")]
    [InlineData("{{ wrap columns }}a | b", "line 1, column 4: the block \"wrap\" is not closed")]
    [InlineData("x{{ end }}", "line 1, column 7: found <end> statement without a corresponding beginning of a block")]
    [InlineData("{{ else }}", "line 1, column 4: a else condition must be preceded by another")]
    [InlineData("{{ if summary }}a{{ else }}b{{ else }}c{{ end }}", "line 1, column 32: a else condition must be preceded by")]
    [InlineData("{{ if }}x{{ end }}", "line 1, column 7: expecting <expression> instead of \"}}\"")]
    [InlineData("{{{summary}}}", "line 1, column 11: unexpected token \"}\"")]
    [InlineData("{{ summary. }}", "line 1, column 11: invalid token found \".\"")]
    [InlineData("{{ identifier }}", "\"identifier\" takes one value, and is given 0")]
    [InlineData("{{ identifier summary title }}", "\"identifier\" takes one value, and is given 2")]
    [InlineData("{{ summary | identifier title }}", "\"identifier\" takes one value, and is given 2")]
    [InlineData("{{ line_break summary }}", "\"line_break\" takes no value, and is given 1")]
    [InlineData("{{ string.truncate summary }}", "\"string.truncate\" takes 2 to 3 values, and is given 1")]
    [InlineData("{{ string.truncate summary 'a' }}", "value 2 of \"string.truncate\" has to be a number")]
    [InlineData("{{ purged | string.upcase }}", "value 1 of \"string.upcase\" has to be a single value")]
    [InlineData("{{ summary | array.size }}", "value 1 of \"array.size\" has to be a list")]
    [InlineData("{{ for x in purged | array.sort 'tabel' }}{{ end }}", "there is no \"tabel\" of")]
    [InlineData("{{ for x in report.tables | array.sort summary }}{{ end }}", "has to be the name of a value in the entries, in quotes")]
    [InlineData("{{ math.format report.rowsDeleted 'Z' }}", "has to be a format of .NET for numbers")]
    [InlineData("{{ math.format report.rowsDeleted 'N999999' }}", "has to be a format of .NET for numbers")]
    [InlineData("{{ math.format report.rowsDeleted summary }}", "has to be a format of .NET for numbers")]
    [InlineData("{{ math.round summary }}", "value 1 of \"math.round\" has to be a number")]
    [InlineData("{{ date.to_string report.startedAt summary }}", "has to be a pattern of times, in quotes")]
    [InlineData("{{ facts }}", "\"facts\" is a list; loop over it with for")]
    [InlineData("{{ identifier report.tables }}", "value 1 of \"identifier\" has to be a single value")]
    [InlineData("{{ report.database }}", "\"report.database\" has names in it")]
    [InlineData("{{ words }}", "\"words\" has names in it, and is nothing to write by itself; write one of archive, authority, bars")]
    [InlineData("{{ report.tables['a'].level }}", "the place in a list has to be a number")]
    [InlineData("{{ report.tables.level }}", "It is a list; loop over it with for")]
    [InlineData("{{ for x in custom.mixed }}{{ x.c }}{{ end }}", "there is no \"c\"")]
    [InlineData("{{ for x in custom.map }}{{ x.value.c }}{{ end }}", "there is no \"c\"")]
    [InlineData("{{ purged | array.uniq | array.size }}", "value 1 of \"array.uniq\" has to be a list of single values")]
    [InlineData("{{ report.tables | array.join ',' }}", "value 1 of \"array.join\" has to be a list of single values")]
    [InlineData("{{ report.tables | array.contains '(an object)' }}", "value 1 of \"array.contains\" has to be a list of single values")]
    [InlineData("{{ report.tables | array.sort }}", "value 1 of \"array.sort\" has to be a list of single values")]
    [InlineData("{{ x = report.tables | array.map 'table.name' }}{{ x[0]['a'] }}", "\"x[0]\" is a value, and has nothing in it")]
    [InlineData("{{ title | string.upcase | string.slice 0 3 + '!' }}", "value 3 of \"string.slice\" has to be a number")]
    [InlineData("{{ report.tables | array.limit 2 + '' | array.size }}", "value 2 of \"array.limit\" has to be a number")]
    [InlineData("{{ x = 'a' + 1; x * 2 }}", "a side of \"*\" has to be a number")]
    [InlineData("{{ for x in purged limit:0 }}{{ end }}", "limit has to be 1 or more")]
    [InlineData("{{ for x in purged limit:(-1) }}{{ end }}", "limit has to be 1 or more")]
    [InlineData("{{ custom.large + 1 }}x{{ custom.large * 2 }}", "a side of \"*\" has to be a number")]
    [InlineData("{{ for.index }}", "\"for\" is outside of a loop")]
    [InlineData("{{ for skip in purged }}a{{ else }}{{ for.first }}{{ end }}", "line 1, column 39: \"for\" is outside of a loop")]
    [InlineData(
        "{{ for skip in purged }}{{ for.indx }}{{ end }}",
        "there is no \"indx\" of \"for.indx\". Did you mean \"index\" or \"rindex\"?")]
    [InlineData("{{ break }}", "it is outside of a loop")]
    [InlineData("{{ wrap kolumns }}a{{ end }}", "there is no \"wrap kolumns\". Did you mean \"columns\"?")]
    [InlineData("{{ wrap columns title }}a{{ end }}", "takes 0 values, and is given 1")]
    [InlineData("{{ columns }}", "there is no \"columns\"")]
    [InlineData("{{ verdict = 'x' }}", "\"verdict\" cannot be the name of a variable")]
    [InlineData("{{ report.verdict = 'x' }}", "\"report.verdict\" cannot be assigned to")]
    [InlineData("{{ custom['ticket'] = 'x' }}", "cannot be assigned to")]
    [InlineData("{{ math = 1 }}", "\"math\" cannot be the name of a variable")]
    [InlineData("{{ if verdict = 'x' }}a{{ end }}", "line 1, column 7: an assignment must be a statement of its own; compare with ==")]
    [InlineData("{{ y }}{{ y = 1 }}", "line 1, column 4: there is no \"y\"")]
    [InlineData("{{ y = 1; y = purged }}", "\"y\" was something else before")]
    [InlineData("{{ y = 1; y += 1 }}", "write name = name + value")]
    [InlineData("{{ for x in purged; x = 1; end }}", "\"x\" is what the loop is at")]
    [InlineData("{{ y = 1; y++ }}", "\"++\" is no operator of report templates")]
    [InlineData("{{ summary - 1 }}", "a side of \"-\" has to be a number")]
    [InlineData("{{ 1 + purged }}", "a side of \"+\" has to be a single value")]
    [InlineData("{{ if purged > 1 }}{{ end }}", "a side of a comparison has to be a single value")]
    [InlineData("{{ -summary }}", "what stands behind a sign has to be a number")]
    [InlineData("{{ h1 title + h2 title }}", "\"h1\" takes one value, and is given 2")]
    [InlineData("{{ h1 title | string.upcase }}", "value 1 of \"string.upcase\" has to be a single value")]
    [InlineData("{{ purged ?? summary }}", "both sides of \"??\" have to be of one kind")]
    public void A_mistake_is_reported_with_its_place(string source, string problem)
    {
        var template = ScribanReportTemplate.FromString(source, TemplateFormat.Text, "mine");

        PurgeException exception = Assert.Throws<PurgeException>(() => template.Validate(Custom));

        Assert.StartsWith("The template \"mine\" is not valid: line ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_in_one_message_in_the_order_of_the_text()
    {
        ScribanReportTemplate template = ScribanReportTemplate.FromString(
            "{{ sumary }}\n{{ titel }}{{ include 'limit' }}\n{{ if title }}",
            TemplateFormat.Markdown)
            .WithSection("kept", "\n\n{{ keppt }}");

        string message = Assert.Throws<PurgeException>(template.Validate).Message;

        string[] parts = [
            "line 1, column 4: there is no \"sumary\"",
            "line 2, column 4: there is no \"titel\"",
            "line 2, column 15: there is no section \"limit\"",
            "line 3, column 4: the block \"if\" is not closed",
            "section \"kept\", line 3, column 4: there is no \"keppt\""];
        int[] places = [.. parts.Select(part => message.IndexOf(part, StringComparison.Ordinal))];
        Assert.DoesNotContain(-1, places);
        Assert.Equal(places.Order(), places);
    }

    [Fact]
    public void A_section_that_includes_itself_is_reported()
    {
        ScribanReportTemplate direct = PurgeReportTemplates.Text.WithSection("kept", "{{ include 'kept' }}");
        ScribanReportTemplate round = PurgeReportTemplates.Text.WithSection("kept", "{{ include 'limits' }}")
            .WithSection("limits", "{{ include 'support' }}")
            .WithSection("support", "{{ include 'kept' }}");
        ScribanReportTemplate partial = PurgeReportTemplates.Text.WithPartial("mine", "{{ include 'mine' }}");

        Assert.Contains(
            "the section \"kept\" includes itself",
            Assert.Throws<PurgeException>(direct.Validate).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "the section \"limits\" includes itself",
            Assert.Throws<PurgeException>(round.Validate).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "the section \"mine\" includes itself",
            Assert.Throws<PurgeException>(partial.Validate).Message,
            StringComparison.Ordinal);
        Assert.Throws<PurgeException>(() => round.Render(SampleReports.Bare()));
    }

    [Fact]
    public void Names_under_custom_are_open_until_there_is_data()
    {
        var template = ScribanReportTemplate.FromString(
            "{{ custom.anything.at.all }}{{ for x in custom.list }}{{ x.y }}{{ for.index }}{{ end }}{{ custom.number * 2 }}{{ "
                + "custom.text | string.upcase }}",
            TemplateFormat.Text);

        template.Validate();

        Assert.Throws<PurgeException>(() => template.Validate(JsonElement.Parse("{}")));
    }

    [Theory]
    [InlineData("{{ graph.height }}{{ for box in graph.boxes }}{{ box.title }}{{ else }}none{{ end }}")]
    [InlineData("{{ bars.remark }}{{ title }}")]
    [InlineData(
        "{{ for skip in purged }}{{ for.index }}{{ skip.table }}{{ for fact in facts }}{{ for.index }}{{ skip.error }}{{ end }}{{ end }}")]
    [InlineData("{{ if report.database }}{{ report.database.role }}{{ end }}{{ report.database?.role }}")]
    [InlineData(
        "{{ report.error }}{{ for table in report.tables }}{{ table.error }}{{ table.rowsAfter + 1 }}{{ table.rowsBefore - "
            + "table.rowsAfter }}{{ end }}")]
    [InlineData("{{ for note in report.notes }}{{ if note.table != null }}{{ note.table.name }}{{ end }}{{ end }}")]
    [InlineData(
        "{{ report.database.database | string.upcase }}{{ report.tables[9999].level }}{{ report.tables[-1].level }}{{ report.rowsDeleted "
            + "/ 0 }}")]
    [InlineData("{{ total = 0; for table in report.tables; total = total + table.rowsDeleted; end; total }}")]
    [InlineData("{{ for t in report.tables | array.sort 'rowsDeleted' | array.reverse | array.limit 3 }}{{ t.table.name }}{{ end }}")]
    [InlineData(
        "{{ for t in report.tables offset:1 limit:2 reversed }}{{ t.level }}{{ if t.level == 1; break; end }}{{ continue }}{{ end }}")]
    public void What_is_there_and_has_no_value_is_written_as_nothing(string source)
    {
        var template = ScribanReportTemplate.FromString(source, TemplateFormat.Text);
        template.Validate();

        Assert.NotNull(template.Render(SampleReports.Bare(PurgeVerdict.Refused) with { Database = null }));
        Assert.NotNull(template.Render(SampleReports.CompleteWithSkips()));
    }
}
