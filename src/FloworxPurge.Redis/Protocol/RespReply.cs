namespace FloworxPurge.Redis.Protocol;

/// <summary>What kind of value a reply is.</summary>
internal enum RespKind
{
    Status,
    Error,
    Integer,
    Bulk,
    Array,
    Null,
}

/// <summary>One value that a server replied.</summary>
/// <param name="Kind">What kind of value it is.</param>
/// <param name="Number">The value of an integer.</param>
/// <param name="Bytes">The bytes of a status, an error or a string.</param>
/// <param name="Items">The values of an array.</param>
internal sealed record RespReply(RespKind Kind, long Number, ReadOnlyMemory<byte> Bytes, IReadOnlyList<RespReply> Items)
{
    public static readonly RespReply Null = new(RespKind.Null, 0, default, []);

    public static RespReply OfBytes(RespKind kind, ReadOnlyMemory<byte> bytes) => new(kind, 0, bytes, []);

    public static RespReply OfNumber(long number) => new(RespKind.Integer, number, default, []);

    public static RespReply OfItems(IReadOnlyList<RespReply> items) => new(RespKind.Array, 0, default, items);
}
