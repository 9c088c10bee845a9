using System.Reflection;
using FloworxPurge.Reporting;
using Xunit;

namespace FloworxPurge.Tests.Reporting;

public sealed class ReportTemplateTests
{
    private static readonly Assembly Core = typeof(PurgeReport).Assembly;

    [Theory]
    [InlineData("{{Sumary}}")]
    [InlineData("{{#if Sumary}}x{{/if}}")]
    [InlineData("{{#each Skips}}{{Tabel}}{{/each}}")]
    [InlineData("{{Summary.Words}}")]
    [InlineData("{{> no-such-partial}}")]
    [InlineData("{{identifier Sumary}}")]
    [InlineData("{{noSuchHelper Summary}}")]
    public void An_unknown_name_in_a_template_is_an_error(string source)
    {
        var template = HandlebarsReportTemplate.FromString(source, TemplateFormat.Text);

        Assert.ThrowsAny<Exception>(() => template.Render(SampleReports.CompleteWithSkips()));
    }

    [Fact]
    public void A_value_that_looks_like_a_template_is_only_a_value()
    {
        PurgeReport report = SampleReports.Bare() with { Summary = "{{Verdict}} {{> evidence}} | x" };

        Assert.Equal("{{Verdict}} {{> evidence}} | x\n", HandlebarsReportTemplate.FromString("{{Summary}}", TemplateFormat.Text).Render(report));
    }

    [Fact]
    public void No_embedded_template_goes_round_the_encoder()
    {
        string[] templates = [.. Core.GetManifestResourceNames().Where(name => name.EndsWith(".hbs", StringComparison.Ordinal))];

        Assert.Contains("FloworxPurge.Reporting.Templates.markdown.hbs", templates, StringComparer.Ordinal);
        Assert.All(templates, name =>
        {
            using var reader = new StreamReader(Core.GetManifestResourceStream(name)!);
            string source = reader.ReadToEnd();
            Assert.DoesNotContain("{{{", source, StringComparison.Ordinal);
            Assert.DoesNotContain("{{&", source, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void Only_one_type_knows_the_template_engine()
    {
        const BindingFlags All = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

        IEnumerable<string?> users = Core.GetTypes()
            .Where(type => type.GetInterfaces().Append(type.BaseType).Any(IsOfTheEngine)
                || type.GetFields(All).Any(field => IsOfTheEngine(field.FieldType))
                || type.GetMethods(All).Any(method => method.GetParameters().Any(parameter => IsOfTheEngine(parameter.ParameterType))))
            .Select(type => (type.FullName ?? type.Name).Split('+')[0])
            .Distinct(StringComparer.Ordinal);

        Assert.Equal([typeof(HandlebarsReportTemplate).FullName], users, StringComparer.Ordinal);
    }

    private static bool IsOfTheEngine(Type? type)
        => type is not null
            && (type.Assembly.GetName().Name is "Handlebars" || type.GetGenericArguments().Any(IsOfTheEngine));
}
