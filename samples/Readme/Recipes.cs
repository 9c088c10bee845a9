using FloworxPurge;
using FloworxPurge.Reporting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Readme;

/// <summary>The tables of ASP.NET Core Identity.</summary>
public sealed class SignInContext(DbContextOptions<SignInContext> options) : IdentityDbContext(options);

/// <summary>The answers of the page of recipes.</summary>
public sealed class Recipes
{
    [Fact]
    public async Task Users_are_purged_and_roles_are_kept()
    {
        await using var db = new SignInContext(new DbContextOptionsBuilder<SignInContext>().UseSqlite($"Data Source=identity-{Guid.NewGuid():N}.db;Pooling=false").Options);
        await db.Database.EnsureCreatedAsync();
        var user = new IdentityUser("test");
        var role = new IdentityRole("Administrator");
        db.AddRange(
            user,
            role,
            new IdentityUserRole<string> { UserId = user.Id, RoleId = role.Id },
            new IdentityRoleClaim<string> { RoleId = role.Id, ClaimType = "may", ClaimValue = "everything" });
        await db.SaveChangesAsync();

        #region readme-identity
        var purger = new Purger(options => options.Exclude("AspNetRole*"));      // AspNetRoles and AspNetRoleClaims
        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));
        #endregion

        Assert.Equal((PurgeVerdict.Complete, 2), (report.Verdict, report.RowsDeleted));
        Assert.Equal((0, 0), (await db.Users.CountAsync(), await db.UserRoles.CountAsync()));
        Assert.Equal((1, 1), (await db.Roles.CountAsync(), await db.RoleClaims.CountAsync()));
    }

    [Fact]
    public async Task Seed_data_is_put_back()
    {
        await using ShopContext db = await ShopContext.CreateAsync();

        #region readme-seed-data
        await using var resetter = await DatabaseResetter.CreateAsync(db, options => options.RestoreSeedData = true);
        await resetter.ResetAsync();             // the countries of HasData are there again
        #endregion

        Assert.Equal((0, 0, 3, 0), await db.CountAsync());
    }

    [Fact]
    public async Task A_database_in_memory_is_reset()
    {
        #region readme-in-memory
        await using var connection = new SqliteConnection("Data Source=:memory:");
        await connection.OpenAsync();            // the database exists while this connection is open
        await using var db = new ShopContext(new DbContextOptionsBuilder<ShopContext>().UseSqlite(connection).Options);
        await db.Database.EnsureCreatedAsync();
        await using var resetter = await DatabaseResetter.CreateAsync(db, options => options.Exclude<Country>());
        await resetter.ResetAsync();
        #endregion

        db.Add(new Client { CountryCode = "AT" });
        await db.SaveChangesAsync();

        Assert.Equal("1 row: \"Clients\" 1", (await resetter.ResetAsync()).ToString());
        Assert.Equal((0, 0, 3, 0), await db.CountAsync());
    }

    [Fact]
    public async Task A_plan_is_read_by_a_person_and_run_later()
    {
        await using ShopContext db = await ShopContext.CreateAsync();
        var purger = new Purger(options => options.Exclude<Country>());
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;

        #region readme-approve
        PurgePlan plan = await purger.PlanAsync(db, cancellationToken);
        await File.WriteAllTextAsync("plan.txt", plan.ToString(), cancellationToken);     // to read; ToSqlScript() has the statements
        await File.WriteAllTextAsync("plan.json", plan.ToJson(), cancellationToken);      // to run
        #endregion

        #region readme-run-approved
        PurgePlan approved = PurgePlan.FromJson(await File.ReadAllTextAsync("plan.json", cancellationToken));
        var progress = new Progress<PurgeProgress>(now => Console.WriteLine($"{now.Phase}: {now.RowsDeleted} rows deleted"));
        PurgeReport report = await purger.ExecuteAsync(db, approved, progress, cancellationToken);
        #endregion

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }

    [Fact]
    public async Task Statements_have_time_and_locks_have_little()
    {
        await using ShopContext db = await ShopContext.CreateAsync();

        #region readme-timeouts
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(15));                                 // for one statement
        var purger = new Purger(options => options.LockTimeout = TimeSpan.FromSeconds(30));      // for one lock
        #endregion

        PurgeReport report = await purger.ExecuteAsync(db, await purger.PlanAsync(db));
        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
    }
}
