using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class LoginUser
{
    public int Id { get; set; }
}

public class ProfileUser
{
    public int Id { get; set; }

    public int LoginId { get; set; }

    public LoginUser? Login { get; set; }
}

public class AuditUser
{
    public int Id { get; set; }

    public int? UserId { get; set; }

    public ProfileUser? User { get; set; }
}

/// <summary>Tables in schemas.</summary>
public static class SchemaModels
{
    /// <summary>An engine without schemas leaves them out.</summary>
    public static ModelCase TablesInSchemas { get; } = new(model =>
    {
        model.HasDefaultSchema("app");
        model.Entity<LoginUser>().ToTable("Logins", "auth");
        model.Entity<ProfileUser>().ToTable("Profiles");
        model.Entity<AuditUser>().ToTable("Audits", "Audit Log");
    })
    {
        Rows = Rows,
        Gap = engine => engine == Engine.MariaDb ? "A schema is another database there." : null,
    };

    public static ModelCase OneNameInThreeSchemas { get; } = new(model =>
    {
        model.Entity<LoginUser>().ToTable("users", "auth");
        model.Entity<ProfileUser>().ToTable("users");
        model.Entity<AuditUser>().ToTable("users", "pgaudit");
    })
    {
        Rows = Rows,
        Gap = engine => engine.HasSchemas ? null : $"{engine} has no schemas.",
    };

    private static IEnumerable<object> Rows() => [new AuditUser { User = new() { Login = new() } }, new AuditUser()];
}
