using System.Globalization;
using System.Reflection;
using System.Xml.Linq;

namespace FloworxPurge.Tests.Kit;

/// <summary>What the documentation file beside an assembly says about its members.</summary>
internal sealed class XmlDocs
{
    private readonly Dictionary<string, XElement> _members;

    /// <summary>Reads the files of the assembly and of those that its comments may be inherited from.</summary>
    public XmlDocs(params Assembly[] assemblies)
        => _members = assemblies
            .SelectMany(assembly => XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member"))
            .DistinctBy(member => member.Attribute("name")!.Value, StringComparer.Ordinal) // A file that two packages share is in both.
            .ToDictionary(member => member.Attribute("name")!.Value, StringComparer.Ordinal);

    /// <summary>The member's own comment, or the one that it inherits; null when there is none.</summary>
    public XElement? Of(MemberInfo member)
    {
        XElement? own = _members.GetValueOrDefault(Id(member));
        return own?.Element("inheritdoc") is not { } inherit ? own
            : inherit.Attribute("cref") is { } reference ? _members.GetValueOrDefault(reference.Value)
            : Above(member).Select(Of).FirstOrDefault(doc => doc is not null);
    }

    /// <summary>The text of an element of a comment; empty when there is none.</summary>
    public static string Text(XElement? doc, string element, string? name = null)
        => doc?.Elements(element).FirstOrDefault(e => name is null || e.Attribute("name")?.Value == name)?.Value.Trim() ?? "";

    private static IEnumerable<MemberInfo> Above(MemberInfo member)
    {
        Type type = member.DeclaringType!;
        IEnumerable<Type> bases = type.GetInterfaces().Concat(type.BaseType is { } parent ? [parent] : Type.EmptyTypes);
        return bases.SelectMany(other => other.GetMember(member.Name))
            .Where(other => Parameters(other).SequenceEqual(Parameters(member), StringComparer.Ordinal));
    }

    private static string Id(MemberInfo member) => member switch
    {
        Type type => "T:" + Name(type),
        FieldInfo field => $"F:{Name(field.DeclaringType!)}.{field.Name}",
        PropertyInfo property => $"P:{Name(property.DeclaringType!)}.{property.Name}",
        MethodBase method => $"M:{Name(method.DeclaringType!)}.{method.Name.Replace('.', '#')}{Generic(method)}{(method.GetParameters().Length == 0 ? "" : $"({string.Join(",", Parameters(method))})")}",
        _ => throw new ArgumentException($"{member} is no member that is documented.", nameof(member)),
    };

    private static string Generic(MethodBase method)
        => method.IsGenericMethod ? string.Create(CultureInfo.InvariantCulture, $"``{method.GetGenericArguments().Length}") : "";

    private static IEnumerable<string> Parameters(MemberInfo member)
        => member is MethodBase method ? method.GetParameters().Select(parameter => Name(parameter.ParameterType)) : [];

    private static string Name(Type type)
        => type.IsGenericMethodParameter ? string.Create(CultureInfo.InvariantCulture, $"``{type.GenericParameterPosition}")
            : type.IsGenericTypeParameter ? string.Create(CultureInfo.InvariantCulture, $"`{type.GenericParameterPosition}")
            : type.IsArray ? Name(type.GetElementType()!) + "[]"
            : type is { IsGenericType: true, IsGenericTypeDefinition: false } ? $"{type.GetGenericTypeDefinition().FullName!.Split('`')[0].Replace('+', '.')}{{{string.Join(",", type.GetGenericArguments().Select(Name))}}}"
            : type.FullName!.Replace('+', '.');
}
