using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace FloworxPurge.Tests.Kit;

/// <summary>Writes the public types of an assembly, much as C# declares them, in ordinal order.</summary>
public static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>The whole public surface.</summary>
    public static string Write(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (IGrouping<string?, Type> types in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).GroupBy(type => type.Namespace))
        {
            text.Append(text.Length == 0 ? "" : "\n").Append("namespace ").Append(types.Key).Append('\n');
            foreach (Type type in types)
            {
                text.Append("\n    ").Append(TypeHead(type)).Append('\n');
                foreach (string member in Members(type))
                {
                    text.Append("        ").Append(member).Append('\n');
                }
            }
        }

        return text.ToString();
    }

    private static string TypeHead(Type type)
    {
        if (type.IsEnum)
        {
            return $"public enum {PublicApiTypes.Name(type)} : {PublicApiTypes.Name(Enum.GetUnderlyingType(type))}";
        }

        bool isRecord = IsRecord(type);
        string modifiers = type.IsInterface ? "" : type is { IsAbstract: true, IsSealed: true } ? "static " : type.IsAbstract ? "abstract " : type is { IsSealed: true, IsValueType: false } ? "sealed " : "";
        string kind = type.IsInterface ? "interface" : type.IsValueType ? "struct" : isRecord ? "record" : "class";
        IEnumerable<string> bases = type.GetInterfaces()
            .Except(type.BaseType?.GetInterfaces() ?? [])
            .Where(other => other.IsPublic && !(isRecord && other.IsGenericType && other.GetGenericTypeDefinition() == typeof(IEquatable<>)))
            .Select(PublicApiTypes.Name)
            .Order(StringComparer.Ordinal);
        if (type.BaseType is { } baseType && baseType != typeof(object) && baseType != typeof(ValueType))
        {
            bases = bases.Prepend(PublicApiTypes.Name(baseType));
        }

        string list = string.Join(", ", bases);
        return $"public {modifiers}{kind} {PublicApiTypes.Name(type)}{(list.Length == 0 ? "" : " : " + list)}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>()
                .Select(value => string.Create(CultureInfo.InvariantCulture, $"{value} = {Convert.ToInt64(value, CultureInfo.InvariantCulture)},"));
        }

        return
        [
            .. type.GetFields(Declared).Where(field => IsVisible(field.Attributes)).OrderBy(field => field.Name, StringComparer.Ordinal).Select(Field),
            .. type.GetConstructors(Declared).Where(IsVisible).Where(constructor => !IsCopy(type, constructor)).Select(constructor => $"{Access(constructor)} {Bare(type)}({Parameters(constructor)})").Order(StringComparer.Ordinal),
            .. type.GetProperties(Declared).Where(property => property.GetAccessors(nonPublic: true).Any(IsVisible)).OrderBy(property => property.Name, StringComparer.Ordinal).Select(Property),
            .. type.GetEvents(Declared).Where(e => IsVisible(e.AddMethod!)).Select(e => $"public event {PublicApiTypes.Name(e.EventHandlerType!)} {e.Name}").Order(StringComparer.Ordinal),
            .. type.GetMethods(Declared).Where(IsVisible).Where(method => !method.IsSpecialName && !IsWrittenByTheCompiler(type, method)).OrderBy(method => method.Name, StringComparer.Ordinal).ThenBy(Parameters, StringComparer.Ordinal).ThenBy(method => method.IsGenericMethod).Select(Method),
        ];
    }

    private static string Field(FieldInfo field)
        => field.IsLiteral
            ? $"public const {PublicApiTypes.Name(field.FieldType)} {field.Name} = {PublicApiTypes.Value(field.GetRawConstantValue(), field.FieldType)}"
            : $"public {(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{PublicApiTypes.Name(new NullabilityInfoContext().Create(field))} {field.Name}";

    private static string Property(PropertyInfo property)
    {
        MethodInfo any = property.GetAccessors(nonPublic: true).First(IsVisible);
        string get = property.GetMethod is { } getter && IsVisible(getter) ? "get; " : "";
        string set = property.SetMethod is not { } setter || !IsVisible(setter) ? ""
            : setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) ? "init; "
            : "set; ";
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        return $"{Access(any)} {Modifiers(any)}{required}{PublicApiTypes.Name(new NullabilityInfoContext().Create(property))} {property.Name} {{ {get}{set}}}";
    }

    private static string Method(MethodInfo method)
    {
        string generics = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name))}>" : "";
        string constraints = string.Concat(method.IsGenericMethod
            ? method.GetGenericArguments().Where(argument => Constraints(argument).Any()).Select(argument => $" where {argument.Name} : {string.Join(", ", Constraints(argument))}")
            : []);
        return $"{Access(method)} {Modifiers(method)}{PublicApiTypes.Name(new NullabilityInfoContext().Create(method.ReturnParameter))} {method.Name}{generics}({Parameters(method)}){constraints}";
    }

    private static IEnumerable<string> Constraints(Type argument)
        => (argument.GenericParameterAttributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint) ? ["class"] : Array.Empty<string>())
            .Concat(argument.GetGenericParameterConstraints().Select(PublicApiTypes.Name));

    private static string Parameters(MethodBase method)
        => (method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "") + string.Join(", ", method.GetParameters().Select(parameter =>
            $"{(parameter.IsDefined(typeof(ParamArrayAttribute)) ? "params " : "")}{PublicApiTypes.Name(new NullabilityInfoContext().Create(parameter))} {parameter.Name}{(parameter.HasDefaultValue ? " = " + PublicApiTypes.Value(parameter.DefaultValue, parameter.ParameterType) : "")}"));

    private static string Modifiers(MethodInfo method)
        => method.DeclaringType!.IsInterface ? method.IsAbstract ? "" : "virtual "
            : method.IsStatic ? "static "
            : method.GetBaseDefinition().DeclaringType != method.DeclaringType ? "override "
            : method.IsAbstract ? "abstract "
            : method is { IsVirtual: true, IsFinal: false } ? "virtual "
            : "";

    private static string Access(MethodBase method) => method.IsPublic ? "public" : "protected";

    private static string Bare(Type type) => type.Name.Split('`')[0];

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldAttributes attributes) => (attributes & FieldAttributes.FieldAccessMask) is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null;

    private static bool IsCopy(Type type, ConstructorInfo constructor)
        => IsRecord(type) && constructor.GetParameters() is [var only] && only.ParameterType == type;

    // What every record has says nothing about this one.
    private static bool IsWrittenByTheCompiler(Type type, MethodInfo method)
        => method.Name.StartsWith('<') || (IsRecord(type) && method.IsDefined(typeof(CompilerGeneratedAttribute)));
}
