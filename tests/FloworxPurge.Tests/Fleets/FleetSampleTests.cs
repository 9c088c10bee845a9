using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;

namespace FloworxPurge.Tests.Fleets;

/// <summary>The sample of a fleet: two workers of a job engine, of which one is killed.</summary>
public sealed class FleetSampleTests
{
    private const string Missing = "tenant_07";
    private const string Drifted = "tenant_23";
    private const string Held = "tenant_17";

    // Two customers with 15 orders each, and two lines in each order.
    private const int RowsOfPartner = 92;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Forty_targets_are_purged_once_although_a_worker_is_killed_between_commit_and_acknowledgement()
    {
        await using FleetSample sample = await FleetSample.CreateAsync();
        await sample.DropAsync(Missing);
        await sample.ScalarAsync<int>(Drifted, "ALTER TABLE \"Customers\" RENAME COLUMN \"Partner\" TO \"Agent\"; SELECT 1");
        FleetProcess[] workers =
        [
            sample.StartWorker("first", ("FLEET_HOLD_AFTER", Held)),
            sample.StartWorker("second", ("FLEET_HOLD_AFTER", Held)),
        ];
        FleetProcess run = sample.Start("run", "offboard-acme");

        // What comes after the kill was not there when the target was purged: it stays, though the job is called again.
        FleetProcess killed = await FleetProcess.FirstAsync($"Holding {Held}", workers);
        await killed.KillAsync();
        await sample.AddCustomerAsync(Held);
        int exitCode = await run.EndAsync();

        FleetProcess other = workers.Single(worker => worker != killed);
        Assert.Contains(
            $"offboard-acme {Held}: Complete, {RowsOfPartner} rows deleted by this run (called again",
            other.Text,
            StringComparison.Ordinal);
        JsonElement report = await ReadAsync(sample);
        AssertNamed(exitCode, report);
        await AssertPurgedAsync(sample, tenant => tenant == Held ? 1 : 0);

        // The same id again, with a worker that holds nothing.
        await other.KillAsync();
        sample.StartWorker("third");
        foreach (string tenant in Healthy.Where(tenant => tenant != Held))
        {
            await sample.AddCustomerAsync(tenant);
        }

        (int again, JsonElement secondReport) = await sample.RunAsync("offboard-acme");

        AssertNamed(again, secondReport);
        Assert.Equal(Reports(report), Reports(secondReport));
        await AssertPurgedAsync(sample, _ => 1);
    }

    [Fact]
    public async Task A_retention_run_in_chunks_goes_on_where_a_killed_worker_had_stopped()
    {
        await using FleetSample sample = await FleetSample.CreateAsync();
        DateTime today = DateTime.UtcNow.Date;
        string runId = string.Create(CultureInfo.InvariantCulture, $"retention-{today:yyyy-MM-dd}");
        string old = string.Create(CultureInfo.InvariantCulture, $"FROM \"Orders\" WHERE \"PlacedOn\" < '{today.AddYears(-7):yyyy-MM-dd}'");
        long before = await sample.ScalarAsync<long>(Held, $"SELECT COUNT(*) {old}");

        // The last of the old orders is in use, so that the run waits after its first transactions.
        await using NpgsqlConnection user = await sample.OpenAsync(Held);
        await using NpgsqlTransaction use = await user.BeginTransactionAsync(CancellationToken);
        await using var command = new NpgsqlCommand($"SELECT \"Id\" {old} ORDER BY \"Id\" DESC LIMIT 1 FOR UPDATE", user, use);
        await command.ExecuteNonQueryAsync(CancellationToken);
        var workers = ((string[])["first", "second"]).ToDictionary(name => name, name => sample.StartWorker(name));
        FleetProcess run = sample.Start("run", runId);
        string killed = await WaitingAsync(sample, workers);
        long left = await sample.ScalarAsync<long>(Held, $"SELECT COUNT(*) {old}");
        await workers[killed].KillAsync();
        await use.RollbackAsync(CancellationToken);
        int exitCode = await run.EndAsync();

        JsonElement report = await ReadAsync(sample);
        FleetProcess other = workers.Single(worker => worker.Key != killed).Value;
        Assert.InRange(left, 1, before - 1);
        Assert.Contains($"{runId} {Held}: Complete, {3 * before} rows", other.Text, StringComparison.Ordinal);
        Assert.Equal((0, "Complete"), (exitCode, report.GetProperty("verdict").GetString()));
        Assert.Equal(40 * 3 * before, report.GetProperty("rowsDeleted").GetInt64());
        foreach (string tenant in FleetSample.Tenants)
        {
            Assert.Equal(0, await sample.ScalarAsync<long>(tenant, $"SELECT COUNT(*) {old}"));
            Assert.Equal(90 - before, await sample.ScalarAsync<long>(tenant, "SELECT COUNT(*) FROM \"Orders\""));
        }

        // The trigger of the night names the same run, which has ended.
        FleetProcess nightly = sample.StartWorker("third", ("FLEET_NIGHTLY", "* * * * * ?"));
        await FleetProcess.FirstAsync($"{runId} {Held}: Complete, {3 * before} rows", nightly);
    }

