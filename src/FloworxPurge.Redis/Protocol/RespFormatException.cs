namespace FloworxPurge.Redis.Protocol;

/// <summary>What a peer sent is not RESP, or is more than the limits allow.</summary>
internal sealed class RespFormatException(string message) : Exception(message);
