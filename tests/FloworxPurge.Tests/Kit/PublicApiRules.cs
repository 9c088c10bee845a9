using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace FloworxPurge.Tests.Kit;

/// <summary>
/// What holds for every public member of a package, as far as a machine can tell. Each rule gives the members that break it.
/// </summary>
internal static class PublicApiRules
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Types and members without a summary, and parameters, type parameters and answers of which nothing is said.</summary>
    public static IReadOnlyList<string> Undocumented(Assembly assembly, XmlDocs docs)
    {
        List<string> missing = [];
        foreach (Type type in Exported(assembly))
        {
            Demand(type, docs.Of(type), "summary", name: null);
            foreach (MemberInfo member in Members(type).Where(member => !IsOfRecord(type, member)))
            {
                XElement? doc = docs.Of(member);
                Demand(member, doc, "summary", name: null);
                foreach (ParameterInfo parameter in (member as MethodBase)?.GetParameters() ?? [])
                {
                    Demand(member, doc, "param", parameter.Name);
                }

                foreach (Type argument in member is MethodInfo { IsGenericMethod: true } generic ? generic.GetGenericArguments() : [])
                {
                    Demand(member, doc, "typeparam", argument.Name);
                }

                if (member is MethodInfo method && method.ReturnType != typeof(void))
                {
                    Demand(member, doc, "returns", name: null);
                }
            }

            // What a record takes is said once, of its parameters.
            foreach (ParameterInfo parameter in PrimaryParameters(type))
            {
                Demand(type, docs.Of(type), "param", parameter.Name);
            }
        }

        return missing;

        void Demand(MemberInfo member, XElement? doc, string element, string? name)
        {
            if (XmlDocs.Text(doc, element, name).Length == 0)
            {
                missing.Add($"{NameOf(member)}: no <{element}>{(name is null ? "" : " of " + name)}");
            }
        }
    }

    /// <summary>Settable properties of the types that do not say what they are when nobody sets them.</summary>
    public static IReadOnlyList<string> WithoutDefault(XmlDocs docs, params Type[] options)
        => [.. options.SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(property => property.SetMethod?.IsPublic == true)
            .Where(property =>
                !Regex.IsMatch(
                    XmlDocs.Text(docs.Of(property), "summary"),
                    @"\bDefault:|\bThe\s+default(?:\s+value)?\s+is\b|\(the default\)",
                    RegexOptions.None,
                    TimeSpan.FromSeconds(1)))
            .Select(NameOf)];

    /// <summary>Methods that throw what their comments do not tell.</summary>
    public static IReadOnlyList<string> UndocumentedExceptions(Assembly assembly, XmlDocs docs)
        => [.. Exported(assembly).SelectMany(Members).OfType<MethodBase>().SelectMany(method => Untold(method, docs.Of(method)))];

    /// <summary>
    /// Methods of which a caller could read <c>true</c> and not know what for. Of a record it is the property's name. An
    /// <c>isRequired</c> that is last and has a default is written by its name.
    /// </summary>
    public static IReadOnlyList<string> BooleanTraps(Assembly assembly)
        => [.. Exported(assembly).SelectMany(type => Members(type).Where(member => !IsOfRecord(type, member))).OfType<MethodBase>()
            .Where(method =>
                method.GetParameters().Any(parameter => parameter is not { Name: "isRequired", HasDefaultValue: true }
                    && (Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType) == typeof(bool)))
            .Select(NameOf)];

    /// <summary>
    /// Records whose properties are parameters of their constructor: one property more would break whoever creates or takes one apart.
    /// </summary>
    public static IReadOnlyList<string> PositionalRecords(Assembly assembly)
        => [.. assembly.GetExportedTypes().Where(type => PrimaryParameters(type).Length > 0).Select(NameOf)];

    /// <summary>Methods that work in the background and cannot be stopped, or not in the usual way.</summary>
    public static IReadOnlyList<string> NotCancellable(Assembly assembly)
        => [.. Exported(assembly).SelectMany(Members).OfType<MethodInfo>()
            .Where(method =>
                method.ReturnType.GetMethod(nameof(Task.GetAwaiter)) is not null && method.Name is not nameof(IAsyncDisposable.DisposeAsync))
            .Where(method =>
                method.GetParameters().LastOrDefault() is not { HasDefaultValue: true, Name: "cancellationToken" } last || last.ParameterType != typeof(CancellationToken))
            .Select(NameOf)];

    private static IEnumerable<string> Untold(MethodBase method, XElement? doc)
    {
        string[] told = [.. doc?
            .Elements("exception")
            .Where(e => e.Value.Trim().Length > 0)
            .Select(e => e.Attribute("cref")!.Value[2..]) ?? []];
        return ThrownExceptions.Of(method)
            .Where(thrown => !Lineage(thrown).Any(type => told.Contains(type.FullName, StringComparer.Ordinal)))
            .Select(thrown => $"{NameOf(method)}: {thrown.Name}");
    }

    private static IEnumerable<Type> Lineage(Type type)
    {
        for (Type? next = type; next is not null && next != typeof(Exception); next = next.BaseType)
        {
            yield return next;
        }
    }

    /// <summary>The members that a user or who derives from the type sees, without what the compiler writes.</summary>
    /// <summary>The public types that are written in code; the compiler makes others for extension blocks.</summary>
    public static IEnumerable<Type> Exported(Assembly assembly)
        => assembly.GetExportedTypes().Where(type => !type.FullName!.Contains('<', StringComparison.Ordinal));

    /// <summary>Whether the method is the getter of an extension property, whose documentation is that of the property.</summary>
    public static bool IsOfExtensionProperty(MethodBase method)
        => method is { IsStatic: true, IsSpecialName: false }
            && method.Name.StartsWith("get_", StringComparison.Ordinal)
            && method.GetParameters().Length == 1;

    private static IEnumerable<MemberInfo> Members(Type type)
        => type.GetMembers(Declared).Where(member => member switch
        {
            FieldInfo field => field is { IsPublic: true, IsSpecialName: false },
            PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsVisible)
                && !property.IsDefined(typeof(CompilerGeneratedAttribute)),
            ConstructorInfo constructor => IsVisible(constructor)
                && !constructor.IsDefined(typeof(CompilerGeneratedAttribute))
                && constructor.GetParameters().Length + (HasDocumentedConstructor(type) ? 1 : 0) > 0,
            MethodInfo method => IsVisible(method)
                && !method.IsSpecialName
                && !method.IsDefined(typeof(CompilerGeneratedAttribute))
                && !method.Name.StartsWith('<')
                && !IsOfExtensionProperty(method),
            _ => false,
        });

    // One that nobody wrote has no place for a comment.
    private static bool HasDocumentedConstructor(Type type)
        => type.GetConstructors(Declared).Count(constructor => !constructor.IsStatic) > 1;

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null;

    private static bool IsOfRecord(Type type, MemberInfo member)
        => IsRecord(type) && ((member is ConstructorInfo constructor && (PrimaryParameters(type).Length > 0 || constructor.GetParameters().Length == 0))
            || PrimaryParameters(type).Any(parameter => member is PropertyInfo && parameter.Name == member.Name));

    private static ParameterInfo[] PrimaryParameters(Type type)
        => !IsRecord(type) ? []
            : type.GetConstructors().Select(constructor => constructor.GetParameters())
                .FirstOrDefault(
                    parameters => parameters.Length > 0 && parameters.All(parameter => type.GetProperty(parameter.Name!) is not null))
                    ?? [];

    private static string NameOf(MemberInfo member)
        => member is Type type
            ? type.Name
            : $"{member.DeclaringType!.Name}.{member.Name}{(member is MethodBase method ? $"({string.Join(", ", method.GetParameters().Select(parameter => parameter.ParameterType.Name))})" : "")}";
}
