using FloworxPurge;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore;

namespace Readme;

/// <summary>Two tenants with a database each.</summary>
public sealed class FleetStory
{
    [Fact]
    public async Task An_operator_deletes_the_test_users_of_every_tenant_once()
    {
        Dictionary<string, DbContextOptions<UserContext>> tenants = await CreateAsync();

        Assert.Equal(0, await RunAsync());
        Assert.Equal(0, await RunAsync());

        Assert.StartsWith("<!DOCTYPE html>", await File.ReadAllTextAsync("fleet.html"), StringComparison.Ordinal);
        foreach (DbContextOptions<UserContext> tenant in tenants.Values)
        {
            await using var db = new UserContext(tenant);
            Assert.Equal((1, 1, 3, 3), await db.CountAsync());
        }

        async Task<int> RunAsync()
        {
            #region readme-fleet
            var purger = new Purger(options => options.Rows<User>(user => user.IsTest));
            var fleet = new PurgeFleet(purger, tenants.Keys, tenant => new UserContext(tenants[tenant])) { Parallelism = 4 };

            FleetReport report = await fleet.RunAsync("go-live");   // killed? the same call goes on
            await report.SaveAsync("fleet.html");                   // or .json, .xml (JUnit), .txt
            return report.ExitCode;
            #endregion
        }
    }

    [Fact]
    public async Task A_job_engine_purges_one_target_at_a_time()
    {
        Dictionary<string, DbContextOptions<UserContext>> tenants = await CreateAsync();
        string archives = Path.GetFullPath("archives");
        var purger = new Purger(options => options.Rows<User>(user => user.IsTest));
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;

        #region readme-fleet-targets
        var fleet = new PurgeFleet(purger, tenants.Keys, tenant => new UserContext(tenants[tenant]))
        {
            Configure = (tenant, options) => options.ArchiveTo(Path.Combine(archives, tenant)),
            StopAfterFailures = 3,
        };
        #endregion

        #region readme-fleet-job
        PurgeReport report = await fleet.RunOneAsync("go-live", "tenant-2", cancellationToken);
        #endregion

        Assert.Equal((PurgeVerdict.Complete, 4), (report.Verdict, report.RowsDeleted));
        Assert.True(File.Exists(Path.Combine(archives, "tenant-2", "manifest.json")));
    }

    private static async Task<Dictionary<string, DbContextOptions<UserContext>>> CreateAsync()
    {
        Dictionary<string, DbContextOptions<UserContext>> tenants = new(StringComparer.Ordinal);
        foreach (string tenant in (string[])["tenant-1", "tenant-2"])
        {
            await using UserContext db = await UserContext.CreateAsync();
            tenants[tenant] = new DbContextOptionsBuilder<UserContext>().UseSqlite(db.Database.GetConnectionString()).Options;
        }

        return tenants;
    }
}
