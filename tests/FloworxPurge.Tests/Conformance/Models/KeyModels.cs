using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public readonly record struct ShopId(Guid Value);

public readonly record struct ProductCode(string Value);

public enum Region
{
    North,
    South,
}

public class Shop
{
    public ShopId Id { get; set; }

    public Region Region { get; set; }
}

public class ShopProduct
{
    public ShopId ShopId { get; set; }

    public ProductCode Code { get; set; }

    public Region Region { get; set; }

    public Shop? Shop { get; set; }
}

public class RegionInfo
{
    public Region Region { get; set; }

    public Uri Site { get; set; } = new("https://example.com");
}

public class Review
{
    public Guid Id { get; set; }

    public ShopId ShopId { get; set; }

    public ProductCode Code { get; set; }

    public ShopProduct? Product { get; set; }

    /// <summary>References an alternate key.</summary>
    public string? AuthorName { get; set; }
}

public class Author
{
    public long Id { get; set; }

    public string Name { get; set; } = "";

    public IList<Review> Reviews { get; } = [];
}

/// <summary>Keys that are something else in the database than in C#.</summary>
public static class KeyModels
{
    public static ModelCase ConvertedKeys { get; } = new(model =>
    {
        model.Entity<Shop>(shop =>
        {
            shop.ToTable("Shops");
            shop.Property(row => row.Id)
                .HasConversion(id => id.Value.ToString("D"), text => new ShopId(Guid.Parse(text)))
                .HasMaxLength(36)
                .IsUnicode(false);
            shop.HasOne<RegionInfo>().WithMany().HasForeignKey(row => row.Region).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<ShopProduct>(product =>
        {
            product.ToTable("Products");
            product.HasKey(row => new { row.ShopId, row.Code });
            product.Property(row => row.Code)
                .HasConversion(code => code.Value, text => new ProductCode(text))
                .HasMaxLength(20)
                .IsFixedLength();
            product.HasOne<RegionInfo>().WithMany().HasForeignKey(row => row.Region).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<RegionInfo>(region =>
        {
            region.ToTable("Regions");
            region.HasKey(row => row.Region);
            region.Property(row => row.Region).HasConversion<string>().HasMaxLength(10);
        });
        model.Entity<Review>(review =>
        {
            review.ToTable("Reviews");
            review.Property(row => row.Id).HasConversion<byte[]>();
            review.HasOne(row => row.Product).WithMany().HasForeignKey(row => new { row.ShopId, row.Code });
        });
        model.Entity<Author>(author =>
        {
            author.ToTable("Authors");
            author.HasMany(row => row.Reviews).WithOne().HasForeignKey(row => row.AuthorName).HasPrincipalKey(row => row.Name);
        });
    })
    {
        Rows = () =>
        [
            new RegionInfo { Region = Region.South },
            new Author
            {
                Name = "Ann",
                Reviews =
                {
                    new()
                    {
                        Id = Guid.Parse("11111111-1111-1111-1111-111111111111"),
                        Product = new()
                        {
                            Code = new("C-1"),
                            Region = Region.South,
                            Shop = new() { Id = new(Guid.Parse("22222222-2222-2222-2222-222222222222")), Region = Region.South },
                        },
                    },
                },
            },
        ],
    };
}
