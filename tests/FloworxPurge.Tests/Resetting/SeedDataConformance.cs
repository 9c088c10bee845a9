using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Seed data comes back when that is asked for, as EF itself would write it.</summary>
public abstract class SeedDataConformance(Engine engine) : ConformanceGroup(engine)
{
    [Fact]
    public async Task Rows_of_the_model_come_back_and_later_numbers_do_not_collide_with_them()
    {
        await using TestDatabase database = await CreateAsync();
        await using SeededContext context = Context(database);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(context, options => options.RestoreSeedData = true);
        for (int i = 0; i < 3; i++)
        {
            await database.ExecuteAsync("UPDATE \"Countries\" SET \"Name\" = 'x'; DELETE FROM \"Cities\"", CancellationToken);
            context.Add(new City { Name = "Basel", CountryId = 1 });
            await context.SaveChangesAsync(CancellationToken);

            LeakReport report = await resetter.ResetAsync(context, CancellationToken);

            Assert.DoesNotContain(report.Tables, table => table.Table.Name == "Countries");
            Assert.Equal(
                ["Austria", "Chad"],
                await context.Set<Country>().OrderBy(country => country.Id).Select(country => country.Name).ToListAsync(CancellationToken));
            Assert.Equal(["Wien"], await context.Set<City>().Select(city => city.Name).ToListAsync(CancellationToken));
            context.Add(new Country { Name = "Fiji" });
            await context.SaveChangesAsync(CancellationToken);
            LeakReport next = await resetter.ResetAsync(CancellationToken);
            Assert.Equal($"1 row: {Name("Countries").ToQuotedString()} 1", next.ToString());
            context.ChangeTracker.Clear();
        }
    }

    [Fact]
    public async Task Rows_of_seeding_hooks_come_back_after_those_of_the_model()
    {
        await using TestDatabase database = await CreateAsync();
        await using SeededContext context = Context(database, options => options.UseAsyncSeeding(async (seeded, _, token) =>
        {
            Country chad = await seeded.Set<Country>().SingleAsync(country => country.Name == "Chad", token);
            seeded.Add(new City { Name = "Abéché", CountryId = chad.Id });
            await seeded.SaveChangesAsync(token);
        }).UseSeeding((_, _) => Assert.Fail("There is an asynchronous hook.")));
        await using DatabaseResetter resetter = await Engine.ResetterAsync(context, options => options.RestoreSeedData = true);
        for (int i = 0; i < 3; i++)
        {
            LeakReport report = await resetter.ResetAsync(CancellationToken);
            Assert.True(report.IsClean, report.ToString());
            Assert.Equal(
                ["Abéché", "Wien"],
                await context.Set<City>().OrderBy(city => city.Name).Select(city => city.Name).ToListAsync(CancellationToken));
        }
    }

    [Fact]
    public async Task A_synchronous_hook_is_called_where_it_is_the_only_one()
    {
        await using TestDatabase database = await CreateAsync();
        await using SeededContext context = Context(database, options => options.UseSeeding((seeded, _) =>
        {
            seeded.Add(new Country { Name = "Mali" });
            seeded.SaveChanges();
        }));
        await using DatabaseResetter resetter = await Engine.ResetterAsync(context, options => options.RestoreSeedData = true);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(3, await database.CountAsync("Countries", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Excluded_tables_keep_theirs_and_get_no_second_copy()
    {
        await using TestDatabase database = await CreateAsync();
        await using SeededContext context = Context(database);
        await database.ExecuteAsync("UPDATE \"Countries\" SET \"Name\" = 'kept'", CancellationToken);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(
            context,
            options => options.Exclude<Country>().RestoreSeedData = true);

        await resetter.ResetAsync(CancellationToken);

        Assert.Equal(["kept", "kept"], await context.Set<Country>().Select(country => country.Name).ToListAsync(CancellationToken));
        Assert.Equal(1, await database.CountAsync("Cities", cancellationToken: CancellationToken));
    }

    [Fact]
    public async Task Without_being_asked_for_it_seed_data_goes_like_everything_else()
    {
        await using TestDatabase database = await CreateAsync();
        await using SeededContext context = Context(database);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(context);

        Assert.Equal(3, (await resetter.ResetAsync(CancellationToken)).Rows);
        await AssertEmptyAsync(database, "Countries", "Cities");
    }

    [Fact]
    public async Task A_context_that_cannot_be_created_for_its_hook_is_an_error_before_anything_is_written()
    {
        await using TestDatabase database = await CreateAsync();
        await using var context = new Unconstructible(new DbContextOptionsBuilder<Unconstructible>(), database, "needed");

        PurgeException exception = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.ResetterAsync(context, options => options.RestoreSeedData = true));

        Assert.Contains("public constructor that takes its DbContextOptions", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, await database.CountAsync("Countries", cancellationToken: CancellationToken));
    }

    private static SeededContext Context(TestDatabase database, Action<DbContextOptionsBuilder>? configure = null)
    {
        var options = new DbContextOptionsBuilder<SeededContext>();
        database.Configure(options);
        configure?.Invoke(options);
        return new SeededContext(options.Options);
    }

    private async Task<TestDatabase> CreateAsync()
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await using SeededContext context = Context(database);
        await context.Database.EnsureCreatedAsync(CancellationToken);
        return database;
    }

    public sealed class Country
    {
        public int Id { get; set; }

        public required string Name { get; set; }
    }

    public sealed class City
    {
        public int Id { get; set; }

        public required string Name { get; set; }

        public int CountryId { get; set; }
    }

    public class SeededContext(DbContextOptions options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Country>()
                .ToTable("Countries")
                .HasData(new Country { Id = 1, Name = "Austria" }, new Country { Id = 2, Name = "Chad" });
            modelBuilder.Entity<City>(city =>
            {
                city.ToTable("Cities").HasData(new City { Id = 10, Name = "Wien", CountryId = 1 });
                city.HasOne<Country>().WithMany().HasForeignKey(row => row.CountryId);
            });
        }
    }

    public sealed class Unconstructible : SeededContext
    {
        public Unconstructible(DbContextOptionsBuilder<Unconstructible> builder, TestDatabase database, string needed)
            : base(Configure(builder, database, needed))
        {
        }

        private static DbContextOptions Configure(DbContextOptionsBuilder builder, TestDatabase database, string needed)
        {
            database.Configure(builder);
            return builder.UseSeeding((_, _) => Assert.NotNull(needed)).UseAsyncSeeding((_, _, _) => Task.CompletedTask).Options;
        }
    }
}

public sealed class SqliteSeedDataConformance() : SeedDataConformance(Engine.Sqlite);

public sealed class PostgreSqlSeedDataConformance() : SeedDataConformance(Engine.PostgreSql);

public sealed class AnsiSeedDataConformance() : SeedDataConformance(Engine.Ansi);

public sealed class MariaDbSeedDataConformance() : SeedDataConformance(Engine.MariaDb);
