using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using FloworxPurge.Planning;
using FloworxPurge.Schema;

namespace FloworxPurge.CommandLine.Consent;

/// <summary>
/// A text that approves one plan for one database until a point in time: version, expiry, the plan's fingerprint, a hash of the database's identity, and
/// an HMAC-SHA256 over all of it.
/// </summary>
internal static class ApprovalToken
{
    private const byte Version = 1;
    private const int PlanAt = 1 + sizeof(long);
    private const int DatabaseAt = PlanAt + SHA256.HashSizeInBytes;
    private const int BodyLength = DatabaseAt + SHA256.HashSizeInBytes;

    private static readonly byte[] Purpose = "FloworxPurge approval\0"u8.ToArray();

    /// <summary>Makes the token.</summary>
    public static string Create(PurgePlan plan, DateTimeOffset expiresAt, byte[] key)
    {
        byte[] token = new byte[BodyLength + HMACSHA256.HashSizeInBytes];
        token[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(token.AsSpan(1), expiresAt.ToUnixTimeSeconds());
        Convert.FromHexString(plan.Fingerprint).CopyTo(token, PlanAt);
        HashOf(plan.Database).CopyTo(token, DatabaseAt);
        Sign(token.AsSpan(0, BodyLength), key).CopyTo(token, BodyLength);
        return Base64Url.EncodeToString(token);
    }

    /// <summary>Why the token does not approve the plan, or null when it does; then it also says until when.</summary>
    public static string? RefusalOf(string text, PurgePlan plan, DateTimeOffset now, byte[] key, out DateTimeOffset expiresAt)
    {
        expiresAt = default;
        byte[] token;
        try
        {
            token = Base64Url.DecodeFromChars(text.Trim());
        }
        catch (FormatException)
        {
            token = [];
        }

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
            return $"it was made for another database than \"{plan.Database.Database}\" on {plan.Database.Server}. Make a dry run against this one.";
        }

        if (!CryptographicOperations.FixedTimeEquals(Convert.FromHexString(plan.Fingerprint), token.AsSpan(PlanAt, SHA256.HashSizeInBytes)))
        {
            return "it was made for another plan: the structure of the database, the model or the options have changed since. Make a dry run with the same options, and look at it.";
        }

        expiresAt = DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadInt64BigEndian(token.AsSpan(1)));
        return now < expiresAt ? null : $"it expired at {Words.Time(expiresAt)}. Make a new dry run.";
    }

    private static byte[] Sign(ReadOnlySpan<byte> body, byte[] key)
    {
        byte[] signed = [.. Purpose, .. body];
        return HMACSHA256.HashData(key, signed);
    }

    // Lengths keep two parts from looking like one.
    private static byte[] HashOf(DatabaseIdentity database)
    {
        string[] parts = [database.Provider, database.Server, database.Database, database.DatabaseId ?? string.Empty];
        return SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(parts.Select(part => $"{Words.Number(part.Length)}:{part}"))));
    }
}
