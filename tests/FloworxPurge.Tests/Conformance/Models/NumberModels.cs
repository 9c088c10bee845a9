using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class Ticket
{
    public int Id { get; set; }
}

public class Receipt
{
    public long Id { get; set; }
}

public class Voucher
{
    public int Id { get; set; }

    public int Number { get; set; }
}

public class Coupon
{
    public int Id { get; set; }
}

public class Badge
{
    public int Id { get; set; }
}

/// <summary>Where numbers come from.</summary>
public static class NumberModels
{
    public static ModelCase GeneratedNumbers { get; } = new(model =>
    {
        model.Entity<Ticket>().ToTable("Tickets");
        model.Entity<Receipt>().ToTable("Receipts");
    })
    {
        Rows = () => [new Ticket(), new Ticket(), new Receipt()],
    };

    /// <summary>Every way that PostgreSQL knows, each with a start of its own.</summary>
    public static ModelCase EverySourceOfNumbers { get; } = new(model =>
    {
        model.HasSequence<int>("VoucherNumbers").StartsAt(500).IncrementsBy(5);
        model.Entity<Ticket>()
            .ToTable("Tickets")
            .Property(row => row.Id)
            .UseIdentityAlwaysColumn()
            .HasIdentityOptions(startValue: 100, incrementBy: 10);
        model.Entity<Receipt>()
            .ToTable("Receipts")
            .Property(row => row.Id)
            .UseIdentityByDefaultColumn()
            .HasIdentityOptions(startValue: 7, minValue: 3, maxValue: 1000, cyclic: true);
        model.Entity<Voucher>(voucher =>
        {
            voucher.ToTable("Vouchers");
            voucher.Property(row => row.Id).UseSerialColumn();
            voucher.Property(row => row.Number).HasDefaultValueSql("nextval('\"VoucherNumbers\"')");
        });
        NpgsqlPropertyBuilderExtensions.UseHiLo(model.Entity<Coupon>().ToTable("Coupons").Property(row => row.Id), "CouponNumbers");
        NpgsqlPropertyBuilderExtensions.UseSequence(model.Entity<Badge>().ToTable("Badges").Property(row => row.Id), "BadgeNumbers");
    })
    {
        Rows = () => [new Ticket(), new Ticket(), new Receipt(), new Voucher(), new Voucher(), new Coupon(), new Badge(), new Badge()],
        Gap = engine => engine == Engine.PostgreSql ? null : $"{engine} has no such sources of numbers.",
    };
}
