using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Makes a case's database, purges rows of it, and compares the result with what the oracle worked out.</summary>
public sealed partial class ScopeProperties
{
    private readonly TestDatabase _database;
    private readonly ScopeCase _case;
    private readonly ScopeColumns _columns;
    private readonly ScopeExpectation _expected;
    private readonly Action<ModelBuilder> _buildModel;
    private readonly Purger _purger;

    private ScopeProperties(TestDatabase database, ScopeCase it)
    {
        _database = database;
        _case = it;
        _columns = new ScopeColumns(it);
        _expected = new ScopeExpectation(it);
        _buildModel = new ScopeModel(it).Build;
        _purger = new Purger(Configure);
    }

    /// <summary>Checks a case in an empty database.</summary>
    public static async Task CheckAsync(TestDatabase database, ScopeCase it)
        => await (await CreateAsync(database, it)).CheckAsync();

    private static async Task<ScopeProperties> CreateAsync(TestDatabase database, ScopeCase it)
    {
        var properties = new ScopeProperties(database, it);
        var sql = new ScopeSql(it, database);
        await database.ExecuteAsync(sql.Tables());
        await database.ExecuteUncheckedAsync(sql.Rows() + "SELECT 1");
        if (it.LooksLarge && database is PostgreSqlTestDatabase server)
        {
            await server.PretendLargeAsync();
        }

        await properties.MustHoldAsync("the rows are written", properties._expected.Before);
        return properties;
    }

    private async Task CheckAsync()
    {
        bool mustFail = _case.OnBlocked == OnBlocked.Fail && _expected.Result.Blocked.Count > 0;
        PurgePlan plan;
        try
        {
            await using var context = new ScenarioContext(_database, _buildModel);
            plan = await _purger.PlanAsync(context);
        }
        catch (PurgeException e) when (mustFail)
        {
            Assert.NotEmpty(e.Message);
            await MustHoldAsync("planning that fails changes nothing", _expected.Before);
            return;
        }

        Must(!mustFail, "no plan is made where a row is blocked and that is to fail", plan.ToString());
        await MustHoldAsync("planning changes nothing", _expected.Before);
        new ScopeCounts(_case, _expected).Check(plan.Scope!, "the plan");
        foreach (StoredTable table in _columns.Tables)
        {
            long planned = plan.Tables.Where(found => found.Table.Name == table.Name).Sum(found => found.Rows ?? 0);
            Must(
                planned == _expected.Deleted(table),
                $"the plan counts the rows to delete from {table.Name}",
                $"expected {_expected.Deleted(table)}, found {planned}",
                plan.ToString());
        }

        await RunAsync(plan);
    }

    private async Task RunAsync(PurgePlan plan)
    {
        await using var context = new ScenarioContext(_database, _buildModel);
        await using IDbContextTransaction? transaction = _case.JoinsTransaction ? await context.Database.BeginTransactionAsync() : null;
        PurgeReport report = await _purger.ExecuteAsync(context, plan);
        if (transaction is not null && _case.RollsBack)
        {
            await transaction.RollbackAsync();
            await MustHoldAsync("a rollback of the caller's transaction brings everything back", _expected.Before);
            return;
        }

        await (transaction?.CommitAsync() ?? Task.CompletedTask);
        await MustHoldAsync("exactly the largest safe set is gone, and nothing else changed", _expected.After, plan.ToString());
        new ScopeCounts(_case, _expected).Check(report.Scope!, "the report");
        PurgeVerdict verdict = _expected.Matched == _expected.Result.Blocked.Count ? PurgeVerdict.NothingMatched
            : _expected.Result.Blocked.Count > 0 ? PurgeVerdict.CompleteWithSkips
            : PurgeVerdict.Complete;
        Must(report.Verdict == verdict, $"the verdict is {verdict}", $"{report.Verdict}", report.Summary);
        int deleted = _columns.Tables.Sum(_expected.Deleted);
        Must(report.RowsDeleted == deleted, $"{deleted} rows are reported as deleted", $"{report.RowsDeleted}");
        if (_case.RunsTwice)
        {
            await RunAgainAsync();
        }
    }

    private async Task RunAgainAsync()
    {
        await using var context = new ScenarioContext(_database, _buildModel);
        PurgeReport report = await _purger.ExecuteAsync(context, await _purger.PlanAsync(context));
        await MustHoldAsync("a second run changes nothing", _expected.After, report.Summary);
        int blocked = _expected.Result.Blocked.Count;
        Must(
            report.RowsDeleted == 0 && report.Scope!.Matched == blocked && report.Scope.BlockedRows == blocked,
            "a second run finds the same rows blocked, and nothing else",
            report.Summary);
    }

    private async Task MustHoldAsync(string property, Func<StoredTable, IReadOnlyList<string>> expected, params string[] details)
    {
        await using var connection = await _database.OpenConnectionAsync();
        var differences = new List<string>();
        foreach (StoredTable table in _columns.Tables)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = ScopeSql.Select(table);
            await using var reader = await command.ExecuteReaderAsync();
            List<string> rows = [];
            while (await reader.ReadAsync())
            {
                rows.Add(ScopeExpectation.Text(Enumerable.Range(0, reader.FieldCount).Select(reader.GetValue)));
            }

            IReadOnlyList<string> wanted = expected(table);
            differences.AddRange(wanted.Except(rows).Select(row => $"{table.Name}: missing {row}"));
            differences.AddRange(rows.Except(wanted).Select(row => $"{table.Name}: found {row}"));
        }

        Must(differences.Count == 0, property, [.. differences, .. details]);
    }

    private void Configure(PurgeOptions options)
    {
        options.OnBlocked = _case.OnBlocked;
        options.BestEffort = _case.BestEffort;
        foreach (ScopeTable table in _case.Tables.Where(table => table.Place == TablePlace.Excluded))
        {
            ScopeClass.Of(table).Exclude(options);
        }

        foreach (ScopeRule rule in _case.Rules)
        {
            ScopeClass.Of(_case.Table(rule.Table)).Add(options, rule);
        }

        foreach (ScopeKey key in _case.Keys.Where(key => key.Source == KeySource.Declared))
        {
            ScopeClass.Of(_case.Table(key.Dependent)).Reference(
                options,
                ScopeClass.Of(_case.Table(key.Principal)),
                _columns.PropertyNames(key)[0],
                key);
        }

        foreach (ScopeKey key in _case.Keys.Where(key => key.Source != KeySource.Declared && key.Explicit is not null))
        {
            ScopeClass.Of(_case.Table(key.Dependent)).OnReference(options, _columns.PropertyNames(key)[^1], key.Explicit!.Value);
        }

        foreach (ScopeTable table in _case.Tables.Where(table => table.RemovesOrphans))
        {
            ScopeClass.Of(table).RemoveOrphans(options);
        }
    }

    internal static void Must(bool isSo, string property, params string[] details)
        => Assert.True(isSo, $"Property: {property}.\n{string.Join("\n--\n", details)}");
}
