using System.Reflection;
using FloworxPurge.Reporting;
using Xunit;

namespace FloworxPurge.Tests.Reporting;

public sealed class ReportTemplateTests
{
    private static readonly Assembly Core = typeof(PurgeReport).Assembly;

    [Theory]
    [InlineData("{{ sumary }}")]
    [InlineData("{{ Summary }}")]
    [InlineData("{{ if sumary }}x{{ end }}")]
    [InlineData("{{ for skip in purged }}{{ skip.tabel }}{{ end }}")]
    [InlineData("{{ summary.words }}")]
    [InlineData("{{ include 'no-such-section' }}")]
    [InlineData("{{ identifier sumary }}")]
    [InlineData("{{ no_such_function summary }}")]
    public void An_unknown_name_in_a_template_is_an_error_also_when_nobody_has_validated_it(string source)
        => Assert.Contains(
            "is not valid",
            Assert.Throws<PurgeException>(
                () => ScribanReportTemplate.FromString(source, TemplateFormat.Text).Render(SampleReports.CompleteWithSkips())).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_value_that_looks_like_a_template_is_only_a_value()
    {
        PurgeReport report = SampleReports.Bare() with { Summary = "{{ verdict }} {{ include 'evidence' }} | x" };

        Assert.Equal(
            "{{ verdict }} {{ include 'evidence' }} | x\n",
            ScribanReportTemplate.FromString("{{ summary }}", TemplateFormat.Text).Render(report));
    }

    [Fact]
    public void Every_embedded_template_is_of_the_engine()
    {
        string[] templates = [.. Core.GetManifestResourceNames().Where(name => name.Contains(".Templates.", StringComparison.Ordinal))];

        Assert.Contains("FloworxPurge.Reporting.Templates.plain.scriban", templates, StringComparer.Ordinal);
        Assert.All(templates, name => Assert.EndsWith(".scriban", name, StringComparison.Ordinal));
    }

    [Fact]
    public void Only_one_type_knows_the_template_engine()
    {
        const BindingFlags All =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

        IEnumerable<string?> users = Core.GetTypes()
            .Where(type => type.GetInterfaces().Append(type.BaseType).Any(IsOfTheEngine)
                || type.GetFields(All).Any(field => IsOfTheEngine(field.FieldType))
                || type.GetMethods(All).Any(method => method.GetParameters().Any(parameter => IsOfTheEngine(parameter.ParameterType))))
            .Select(type => (type.FullName ?? type.Name).Split('+')[0])
            .Distinct(StringComparer.Ordinal);

        Assert.Equal([typeof(ScribanReportTemplate).FullName], users, StringComparer.Ordinal);
    }

    private static bool IsOfTheEngine(Type? type)
        => type is not null
            && (type.Assembly.GetName().Name is "Scriban" or "Scriban.Signed" || type.GetGenericArguments().Any(IsOfTheEngine));
}