    private static IEnumerable<string> Healthy => FleetSample.Tenants.Where(tenant => tenant is not (Missing or Drifted));

    private static async Task<JsonElement> ReadAsync(FleetSample sample)
        => JsonElement.Parse(await File.ReadAllTextAsync(Path.Combine(sample.Folder, "fleet.json"), CancellationToken));

    // 38 done, two named.
    private static void AssertNamed(int exitCode, JsonElement report)
    {
        Dictionary<string, JsonElement> targets = report.GetProperty("targets").EnumerateArray()
            .ToDictionary(target => target.GetProperty("target").GetString()!);
        Assert.Equal((1, "Failed"), (exitCode, report.GetProperty("verdict").GetString()));
        Assert.Equal(38 * RowsOfPartner, report.GetProperty("rowsDeleted").GetInt64());
        Assert.Equal(FleetSample.Tenants, targets.Keys);
        Assert.All(Healthy, tenant => Assert.Equal(
            ("Complete", RowsOfPartner, true),
            (
                targets[tenant].GetProperty("verdict").GetString(),
                targets[tenant].GetProperty("report").GetProperty("rowsDeleted").GetInt32(),
                targets[tenant].GetProperty("isFromReceipt").GetBoolean())));
        Assert.Contains("does not exist", targets[Missing].GetProperty("summary").GetString(), StringComparison.Ordinal);
        Assert.Contains("Partner", targets[Drifted].GetProperty("summary").GetString(), StringComparison.Ordinal);
    }

    private static async Task AssertPurgedAsync(FleetSample sample, Func<string, long> customers)
    {
        foreach (string tenant in Healthy)
        {
            Assert.Equal(
                (tenant, customers(tenant), 4),
                (tenant, await sample.CountAsync(tenant, "acme"), await sample.CountAsync(tenant, "globex")));
        }
    }

    // The reports of the targets that were purged.
    private static string[] Reports(JsonElement fleet)
        => [.. fleet.GetProperty("targets").EnumerateArray()
            .Where(target => target.GetProperty("isFromReceipt").GetBoolean())
            .Select(target => target.GetProperty("report").GetRawText())];

    // Which worker waits for the order that is in use.
    private static async Task<string> WaitingAsync(FleetSample sample, Dictionary<string, FleetProcess> workers)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            string name = await sample.ScalarAsync<string>(
                Held,
                "SELECT COALESCE((SELECT application_name FROM pg_stat_activity WHERE datname = current_database() "
                    + "AND wait_event_type = 'Lock' LIMIT 1), '')");
            if (workers.ContainsKey(name))
            {
                return name;
            }

            string all = string.Join("\n\n", workers.Values.Select(worker => worker.Text));
            Assert.True(Stopwatch.GetElapsedTime(start) < Limit, $"No worker waits: {all}");
            await Task.Delay(20, CancellationToken);
        }
    }
}
