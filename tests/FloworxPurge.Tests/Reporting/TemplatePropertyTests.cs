using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using FloworxPurge.Reporting;

namespace FloworxPurge.Tests.Reporting;

/// <summary>
/// Whatever <see cref="ScribanReportTemplate.Validate()"/> lets through renders every report: generated templates, some with mistakes.
/// </summary>
public sealed class TemplatePropertyTests
{
    private static readonly JsonElement Custom = JsonElement.Parse("""{"ticket": "OPS-42", "priority": 2, "steps": ["a", "b"]}""");

    [Fact]
    public void What_is_valid_renders_every_report()
    {
        int seed = int.TryParse(Environment.GetEnvironmentVariable("FLOWORXPURGE_SEED"), CultureInfo.InvariantCulture, out int given)
            ? given
            : Random.Shared.Next();
        var random = new Random(seed);
        PurgeReport[] reports =
        [
            .. SampleReports.Five.Where(report => report.Key is not "thousand").Select(report => report.Value()),
            SampleReports.Partial() with { Details = new ReportDetails { Custom = Custom } },
            SampleReports.Bare(PurgeVerdict.Refused) with { Database = null, Details = new ReportDetails { Custom = Custom } },
            SampleReports.Named("x") with { Details = new ReportDetails { Custom = Custom } },
        ];
        int valid = 0;
        int cases = int.TryParse(Environment.GetEnvironmentVariable("FLOWORXPURGE_CASES"), CultureInfo.InvariantCulture, out int many)
            ? many
            : 400;
        for (int i = 0; i < cases; i++)
        {
            string source = new Generator(random).Block(depth: 3);
            var template = ScribanReportTemplate.FromString(source, (TemplateFormat)random.Next(4));
            if (IsValid(template))
            {
                valid++;
                foreach (PurgeReport report in reports)
                {
                    Exception? exception = Record.Exception(() => template.Render(report));
                    Assert.True(
                        exception is null,
                        $"Seed {seed}, template {i}: {exception?.Message} "
                            + $"{exception?.InnerException?.Message}\n{report.Verdict}\n{source}");
                }
            }
        }

        Assert.InRange(valid, cases / 20, cases - (cases / 40));
    }

    private static bool IsValid(ScribanReportTemplate template)
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
        private static readonly string[] Odd = [
            "for.index",
            "for.first",
            "report['verdict']",
            "this",
            "true",
            "null",
            "1",
            "-1",
            "1.5",
            "'x'",
            "summary[0]",
            "skips[0]",
            "skips[-1].table",
            "custom.steps",
            "custom.priority",
            "(1)",
            "empty",
            "$x",
            "sumary"];

        private static readonly string[] Binary = ["+", "-", "*", "/", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "??", "%", "..", "//"];

        private static readonly string[] Filters =
        [
            "identifier", "h2", "string.upcase", "string.downcase", "string.capitalize", "string.strip", "string.size", "string.truncate 5", "string.slice 2", "string.replace 'a' 'b'", "string.contains 'a'",
            "string.starts_with 'a'", "string.ends_with 'a'", "string.pad_left 20", "string.pad_right 20", "string.split ' '", "array.size", "array.first", "array.last", "array.limit 2", "array.offset 1", "array.reverse",
            "array.sort", "array.sort 'table'", "array.map 'table'", "array.uniq", "array.compact", "array.join ', '", "array.contains 'x'", "math.abs", "math.ceil", "math.floor", "math.round 1", "math.format 'N2'",
            "date.to_string '%d.%m.%Y'",
        ];

        private static readonly Type View = typeof(PurgeReport).Assembly.GetType("FloworxPurge.Reporting.ReportView")!;

        private int _names;

        public string Block(int depth) => Block(depth, []);

        private string Block(int depth, (string Name, Type Type)[] scopes)
        {
            var text = new StringBuilder();
            for (int i = random.Next(1, 4); i > 0; i--)
            {
                text.Append(Piece(depth, scopes));
            }

            return text.ToString();
        }

