using System.Data;
using System.Globalization;

namespace FloworxPurge;

/// <summary>A typed value of a statement, as data: it is written to JSON with the plan and read back without loss.</summary>
public sealed record PlanParameter
{
    /// <summary>Gets the type that the value is sent as. <see cref="DbType.Object"/> leaves the type of a NULL to the driver.</summary>
    public required DbType Type { get; init; }

    /// <summary>
    /// Gets the value as text of the invariant culture, from which the same value is read again; Base64 for <see cref="DbType.Binary"/>,
    /// and <see langword="null"/> for NULL.
    /// </summary>
    public required string? Value { get; init; }

    /// <summary>Gets the name of <see cref="Type"/>, for stages that use no connection.</summary>
    internal string TypeName => Type.ToString();

    /// <summary>Creates a parameter from a value.</summary>
    /// <param name="value">
    /// A string, a <see cref="bool"/>, an integer, a <see cref="decimal"/>, a <see cref="float"/>, a <see cref="double"/>, a
    /// <see cref="Guid"/>, a <see cref="DateTime"/>, a <see cref="DateTimeOffset"/>, a <see cref="DateOnly"/>, a <see cref="TimeOnly"/>, an
    /// array of bytes, an enum (sent as its number), or <see langword="null"/>.
    /// </param>
    /// <returns>
    /// The parameter. A <see cref="DateTime"/> in UTC gets <see cref="DbType.DateTime"/>, and any other <see cref="DbType.DateTime2"/>.
    /// </returns>
    /// <exception cref="ArgumentException">The value is of another type.</exception>
    public static PlanParameter Of(object? value) => value switch
    {
        null or DBNull => new() { Type = DbType.Object, Value = null },
        Enum e => Of(Convert.ChangeType(e, Enum.GetUnderlyingType(e.GetType()), CultureInfo.InvariantCulture)),
        string text => new() { Type = DbType.String, Value = text },
        bool yes => new() { Type = DbType.Boolean, Value = yes ? "true" : "false" },
        sbyte number => Number(DbType.SByte, number),
        byte number => Number(DbType.Byte, number),
        short number => Number(DbType.Int16, number),
        ushort number => Number(DbType.UInt16, number),
        int number => Number(DbType.Int32, number),
        uint number => Number(DbType.UInt32, number),
        long number => Number(DbType.Int64, number),
        ulong number => Number(DbType.UInt64, number),
        decimal number => Number(DbType.Decimal, number),
        float number => Number(DbType.Single, number),
        double number => Number(DbType.Double, number),
        Guid id => new() { Type = DbType.Guid, Value = id.ToString("D") },
        DateTime time => new() { Type = time.Kind == DateTimeKind.Utc ? DbType.DateTime : DbType.DateTime2, Value = RoundTrip(time) },
        DateTimeOffset time => new() { Type = DbType.DateTimeOffset, Value = RoundTrip(time) },
        DateOnly date => new() { Type = DbType.Date, Value = RoundTrip(date) },
        TimeOnly time => new() { Type = DbType.Time, Value = RoundTrip(time) },
        byte[] bytes => new() { Type = DbType.Binary, Value = Convert.ToBase64String(bytes) },
        _ => throw new ArgumentException(
            $"A value of type {value.GetType()} cannot be a parameter. Use a string, bool, integer, decimal, float, double, Guid, "
                + $"DateTime, DateTimeOffset, "
                + "DateOnly, TimeOnly, byte[], an enum or null.",
            nameof(value)),
    };

    /// <summary>Reads the value.</summary>
    /// <returns>The value that <see cref="Of"/> received, an enum as its number; <see langword="null"/> for NULL.</returns>
    /// <exception cref="FormatException"><see cref="Value"/> is no text of a value of <see cref="Type"/>.</exception>
    /// <exception cref="OverflowException"><see cref="Value"/> is a number that <see cref="Type"/> cannot hold.</exception>
    /// <exception cref="NotSupportedException"><see cref="Of"/> gives no parameter of <see cref="Type"/>.</exception>
    public object? ToValue() => Value is not { } text ? null : Type switch
    {
        DbType.String => text,
        DbType.Boolean => bool.Parse(text),
        DbType.SByte => sbyte.Parse(text, CultureInfo.InvariantCulture),
        DbType.Byte => byte.Parse(text, CultureInfo.InvariantCulture),
        DbType.Int16 => short.Parse(text, CultureInfo.InvariantCulture),
        DbType.UInt16 => ushort.Parse(text, CultureInfo.InvariantCulture),
        DbType.Int32 => int.Parse(text, CultureInfo.InvariantCulture),
        DbType.UInt32 => uint.Parse(text, CultureInfo.InvariantCulture),
        DbType.Int64 => long.Parse(text, CultureInfo.InvariantCulture),
        DbType.UInt64 => ulong.Parse(text, CultureInfo.InvariantCulture),
        DbType.Decimal => decimal.Parse(text, CultureInfo.InvariantCulture),
        DbType.Single => float.Parse(text, CultureInfo.InvariantCulture),
        DbType.Double => double.Parse(text, CultureInfo.InvariantCulture),
        DbType.Guid => Guid.ParseExact(text, "D"),
        DbType.DateTime or DbType.DateTime2 => DateTime.ParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind),
        DbType.DateTimeOffset => DateTimeOffset.ParseExact(text, "O", CultureInfo.InvariantCulture),
        DbType.Date => DateOnly.ParseExact(text, "O", CultureInfo.InvariantCulture),
        DbType.Time => TimeOnly.ParseExact(text, "O", CultureInfo.InvariantCulture),
        DbType.Binary => Convert.FromBase64String(text),
        _ => throw new NotSupportedException($"A parameter of type {Type} cannot be read."),
    };

    /// <summary>
    /// The value as a literal of a script: a number as it is, everything else in quotes. Dates are written as the engines' shells write
    /// them, since SQLite compares them as text.
    /// </summary>
    internal string ToLiteral() => ToValue() switch
    {
        null => "NULL",
        bool yes => yes ? "TRUE" : "FALSE",
        DateTime time => Quoted(
            time.ToString(
                time.Kind == DateTimeKind.Utc
                    ? "yyyy-MM-dd HH:mm:ss.FFFFFFF'Z'"
                    : "yyyy-MM-dd HH:mm:ss.FFFFFFF",
                CultureInfo.InvariantCulture)),
        DateTimeOffset time => Quoted(time.ToString("yyyy-MM-dd HH:mm:ss.FFFFFFFzzz", CultureInfo.InvariantCulture)),
        TimeOnly time => Quoted(time.ToString("HH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture)),
        byte[] bytes => $"X'{Convert.ToHexString(bytes)}'",
        string or Guid or DateOnly => Quoted(Value!),
        _ => Value!,
    };

    private static string Quoted(string text) => "'" + text.Replace("'", "''", StringComparison.Ordinal) + "'";

    private static PlanParameter Number(DbType type, IFormattable number)
        => new()
        {
            Type = type,
            Value = number.ToString(type is DbType.Single or DbType.Double ? "R" : null, CultureInfo.InvariantCulture),
        };

    private static string RoundTrip(IFormattable value) => value.ToString("O", CultureInfo.InvariantCulture);
}
