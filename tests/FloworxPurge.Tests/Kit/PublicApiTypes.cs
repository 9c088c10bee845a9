using System.Globalization;
using System.Reflection;

namespace FloworxPurge.Tests.Kit;

/// <summary>The names of types and the values of constants, as C# writes them.</summary>
internal static class PublicApiTypes
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(double)] = "double",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
    };

    public static string Name(Type type) => Name(type, nullability: null);

    /// <summary>The name with its question marks.</summary>
    public static string Name(NullabilityInfo nullability) => Name(nullability.Type, nullability);

    public static string Value(object? value, Type type) => value switch
    {
        null when type.IsValueType && Nullable.GetUnderlyingType(type) is null => "default",
        null => "null",
        bool flag => flag ? "true" : "false",
        string text => $"\"{text}\"",
        Enum member => $"{Name(type)}.{member}",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Name(Type type, NullabilityInfo? nullability)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Name(underlying) + "?";
        }

        string mark = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
        {
            return Name(type.GetElementType()!, nullability?.ElementType) + "[]" + mark;
        }

        string name = Keywords.TryGetValue(type, out string? keyword) ? keyword : type.Name.Split('`')[0];
        if (type.IsGenericType)
        {
            Type[] arguments = type.GetGenericArguments();
            name += $"<{string.Join(", ", arguments.Select((argument, i) => Name(argument, nullability?.GenericTypeArguments.ElementAtOrDefault(i))))}>";
        }

        return name + mark;
    }
}