        private string Piece(int depth, (string Name, Type Type)[] scopes)
        {
            string other = random.Next(3) == 0 ? "{{ else }}" + Block(0, scopes) : "";
            return (depth > 0 ? random.Next(14) : random.Next(4)) switch
            {
                0 => "text | ",
                1 => "{{ " + Path(scopes).Path + " }}",
                2 => "{{ " + Expression(2, scopes) + " }}",
                3 => "{{ identifier " + Path(scopes).Path + " }}",
                4 => "{{ if " + Expression(1, scopes) + " }}" + Block(depth - 1, scopes) + other + "{{ end }}",
                5 => "{{ if !"
                    + Path(scopes).Path
                    + " }}"
                    + Block(depth - 1, scopes)
                    + "{{ else if "
                    + Path(scopes).Path
                    + " }}"
                    + Block(0, scopes)
                    + other
                    + "{{ end }}",
                6 => "{{ wrap columns }}" + Block(depth - 1, scopes) + "{{ end }}",
                7 => "{{ include 'limits' }}",
                8 => $"{{{{ v{++_names} = {Expression(1, scopes)}; v{_names} }}}}",
                9 => "{{ for x in " + Expression(1, scopes) + " }}" + Block(depth - 1, scopes) + "{{ end }}",
                10 => "{{~ break ~}}",
                _ => For(depth, scopes) + other + "{{ end }}",
            };
        }

        private string For(int depth, (string Name, Type Type)[] scopes)
        {
            (string path, Type type) = Path(scopes);
            for (int i = 0; i < 20 && Item(type) is null; i++)
            {
                (path, type) = Path(scopes);
            }

            string name = $"x{++_names}";
            string option = random.Next(6) switch { 0 => " limit:2", 1 => " offset:1", 2 => " reversed", _ => "" };
            return "{{ for " + name + " in " + path + option + " }}" + Block(depth - 1, [.. scopes, (name, Item(type) ?? typeof(string))]);
        }

        private string Expression(int depth, (string Name, Type Type)[] scopes) => (depth > 0 ? random.Next(7) : random.Next(3)) switch
        {
            0 => Odd[random.Next(Odd.Length)],
            3 => $"{Expression(depth - 1, scopes)} {Binary[random.Next(Binary.Length)]} {Expression(depth - 1, scopes)}",
            4 => $"({Expression(depth - 1, scopes)} | {Filters[random.Next(Filters.Length)]})",
            5 => $"{Path(scopes).Path} | {Filters[random.Next(Filters.Length)]} | {Filters[random.Next(Filters.Length)]}",
            6 => $"({Path(scopes).Path} ? {Expression(depth - 1, scopes)} : {Expression(depth - 1, scopes)})",
            _ => Path(scopes).Path,
        };

        private (string Path, Type Type) Path((string Name, Type Type)[] scopes)
        {
            (string path, Type type) = scopes.Length > 0 && random.Next(2) == 0 ? scopes[random.Next(scopes.Length)] : ("", View);
            while ((path.Length == 0 || random.Next(2) == 0) && Names(type) is { Length: > 0 } names)
            {
                (string name, type) = names[random.Next(names.Length)];
                path += (path.Length == 0 ? "" : ".") + name;
            }

            return (path, type);
        }

        private static (string Name, Type Type)[] Names(Type type)
        {
            type = Nullable.GetUnderlyingType(type) ?? type;
            if (Item(type) is not null || type.Namespace?.StartsWith("FloworxPurge", StringComparison.Ordinal) is not true || type.IsEnum)
            {
                return [];
            }

            // The report itself is bound as JSON.
            IEnumerable<(string, Type)> names = type.GetProperties(Public)
                .Where(property => type == View || property.CanWrite)
                .Select(property => (Camel(property.Name), property.PropertyType));
            return type == View ? [.. names, ("report", typeof(PurgeReport)), ("custom", typeof(string))] : [.. names];
        }

        private static Type? Item(Type type)
            => type.IsGenericType && type.GetInterfaces().Any(face => face.Name is "IEnumerable") ? type.GetGenericArguments()[0] : null;

        private static string Camel(string name) => JsonNamingPolicy.CamelCase.ConvertName(name);
    }
}
