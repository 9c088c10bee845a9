using FloworxPurge;
using FloworxPurge.Reporting;

namespace Readme;

public sealed class OperatorStory
{
    [Fact]
    public async Task An_operator_plans_looks_and_runs()
    {
        await using ShopContext db = await (await ShopContext.CreateAsync()).WithAuditTriggerAsync();

        #region readme-operator
        var purger = new Purger(options => options.Exclude<Country>().Exclude("audit_*").AllowInserts("audit_*"));

        PurgePlan plan = await purger.PlanAsync(db);          // writes nothing
        Console.WriteLine(plan);                              // tables by level, skips, cycles, statements
        await File.WriteAllTextAsync("purge.sql", plan.ToSqlScript());

        PurgeReport report = await purger.ExecuteAsync(db, plan);
        await report.SaveAsync("purge-report.html");          // or .md, .txt, .json, .xml (JUnit)
        #endregion

        Assert.Equal((PurgeVerdict.Complete, 5), (report.Verdict, report.RowsDeleted));
        Assert.Equal((0, 0, 3, 4), await db.CountAsync());
        Assert.Equal(3, Assert.Single(report.RowsAdded).RowsArrived);
        Assert.Contains("DELETE FROM", await File.ReadAllTextAsync("purge.sql"), StringComparison.Ordinal);
        Assert.StartsWith("<!DOCTYPE html>", await File.ReadAllTextAsync("purge-report.html"), StringComparison.OrdinalIgnoreCase);
    }
}
