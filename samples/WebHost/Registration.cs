using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace WebHost;

/// <summary>What a registration asks for.</summary>
/// <param name="Email">The address.</param>
/// <param name="Password">The password.</param>
/// <param name="Rehearsal">Whether everything is done and then rolled back, so that a check leaves no account behind.</param>
internal sealed record RegistrationRequest(string Email, string Password, bool Rehearsal = false);

/// <summary>The endpoints that the checks of a purge ask.</summary>
internal static class Registration
{
    /// <summary>Registers an account with its first workspace, in one transaction over both contexts.</summary>
    public static async Task<IResult> RegisterAsync(RegistrationRequest request, UserManager<Account> users, AccountsContext accounts, BusinessContext business)
    {
        await using IDbContextTransaction transaction = await accounts.Database.BeginTransactionAsync();
        var account = new Account { UserName = request.Email, Email = request.Email };
        IdentityResult result = await users.CreateAsync(account, request.Password);
        if (!result.Succeeded)
        {
            return Results.BadRequest(new { success = false, errors = result.Errors.Select(error => error.Description) });
        }

        business.Database.SetDbConnection(accounts.Database.GetDbConnection());
        await business.Database.UseTransactionAsync(transaction.GetDbTransaction());
        business.Add(new Workspace { OwnerId = account.Id, Name = "First workspace" });
        business.Add(new OnboardingProgress { AccountId = account.Id, Step = 1 });
        await business.SaveChangesAsync();
        if (!request.Rehearsal)
        {
            await transaction.CommitAsync();
        }

        return Results.Created($"/api/accounts/{account.Id}", new { success = true, userId = account.Id, email = account.Email });
    }

    /// <summary>Healthy is an app whose both contexts can read.</summary>
    public static async Task<IResult> HealthAsync(AccountsContext accounts, BusinessContext business)
    {
        await accounts.Users.AnyAsync();
        await business.Workspaces.AnyAsync();
        return Results.Ok(new { status = "healthy" });
    }
}
