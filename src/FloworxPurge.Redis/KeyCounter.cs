using System.Buffers.Binary;
using System.Security.Cryptography;

namespace FloworxPurge.Redis;

/// <summary>Counts distinct keys: SCAN may give the same one twice.</summary>
internal sealed class KeyCounter(int maximum)
{
    // 128 bits of a cryptographic hash distinguish any two keys of any length, and take the same small amount of memory.
    private readonly HashSet<UInt128> _seen = [];

    /// <summary>The distinct keys so far; null once there are more than the maximum.</summary>
    public long? Count => _seen.Count > maximum ? null : _seen.Count;

    /// <summary>Takes note of a key.</summary>
    public void Add(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        _seen.Add(BinaryPrimitives.ReadUInt128LittleEndian(hash));
    }
}
