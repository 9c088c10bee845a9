using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class Document
{
    public int Id { get; set; }

    public int TenantId { get; set; }

    public bool IsDeleted { get; set; }

    public IList<Attachment> Attachments { get; } = [];
}

public class Attachment
{
    public int Id { get; set; }

    public int DocumentId { get; set; }

    public bool IsDeleted { get; set; }
}

/// <summary>Filters that hide rows from every query.</summary>
public static class QueryFilterModels
{
    public const int CurrentTenant = 1;

    public static ModelCase SoftDeleteAndTenants { get; } = new(model =>
    {
        model.Entity<Document>(document =>
        {
            document.ToTable("Documents");
            document.HasQueryFilter("soft delete", row => !row.IsDeleted);
            document.HasQueryFilter("tenant", row => row.TenantId == CurrentTenant);
        });
        model.Entity<Attachment>().ToTable("Attachments").HasQueryFilter(row => !row.IsDeleted);
    })
    {
        Rows = () =>
        [
            new Document { TenantId = 1, Attachments = { new(), new() { IsDeleted = true } } },
            new Document { TenantId = 1, IsDeleted = true, Attachments = { new() } },
            new Document { TenantId = 2, Attachments = { new() } },
        ],
    };
}
