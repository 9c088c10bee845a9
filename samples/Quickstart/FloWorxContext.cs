using Microsoft.EntityFrameworkCore;

namespace Quickstart;

/// <summary>The FloWorx model: 20 tables in the schemas <c>auth</c> and <c>public</c>; on SQLite, <c>auth.users</c> is <c>auth_users</c>.</summary>
internal class FloWorxContext(DbContextOptions options) : DbContext(options)
{
    public DbSet<AuthUser> AuthUsers => Set<AuthUser>();

    public DbSet<User> Users => Set<User>();

    public DbSet<BusinessProfile> BusinessProfiles => Set<BusinessProfile>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        MapTables(modelBuilder, hasSchemas: Database.IsNpgsql());
        RelateAccounts(modelBuilder);
        RelateWork(modelBuilder);
        RelateDrifted(modelBuilder);
    }

    private static void MapTables(ModelBuilder model, bool hasSchemas)
    {
        Map<AuthUser>("users", "auth");
        Map<User>("users");
        Map<Workflow>("workflows");
        Map<WorkflowExecution>("workflow_executions");
        Map<EmailProcessing>("email_processing");
        Map<Email>("emails");
        Map<GmailLabelMapping>("gmail_label_mappings");
        Map<Notification>("notifications");
        Map<PerformanceMetric>("performance_metrics");
        Map<EmailCategory>("email_categories");
        Map<OAuthToken>("oauth_tokens");
        Map<UserSession>("user_sessions");
        Map<OnboardingSession>("onboarding_sessions");
        Map<BusinessProfile>("business_profiles");
        Map<Credential>("credentials");

        Map<Client>("clients");
        Map<ClientConfig>("client_config");
        Map<UserConnection>("user_connections");
        Map<OnboardingProgress>("onboarding_progress");
        Map<BusinessConfig>("business_configs");

        void Map<TEntity>(string table, string schema = "public")
            where TEntity : class
        {
            string plainName = schema is "public" ? table : $"{schema}_{table}";
            model.Entity<TEntity>().ToTable(hasSchemas ? table : plainName, hasSchemas ? schema : null);
        }
    }

    private static void RelateAccounts(ModelBuilder model)
    {
        model.Entity<AuthUser>().HasIndex(account => account.Email).IsUnique();
        model.Entity<User>(user =>
        {
            user.HasIndex(row => row.Email).IsUnique();
            user.HasOne<AuthUser>().WithOne().HasForeignKey<User>(row => row.Id).OnDelete(DeleteBehavior.Cascade);

            // One half of a cycle: a user works in a profile, a profile belongs to a user.
            user.HasOne<BusinessProfile>().WithMany().HasForeignKey(row => row.CurrentBusinessProfileId).OnDelete(DeleteBehavior.SetNull);
        });
        model.Entity<BusinessProfile>()
            .HasOne<User>().WithMany().HasForeignKey(row => row.OwnerId).OnDelete(DeleteBehavior.NoAction);

        model.Entity<UserSession>()
            .HasOne<AuthUser>().WithMany().HasForeignKey(row => row.AuthUserId).OnDelete(DeleteBehavior.Cascade);
        model.Entity<Credential>()
            .HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
        model.Entity<OAuthToken>(token =>
        {
            token.HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
            token.HasOne<Credential>().WithMany().HasForeignKey(row => row.CredentialId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<OnboardingSession>(session =>
        {
            session.HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
            session.HasOne<BusinessProfile>().WithMany().HasForeignKey(row => row.BusinessProfileId).OnDelete(DeleteBehavior.SetNull);
        });
    }

    private static void RelateWork(ModelBuilder model)
    {
        model.Entity<EmailCategory>(category =>
        {
            category.HasOne<BusinessProfile>().WithMany().HasForeignKey(row => row.BusinessProfileId).OnDelete(DeleteBehavior.Cascade);
            category.HasOne<EmailCategory>().WithMany().HasForeignKey(row => row.ParentId).OnDelete(DeleteBehavior.NoAction);
        });
        model.Entity<GmailLabelMapping>(mapping =>
        {
            mapping.HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
            mapping.HasOne<EmailCategory>().WithMany().HasForeignKey(row => row.CategoryId).OnDelete(DeleteBehavior.NoAction);
        });
        model.Entity<Workflow>(workflow =>
        {
            workflow.HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
            workflow.HasOne<BusinessProfile>().WithMany().HasForeignKey(row => row.BusinessProfileId).OnDelete(DeleteBehavior.SetNull);
        });
        model.Entity<WorkflowExecution>()
            .HasOne<Workflow>().WithMany().HasForeignKey(row => row.WorkflowId).OnDelete(DeleteBehavior.Cascade);
        model.Entity<PerformanceMetric>()
            .HasOne<WorkflowExecution>().WithMany().HasForeignKey(row => row.WorkflowExecutionId).OnDelete(DeleteBehavior.NoAction);
        model.Entity<Notification>(notification =>
        {
            notification.HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
            notification.HasOne<WorkflowExecution>().WithMany().HasForeignKey(row => row.WorkflowExecutionId).OnDelete(DeleteBehavior.SetNull);
        });
        model.Entity<Email>(email =>
        {
            email.HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
            email.HasOne<EmailCategory>().WithMany().HasForeignKey(row => row.CategoryId).OnDelete(DeleteBehavior.SetNull);
        });
        model.Entity<EmailProcessing>(processing =>
        {
            processing.HasOne<Email>().WithMany().HasForeignKey(row => row.EmailId).OnDelete(DeleteBehavior.NoAction);
            processing.HasOne<WorkflowExecution>().WithMany().HasForeignKey(row => row.WorkflowExecutionId).OnDelete(DeleteBehavior.SetNull);
            processing.HasOne<EmailCategory>().WithMany().HasForeignKey(row => row.CategoryId).OnDelete(DeleteBehavior.NoAction);
        });
    }

    private static void RelateDrifted(ModelBuilder model)
    {
        model.Entity<Client>()
            .HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
        model.Entity<ClientConfig>()
            .HasOne<Client>().WithMany().HasForeignKey(row => row.ClientId).OnDelete(DeleteBehavior.Cascade);
        model.Entity<UserConnection>()
            .HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
        model.Entity<OnboardingProgress>()
            .HasOne<User>().WithMany().HasForeignKey(row => row.UserId).OnDelete(DeleteBehavior.Cascade);
        model.Entity<BusinessConfig>()
            .HasOne<BusinessProfile>().WithMany().HasForeignKey(row => row.BusinessProfileId).OnDelete(DeleteBehavior.SetNull);
    }
}
