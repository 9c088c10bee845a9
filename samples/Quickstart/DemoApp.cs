using System.Text.Json;
using FloworxPurge.Samples;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Quickstart;

/// <summary>The application whose database is purged, as far as the checks need it: a health endpoint and a registration, in this process.</summary>
internal static class DemoApp
{
    /// <summary>Starts it on a free port of the loopback address.</summary>
    public static LoopbackHttpServer Start(DbContextOptions options) => LoopbackHttpServer.Start(async (request, cancellationToken) =>
        (request.Method, request.Path) switch
        {
            ("GET", "/health") => LoopbackResponse.Json(200, new { status = await IsConnectedAsync(options, cancellationToken) ? "healthy" : "unhealthy", version = "1.0.0" }),
            ("POST", "/api/auth/register") => await RegisterAsync(options, request.Body, cancellationToken),
            _ => new LoopbackResponse(404),
        });

    private static async Task<bool> IsConnectedAsync(DbContextOptions options, CancellationToken cancellationToken)
    {
        await using var db = new FloWorxContext(options);
        return await db.Database.CanConnectAsync(cancellationToken);
    }

    // The row is written for real and rolled back: a check that leaves a test user behind would undo what it follows.
    private static async Task<LoopbackResponse> RegisterAsync(DbContextOptions options, string body, CancellationToken cancellationToken)
    {
        using JsonDocument request = JsonDocument.Parse(body);
        var account = new AuthUser { Id = Guid.NewGuid(), Email = request.RootElement.GetProperty("email").GetString() ?? "", EncryptedPassword = "not-a-password" };
        await using var db = new FloWorxContext(options);
        await using IDbContextTransaction transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        db.Add(account);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.RollbackAsync(cancellationToken);
        return LoopbackResponse.Json(201, new { success = true, userId = account.Id, requiresVerification = true });
    }
}
