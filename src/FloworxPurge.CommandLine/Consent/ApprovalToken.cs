using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace FloworxPurge.CommandLine.Consent;

/// <summary>
/// A text that approves one run of one plan for one database with the rows that were counted there, until a point in time: version, expiry,
/// the plan's fingerprint, a hash of the database's identity, a hash of the rows of each table, and an HMAC-SHA256 over all of it.
/// </summary>
internal static class ApprovalToken
{
    private const byte Version = 2;
    private const int PlanAt = 1 + sizeof(long);
    private const int DatabaseAt = PlanAt + SHA256.HashSizeInBytes;
    private const int RowsAt = DatabaseAt + SHA256.HashSizeInBytes;
    private const int BodyLength = RowsAt + SHA256.HashSizeInBytes;

    private static readonly byte[] Purpose = "FloworxPurge approval\0"u8.ToArray();

    /// <summary>Makes the token.</summary>
    public static string Create(PurgePlan plan, DateTimeOffset expiresAt, byte[] key)
    {
        byte[] token = new byte[BodyLength + HMACSHA256.HashSizeInBytes];
        token[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(token.AsSpan(1), expiresAt.ToUnixTimeSeconds());
        Convert.FromHexString(plan.Fingerprint).CopyTo(token, PlanAt);
        HashOf(plan.Database).CopyTo(token, DatabaseAt);
        HashOf(plan.Tables).CopyTo(token, RowsAt);
        Sign(token.AsSpan(0, BodyLength), key).CopyTo(token, BodyLength);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Returns why the token does not approve the plan, or null when it does; then also the time when it expires.</summary>
    public static string? RefusalOf(string text, PurgePlan plan, DateTimeOffset now, byte[] key, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        byte[] token = Decode(text);
        if (token.Length != BodyLength + HMACSHA256.HashSizeInBytes || token[0] != Version)
        {
            return "it is no approval token, or not a whole one. Copy all of what the dry run printed after --approve.";
        }

        if (!CryptographicOperations.FixedTimeEquals(Sign(token.AsSpan(0, BodyLength), key), token.AsSpan(BodyLength)))
        {
            return "it was changed, or made with another key. Make a dry run with this host.";
        }

        if (!CryptographicOperations.FixedTimeEquals(HashOf(plan.Database), token.AsSpan(DatabaseAt, SHA256.HashSizeInBytes)))
        {
            return $"it was made for another database than \"{plan.Database.Database}\" on {plan.Database.Server}. Make a dry run against "
                + $"this one.";
        }

        if (!CryptographicOperations.FixedTimeEquals(Convert.FromHexString(plan.Fingerprint), token.AsSpan(PlanAt, SHA256.HashSizeInBytes)))
        {
            return "it was made for another plan: the structure of the database, the model or the options have changed since. Make a dry "
                + "run with the same options, and look at it.";
        }

        expiresAt = ExpiryOf(token);
        return now >= expiresAt ? $"it expired at {Words.Time(expiresAt)}. Make a new dry run."
            : !CryptographicOperations.FixedTimeEquals(HashOf(plan.Tables), token.AsSpan(RowsAt, SHA256.HashSizeInBytes))
                ? "it was made for other numbers of rows: rows were added or deleted since, or it was used already. "
                    + "Make a new dry run, and look at it."
            : null;
    }

    /// <summary>The key of the one run that a valid token is good for. The token cannot be made from it.</summary>
    public static string RunKeyOf(string text)
        => $"approval {Convert.ToHexStringLower(SHA256.HashData(Decode(text).AsSpan(BodyLength)))}";

    private static byte[] Decode(string text)
    {
        try
        {
            return Base64Url.DecodeFromChars(text.Trim());
        }
        catch (FormatException)
        {
            return [];
        }
    }

    private static DateTimeOffset ExpiryOf(byte[] token)
        => DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(token.AsSpan(1)));

    private static byte[] Sign(ReadOnlySpan<byte> body, byte[] key)
    {
        byte[] signed = [.. Purpose, .. body];
        return HMACSHA256.HashData(key, signed);
    }

    private static byte[] HashOf(DatabaseIdentity database)
        => HashOf([database.Provider, database.Server, database.Database, database.DatabaseId ?? string.Empty]);

    private static byte[] HashOf(IEnumerable<PlanTable> tables)
        => HashOf(
            [
                .. tables.OrderBy(table => table.Table)
                    .SelectMany(table => new[] { table.Table.ToQuotedString(), table.Rows is { } rows ? Words.Number(rows) : "?" })
            ]);

    // Lengths keep two parts from looking like one.
    private static byte[] HashOf(string[] parts)
        => SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Select(part => $"{Words.Number(part.Length)}:{part}"))));
}
