using FloworxPurge.Tests.Conformance.Models;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

public class Root
{
    public int Id { get; set; }

    public int Tenant { get; set; }
}

/// <summary>One reference of each behaviour.</summary>
public class Child
{
    public int Id { get; set; }

    public int Tenant { get; set; }

    public int? CascadeId { get; set; }

    public int? ClientCascadeId { get; set; }

    public int? SetNullId { get; set; }

    public int? ClientSetNullId { get; set; }

    public int? RestrictId { get; set; }

    public int? NoActionId { get; set; }

    public int? ClientNoActionId { get; set; }

    public int RequiredId { get; set; }

    public Root? Restrict { get; set; }

    public Root? Cascade { get; set; }

    public int? PairId { get; set; }
}

public class Grandchild
{
    public int Id { get; set; }

    public int ChildId { get; set; }

    public Child? Child { get; set; }

    public string TargetType { get; set; } = "";

    public int? TargetId { get; set; }

    public string? Other { get; set; }
}


public class Split
{
    public int Id { get; set; }

    public string First { get; set; } = "";

    public string Second { get; set; } = "";
}

internal static class RowReferenceModels
{
    internal static ModelCase Behaviours { get; } = new(model =>
    {
        model.Entity<Root>(root =>
        {
            root.ToTable("Roots");
            root.HasAlternateKey(row => new { row.Tenant, row.Id });
        });
        model.Entity<Child>(child =>
        {
            child.ToTable("Children");
            child.HasOne(row => row.Cascade).WithMany().HasForeignKey(row => row.CascadeId).OnDelete(DeleteBehavior.Cascade);
            child.HasOne<Root>().WithMany().HasForeignKey(row => row.ClientCascadeId).OnDelete(DeleteBehavior.ClientCascade);
            child.HasOne<Root>().WithMany().HasForeignKey(row => row.SetNullId).OnDelete(DeleteBehavior.SetNull);
            child.HasOne<Root>().WithMany().HasForeignKey(row => row.ClientSetNullId).OnDelete(DeleteBehavior.ClientSetNull);
            child.HasOne(row => row.Restrict).WithMany().HasForeignKey(row => row.RestrictId).OnDelete(DeleteBehavior.Restrict);
            child.HasOne<Root>().WithMany().HasForeignKey(row => row.NoActionId).OnDelete(DeleteBehavior.NoAction);
            child.HasOne<Root>().WithMany().HasForeignKey(row => row.ClientNoActionId).OnDelete(DeleteBehavior.ClientNoAction);
            child.HasOne<Root>().WithMany().HasForeignKey(row => row.RequiredId).OnDelete(DeleteBehavior.ClientSetNull);
            child.HasOne<Root>().WithMany()
                .HasForeignKey(row => new { row.Tenant, row.PairId })
                .HasPrincipalKey(row => new { row.Tenant, row.Id })
                .OnDelete(DeleteBehavior.ClientSetNull);
        });
        model.Entity<Grandchild>().ToTable("Grandchildren");
    });

    /// <summary>Another model of two of these tables, which restricts what the first one cascades.</summary>
    internal static ModelCase Restricted { get; } = new(model =>
    {
        model.Ignore<Root>();
        model.Entity<Child>(child =>
        {
            child.ToTable("Children");
            child.Ignore(row => row.Restrict);
            child.Ignore(row => row.Cascade);
        });
        model.Entity<Grandchild>(grandchild =>
        {
            grandchild.ToTable("Grandchildren");
            grandchild.HasOne(row => row.Child).WithMany().HasForeignKey(row => row.ChildId).OnDelete(DeleteBehavior.Restrict);
        });
    });

    internal static ModelCase SplitEntity { get; } = new(model => model.Entity<Split>(split =>
    {
        split.ToTable("Firsts");
        split.SplitToTable("Seconds", table => table.Property(row => row.Second));
    }));
}
