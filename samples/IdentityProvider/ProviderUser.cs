using System.Text.Json.Serialization;

namespace IdentityProvider;

/// <summary>A user as the provider lists it.</summary>
public sealed record ProviderUser(
    [property: JsonPropertyName("user_id")] string UserId,
    [property: JsonPropertyName("email")] string? Email);

/// <summary>A page of users.</summary>
internal sealed record ProviderPage([property: JsonPropertyName("users")] IReadOnlyList<ProviderUser>? Users);
