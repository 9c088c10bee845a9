using FloworxPurge;

namespace WebHost;

/// <summary>The rows that an operator deletes by name.</summary>
internal static class Erasure
{
    #region readme-webhost-rows
    public static IServiceCollection AddErasure(this IServiceCollection services) => services

        // One person: purge --rows subject --rows-parameter email=jane@example.com --certificate erased.html
        .AddRows("subject", ["email"], (options, values) =>
        {
            string email = values["email"].ToUpperInvariant();
            WithTheirBusiness(options.Rows<Account>(account => account.NormalizedEmail == email));
        })

        // All users with their tenants and onboarding progress: purge --rows users
        .AddRows("users", options => WithTheirBusiness(options.Rows<Account>(account => true)));

    // The other context has no foreign keys to accounts, and an item may be without a workspace: by default it would only lose it.
    private static void WithTheirBusiness(PurgeOptions options)
    {
        options
            .Reference<Workspace, Account>(workspace => workspace.OwnerId)
            .Reference<OnboardingProgress, Account>(progress => progress.AccountId)
            .OnReference<WorkItem>(item => item.Workspace, ReferenceAction.Follow);

        // This host restarts counters when it purges whole tables; where rows stay, their numbers are in use.
        options.ResetIdentity = false;
    }
    #endregion
}
