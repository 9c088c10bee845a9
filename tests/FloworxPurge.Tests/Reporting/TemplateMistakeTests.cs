using System.Text.Json;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Mistakes in templates are known before a purge starts, each with its line and column.</summary>
public sealed class TemplateMistakeTests
{
    [Fact]
    public void Every_template_that_the_library_brings_is_valid()
    {
        PurgeReportTemplates.Html.Validate();
        PurgeReportTemplates.Markdown.Validate();
        PurgeReportTemplates.Text.Validate();
        PurgeReportTemplates.JUnit.Validate();
    }

    [Theory]
    [InlineData("{{sumary}}", "line 1, column 1: there is no \"sumary\". Did you mean \"summary\"?")]
    [InlineData("a\n  {{sumary}}", "line 2, column 3: there is no \"sumary\"")]
    [InlineData("{{#each skips}}\n{{tabel}}\n{{/each}}", "line 2, column 1: there is no \"tabel\". Did you mean \"table\"?")]
    [InlineData("{{report.verdikt}}", "line 1, column 1: there is no \"verdikt\" of \"report.verdikt\". Did you mean \"verdict\"?")]
    [InlineData("{{#each report.tables}}{{table.nam}}{{/each}}", "line 1, column 24: there is no \"nam\" of \"table.nam\"")]
    [InlineData("{{report.Verdict}}", "there is no \"Verdict\" of \"report.Verdict\"")]
    [InlineData("{{custom.tikket}}", "there is no \"tikket\" of \"custom.tikket\". Did you mean \"ticket\"?")]
    [InlineData("{{summary.words}}", "there is no \"words\" of \"summary.words\". It is a value")]
    [InlineData("{{#if sumary}}x{{/if}}", "line 1, column 1: there is no \"sumary\"")]
    [InlineData("{{#if summary}}x{{else if sumary}}y{{/if}}", "line 1, column 17: there is no \"sumary\"")]
    [InlineData("{{#unless sumary}}x{{/unless}}", "there is no \"sumary\"")]
    [InlineData("{{#with sumary}}x{{/with}}", "there is no \"sumary\"")]
    [InlineData("{{#with bars}}{{hight}}{{/with}}", "there is no \"hight\". Did you mean \"height\"?")]
    [InlineData("{{#each skips}}{{../sumary}}{{/each}}", "there is no \"sumary\" of \"../sumary\"")]
    [InlineData("{{#each skips}}{{../../summary}}{{/each}}", "\"../../summary\" goes further out than the template")]
    [InlineData("{{#each remarks}}{{#../skips}}a{{/../skips}}{{/each}}", "line 1, column 18: no block can begin with \"../skips\"; write {{#each ../skips}}")]
    [InlineData("{{#each remarks}}{{#../report}}a{{/../report}}{{/each}}", "\"../report\" has names in it; write {{#with ../report}}")]
    [InlineData("{{#each remarks}}{{^this}}{{#../skips}}a{{else}}b{{/../skips}}{{/this}}{{/each}}", "line 1, column 27: no block can begin with \"../skips\"; write {{#each ../skips}}")]
    [InlineData("{{#each remarks}}{{^../skips}}a{{/../skips}}{{/each}}", "line 1, column 18: no block can begin with \"../skips\"; write {{#unless ../skips}}")]
    [InlineData("{{#each skips as |skip|}}{{skip.tabel}}{{/each}}", "there is no \"tabel\" of \"skip.tabel\"")]
    [InlineData("{{@indx}}", "there is no \"@indx\"")]
    [InlineData("{{@root.sumary}}", "there is no \"sumary\" of \"@root.sumary\"")]
    [InlineData("{{identifier sumary}}", "there is no \"sumary\"")]
    [InlineData("{{noSuchHelper summary}}", "there is no helper \"noSuchHelper\"")]
    [InlineData("{{#each summary}}x{{/each}}", "\"summary\" is no list to loop over")]
    [InlineData("{{> no-such-section}}", "there is no section \"no-such-section\"")]
    [InlineData("{{#each skips}}{{> limits}}{{/each}}", "the section \"limits\" is written for the whole report")]
    [InlineData("{{summary", "line 1, column 1: the tag is not closed")]
    [InlineData("{{!-- never closed", "line 1, column 1: the comment is not closed")]
    [InlineData("{{#if summary}}x", "line 1, column 1: the block \"{{#if}}\" is not closed")]
    [InlineData("{{#each skips}}{{#if table}}x{{/each}}{{/if}}", "line 1, column 30: \"{{/each}}\" closes another block than \"{{#if}}\" of line 1, column 16")]
    [InlineData("x{{/if}}", "line 1, column 2: \"{{/if}}\" closes a block that is not open")]
    [InlineData("{{else}}", "\"else\" stands outside of any block")]
    [InlineData("{{}}", "the tag is empty")]
    [InlineData("{{#if}}x{{/if}}", "\"if\" needs a name")]
    [InlineData("{{identifier}}", "\"identifier\" needs a value")]
    [InlineData("{{identifier summary title}}", "\"identifier\" takes one value")]
    [InlineData("{{break summary}}", "\"break\" takes no value")]
    [InlineData("{{^skips}}{{table}}{{/skips}}", "there is no \"table\"")]
    [InlineData("{{facts}}", "\"facts\" is a list; loop over it with each")]
    [InlineData("{{identifier report.tables}}", "\"report.tables\" is a list; loop over it with each")]
    [InlineData("{{report.database}}", "\"report.database\" has names in it")]
    [InlineData("{{words}}", "\"words\" has names in it, and is nothing to write by itself; write one of authority, bars")]
    [InlineData("{{report.tables.[0].level}}", "It is a list; loop over it with each")]
    [InlineData("{{report.tables.0}}", "It is a list; loop over it with each")]
    [InlineData("{{#each custom.mixed}}{{b}}{{/each}}", "there is no \"b\"")]
    [InlineData("{{#each custom.map}}{{b}}{{/each}}", "there is no \"b\"")]
    [InlineData("{{#@root.skips}}a{{/@root.skips}}", "no block can begin with \"@root.skips\"; write {{#each @root.skips}}")]
    [InlineData("{{#true}}a{{/true}}", "no block can begin with \"true\"; write {{#if true}}")]
    [InlineData("{{#'x'}}a{{/'x'}}", "no block can begin with \"'x'\"; write {{#if 'x'}}")]
    [InlineData("{{report/verdict}}", "\"report/verdict\" joins names by \"/\"; write \"report.verdict\"")]
    [InlineData("{{#each skips}}{{../report/verdict}}{{/each}}", "\"../report/verdict\" joins names by \"/\"; write \"../report.verdict\"")]
    [InlineData("{{#if @root/skips}}a{{/if}}", "write \"@root.skips\"")]
    [InlineData("{{#report/tables}}a{{/report/tables}}", "write \"report.tables\"")]
    [InlineData("{{@index}}", "\"@index\" stands outside of a loop")]
    [InlineData("{{#each skips}}a{{else}}{{@first}}{{/each}}", "line 1, column 25: \"@first\" stands outside of a loop")]
    [InlineData("{{#with report}}{{#if @last}}a{{/if}}{{/with}}", "\"@last\" stands outside of a loop")]
    [InlineData("{{NaN}}", "there is no \"NaN\"")]
    [InlineData("{{-1}}", "\"-1\" is a value of its own and writes nothing; write it without the tag")]
    [InlineData("{{'x'}}", "\"'x'\" is a value of its own and writes nothing")]
    [InlineData("{{#if summary}}a{{^}}b{{/if}}", "line 1, column 17: \"{{^}}\" is no else; write {{else}}")]
    [InlineData("{{#if summary}}a{{else}}b{{else}}c{{/if}}", "line 1, column 26: the block \"{{#if}}\" of line 1, column 1 has its else already")]
    [InlineData("{{#skips}}a{{else}}b{{else if title}}c{{/skips}}", "the block \"{{#skips}}\" of line 1, column 1 has its else already")]
    [InlineData("{{#each skips}}{{#each ../remarks}}a{{else}}{{../summary}}{{/each}}{{/each}}", "line 1, column 45: \"../summary\" goes out of the part for an empty list; write @root and the whole path")]
    [InlineData("{{#each skips}}{{^explanation}}a{{else}}b{{/explanation}}{{/each}}", "a block that begins with \"^\" has no else; write {{#explanation}} and turn both parts round")]
    [InlineData("{{#columns title}}a{{/columns}}", "\"columns\" takes no value")]
    [InlineData("{{^columns}}a{{/columns}}", "\"columns\" takes no value; write {{#columns}}")]
    [InlineData("{{#columns}}a{{else}}b{{/columns}}", "\"columns\" has no else")]
    [InlineData("{{#report}}{{verdict}}{{/report}}", "\"report\" has names in it; write {{#with report}}")]
    [InlineData("{{#skips as |s|}}{{s.table}}{{/skips}}", "only each and with give names; write {{#each skips as |s|}}")]
    [InlineData("{{#with report skips}}{{verdict}}{{/with}}", "\"with\" takes one value")]
    [InlineData("{{#skips title}}x{{/skips}}", "\"skips\" takes no value")]
    [InlineData("{{#each skips title}}x{{/each}}", "\"each\" takes one value")]
    [InlineData("{{#each skips reversed=true}}x{{/each}}", "\"each\" takes one value")]
    [InlineData("{{#each skips as x}}x{{/each}}", "\"each\" takes one value, and may give names as in {{#each skips as |skip index|}}")]
    [InlineData("{{#if title | summary}}a{{/if}}", "\"if\" takes one value")]
    [InlineData("{{#if title}}a{{else if summary title}}b{{/if}}", "\"else if summary title\" is no condition")]
    [InlineData("{{^custom.ticket}}none{{/custom.ticket}}", "write {{#unless custom.ticket}}")]
    [InlineData("{{(lookup summary 1)}}", "more than templates of reports can do")]
    public void A_mistake_is_told_with_its_place(string source, string problem)
    {
        var template = HandlebarsReportTemplate.FromString(source, TemplateFormat.Text, "mine");

        PurgeException exception = Assert.Throws<PurgeException>(() => template.Validate(JsonElement.Parse("""{"ticket": "a", "mixed": [{"a": 1, "b": 2}, {"a": 3}], "map": {"x": {"a": 1}, "y": {"a": 2, "b": 3}}}""")));

        Assert.StartsWith("The template \"mine\" is not valid: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_are_in_one_message()
    {
        HandlebarsReportTemplate template = HandlebarsReportTemplate.FromString("{{sumary}}\n{{titel}}{{> limit}}", TemplateFormat.Markdown)
            .WithSection("kept", "\n\n{{keppt}}");

        string message = Assert.Throws<PurgeException>(template.Validate).Message;

        foreach (string part in (string[])["line 1, column 1: there is no \"sumary\"", "line 2, column 1: there is no \"titel\"", "line 2, column 10: there is no section \"limit\"", "section \"kept\", line 3, column 1: there is no \"keppt\""])
        {
            Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_section_that_uses_itself_is_told_so()
    {
        HandlebarsReportTemplate direct = PurgeReportTemplates.Text.WithSection("kept", "{{> kept}}");
        HandlebarsReportTemplate round = PurgeReportTemplates.Text.WithSection("kept", "{{> limits}}").WithSection("limits", "{{> support}}").WithSection("support", "{{> kept}}");

        Assert.Contains("the section \"kept\" uses itself", Assert.Throws<PurgeException>(direct.Validate).Message, StringComparison.Ordinal);
        Assert.Contains("the section \"limits\" uses itself", Assert.Throws<PurgeException>(round.Validate).Message, StringComparison.Ordinal);
        Assert.Throws<PurgeException>(() => round.Render(SampleReports.Bare()));
    }

    [Fact]
    public void Names_under_custom_are_open_until_there_is_data()
    {
        var template = HandlebarsReportTemplate.FromString("{{custom.anything.at.all}}{{#custom.list}}{{@index}}{{/custom.list}}", TemplateFormat.Text);

        template.Validate();

        Assert.Throws<PurgeException>(() => template.Validate(JsonElement.Parse("{}")));
    }

    [Theory]
    [InlineData("{{sumary}}", "line 1, column 1: there is no \"sumary\". Did you mean \"summary\"?")]
    [InlineData("{{#each skips}}\n{{#if table}}x{{/each}}", "line 2, column 15: \"{{/each}}\" closes another block")]
    [InlineData("{{noSuchHelper summary}}", "there is no helper \"noSuchHelper\"")]
    public void What_was_not_checked_is_told_with_its_place_when_it_is_rendered(string source, string problem)
    {
        var template = HandlebarsReportTemplate.FromString(source, TemplateFormat.Text, "mine");

        PurgeException exception = Assert.Throws<PurgeException>(() => template.Render(SampleReports.CompleteWithSkips()));

        Assert.StartsWith("The template \"mine\" is not valid: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("spend-step", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{#with graph}}{{height}}{{#each boxes}}{{short}}{{/each}}{{/with}}")]
    [InlineData("{{#with bars}}{{remark}}{{../title}}{{/with}}")]
    [InlineData("{{#each skips as |skip i|}}{{i}}{{skip.table}}{{#each @root.facts as |fact j|}}{{i}}{{j}}{{skip.reason}}{{/each}}{{/each}}")]
    [InlineData("{{#if graph}}{{graph.height}}{{/if}}{{#if report.database}}{{report.database.role}}{{/if}}")]
    [InlineData("{{report.error}}{{#if graph}}a{{/if}}{{#each report.tables}}{{error}}{{/each}}")]
    [InlineData("{{#each report.tables}}{{error}}{{rowsAfter}}{{rowsBefore}}{{/each}}")]
    [InlineData("{{#each report.notes}}{{#if table}}{{table.name}}{{/if}}{{/each}}")]
    [InlineData("{{graph.height}}{{bars.remark}}{{report.database.role}}{{report.database.databaseId}}")]
    [InlineData("{{#each graph.boxes}}{{short}}{{/each}}{{#each bars.bars}}{{rows}}{{/each}}")]
    public void What_is_there_and_has_no_value_is_written_as_nothing(string source)
    {
        var template = HandlebarsReportTemplate.FromString(source, TemplateFormat.Text);
        template.Validate();

        Assert.NotNull(template.Render(SampleReports.Bare(PurgeVerdict.Refused) with { Database = null }));
        Assert.NotNull(template.Render(SampleReports.CompleteWithSkips()));
    }
}
