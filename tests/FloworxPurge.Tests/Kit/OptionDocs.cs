using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FloworxPurge.Tests.Kit;

/// <summary>Options in the code, in their XML documentation and in the table of a page: all three must agree.</summary>
public static partial class OptionDocs
{
    /// <summary>
    /// The table names every option of the type, and no other; its last column says the default of every property, which is the one that
    /// the property has.
    /// </summary>
    public static void AssertMatch<T>(T defaults, IReadOnlyList<string[]> table)
        where T : class
    {
        PropertyInfo[] properties = [.. typeof(T)
            .GetProperties()
            .Where(property => property.SetMethod?.IsPublic == true && !property.IsDefined(typeof(EditorBrowsableAttribute)))];
        IEnumerable<string> methods = typeof(T)
            .GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => !method.IsSpecialName && method.ReturnType == typeof(T))
            .Select(method => method.Name);
        Assert.Equal(
            properties.Select(property => property.Name).Concat(methods).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            table.SelectMany(row => Page.Codes(row[0])).Order(StringComparer.Ordinal));

        Assert.All(properties, property =>
        {
            string documented = DefaultOf(property);
            Assert.Equal(documented, Assert.Single(table, row => Page.Codes(row[0]).Contains(property.Name, StringComparer.Ordinal))[^1]);
            Assert.Equal(Spoken(property.GetValue(defaults)), documented.Split(", ")[0]);
        });
    }

    /// <summary>What the documentation says after "The default value is", up to the end of that clause.</summary>
    private static string DefaultOf(PropertyInfo property)
    {
        string summary = SummaryOf($"P:{property.DeclaringType!.FullName}.{property.Name}", property.DeclaringType.Assembly);
        Match match = DefaultClause().Match(summary);
        Assert.True(match.Success, $"The documentation of {property.Name} says no default: {summary}");
        return match.Groups["default"].Value;
    }

    private static string SummaryOf(string id, Assembly assembly)
    {
        XElement member = XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml"))
            .Descendants("member")
            .Single(element => element.Attribute("name")!.Value == id);
        return member.Element("inheritdoc") is { } inherited
            ? SummaryOf(inherited.Attribute("cref")!.Value, assembly)
            : Blanks().Replace(string.Concat(member.Element("summary")!.Nodes().Select(node => Text(node, id))), " ").Trim();
    }

    private static string Text(XNode node, string owner) => node switch
    {
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement element when element.Attribute("langword") is { } word => $"`{word.Value}`",
        XElement element when element.Attribute("cref") is { } reference => $"`{Shortened(reference.Value, owner)}`",
        _ => node.ToString(),
    };

    /// <summary>A type, a constant and an option beside this one go by their own names, any other member with its type's.</summary>
    private static string Shortened(string reference, string owner)
    {
        string[] parts = reference[2..].Split('.');
        return reference[0] is 'T' or 'F' || owner.Contains($".{parts[^2]}.", StringComparison.Ordinal)
            ? parts[^1]
            : $"{parts[^2]}.{parts[^1]}";
    }

    private static string Spoken(object? value) => value switch
    {
        null => "`null`",
        bool flag => flag ? "`true`" : "`false`",
        TimeSpan { TotalHours: >= 1 } time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours} hour"),
        TimeSpan time => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds} seconds"),
        int number => number.ToString(CultureInfo.InvariantCulture),
        Enum or string => $"`{value}`",
        _ when ReferenceEquals(value, TimeProvider.System) => "`TimeProvider.System`",
        _ when value.Equals(Activator.CreateInstance(value.GetType())) => "empty",
        _ => throw new NotSupportedException($"There is no word for a default such as {value}."),
    };

    [GeneratedRegex(
        @"(Default:|The default( value)? is) (?<default>.+?)(?=[.:;](\s|$))",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex DefaultClause();

    [GeneratedRegex(@"\s+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Blanks();
}
