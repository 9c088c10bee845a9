using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>Whatever <see cref="HandlebarsReportTemplate.Validate()"/> lets through renders every report: generated templates, some with mistakes.</summary>
public sealed class TemplatePropertyTests
{
    private static readonly JsonElement Custom = JsonElement.Parse("""{"ticket": "OPS-42", "priority": 2, "steps": ["a", "b"]}""");

    [Fact]
    public void What_is_valid_renders_every_report()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("FLOWORXPURGE_SEED"), CultureInfo.InvariantCulture, out int given) ? given : Random.Shared.Next();
        var random = new Random(seed);
        PurgeReport[] reports =
        [
            .. SampleReports.Five.Where(report => report.Key is not "thousand").Select(report => report.Value()),
            SampleReports.Partial() with { Details = new ReportDetails { Custom = Custom } },
            SampleReports.Bare(PurgeVerdict.Refused) with { Database = null, Details = new ReportDetails { Custom = Custom } },
            SampleReports.Named("x") with { Details = new ReportDetails { Custom = Custom } },
        ];
        int valid = 0;
        int cases = int.TryParse(Environment.GetEnvironmentVariable("FLOWORXPURGE_CASES"), CultureInfo.InvariantCulture, out int many) ? many : 400;
        for (int i = 0; i < cases; i++)
        {
            string source = new Generator(random).Block(depth: 3);
            var template = HandlebarsReportTemplate.FromString(source, (TemplateFormat)random.Next(4));
            if (IsValid(template))
            {
                valid++;
                foreach (PurgeReport report in reports)
                {
                    Exception? exception = Record.Exception(() => template.Render(report));
                    Assert.True(exception is null, $"Seed {seed}, template {i}: {exception?.Message} {exception?.InnerException?.Message}\n{report.Verdict}\n{source}");
                }
            }
        }

        Assert.InRange(valid, cases / 20, cases - (cases / 40));
    }

    private static bool IsValid(HandlebarsReportTemplate template)
    {
        try
        {
            template.Validate(Custom);
            return true;
        }
        catch (PurgeException)
        {
            return false;
        }
    }

    /// <summary>Writes templates from the names that there are, now and then in the wrong place.</summary>
    private sealed class Generator(Random random)
    {
        private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;

        // What the engine reads in another way than it looks.
        private static readonly string[] Odd = ["@index", "@first", "@root.summary", "@root/summary", "report/verdict", "./summary", "this.summary", "true", "null", "1", "-1", "NaN", "'x'", "^", "else", "[summary]", "summary.", ".", ".."];

        private static readonly Type View = typeof(PurgeReport).Assembly.GetType("FloworxPurge.Reporting.ReportView")!;

        public string Block(int depth) => Block(depth, [View]);

        private string Block(int depth, Type[] scopes)
        {
            var text = new StringBuilder();
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                text.Append(Piece(depth, scopes));
            }

            return text.ToString();
        }

        private string Piece(int depth, Type[] scopes)
        {
            (string path, Type type) = Path(scopes);
            string other = random.Next(3) == 0 ? "{{else}}" + Block(0, scopes) : "";
            return (depth > 0 ? random.Next(17) : random.Next(3)) switch
            {
                0 => "text | ",
                1 => "{{" + path + "}}",
                2 => "{{identifier " + path + "}}",
                3 => "{{#if " + path + "}}" + Block(depth - 1, scopes) + other + "{{/if}}",
                4 => "{{#unless " + path + "}}" + Block(depth - 1, scopes) + other + "{{/unless}}",
                5 when Item(type) is null => "{{#with " + path + "}}" + Block(depth - 1, [.. scopes, type]) + other + "{{/with}}",
                7 when Item(type) is not null => "{{#" + path + "}}" + Block(depth - 1, [.. scopes, Item(type)!]) + other + "{{/" + path + "}}",
                8 => "{{^" + path + "}}" + Block(depth - 1, scopes) + "{{/" + path + "}}",
                9 => "{{identifier " + path + "}}",
                10 when scopes.Length == 1 => "{{> limits}}",
                11 => "{{@root." + Path([View]).Path + "}}",
                12 => "{{#if " + path + "}}" + Block(0, scopes) + "{{else if " + Path(scopes).Path + "}}" + Block(0, scopes) + "{{/if}}",
                13 => "{{" + Odd[random.Next(Odd.Length)] + "}}",
                14 => "{{#if " + Odd[random.Next(Odd.Length)] + "}}" + Block(depth - 1, scopes) + other + "{{/if}}",
                15 => Odd[random.Next(Odd.Length)] is var odd ? "{{#" + odd + "}}" + Block(depth - 1, scopes) + other + "{{/" + odd + "}}" : "",
                6 => "{{#columns}}" + Block(depth - 1, scopes) + "{{/columns}}",
                _ when Item(type) is { } item => "{{#each " + path + "}}" + Block(depth - 1, [.. scopes, item]) + other + "{{/each}}",
                _ => "{{" + path + "}}",
            };
        }

        private (string Path, Type Type) Path(Type[] scopes)
        {
            int up = random.Next(4) == 0 ? random.Next(scopes.Length + (random.Next(10) == 0 ? 1 : 0)) : 0;
            string path = string.Concat(Enumerable.Repeat("../", up));
            Type type = up < scopes.Length ? scopes[scopes.Length - 1 - up] : typeof(string);
            bool isFirst = true;
            while ((isFirst || random.Next(2) == 0) && Names(type) is { Length: > 0 } names)
            {
                (string name, type) = names[random.Next(names.Length)];
                path += (isFirst ? "" : ".") + name;
                isFirst = false;
            }

            return isFirst ? (path + "this", type) : (path, type);
        }

        private static (string Name, Type Type)[] Names(Type type)
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            if (Item(type) is not null || type.Namespace?.StartsWith("FloworxPurge", StringComparison.Ordinal) is not true || type.IsEnum)
            {
                return [];
            }

            // The report itself is bound as JSON.
            return [.. type.GetProperties(Public).Where(property => type == View || property.CanWrite)
                .Select(property => (Camel(property.Name), property.Name is "Report" && type == View ? typeof(PurgeReport) : property.PropertyType))];
        }

        private static Type? Item(Type type) => type.IsGenericType && type.GetInterfaces().Any(face => face.Name is "IEnumerable") ? type.GetGenericArguments()[0] : null;

        private static string Camel(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);
    }
}
