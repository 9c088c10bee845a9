using FloworxPurge.Reporting;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Makes a case's database, purges rows of it, and compares the result with what the oracle worked out.</summary>
public sealed class ScopeProperties
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
    {
        var properties = new ScopeProperties(database, it);
        var sql = new ScopeSql(it, database);
        await database.ExecuteAsync(sql.Tables());
        await database.ExecuteUncheckedAsync(sql.Rows() + "SELECT 1");
        await properties.MustHoldAsync("the rows are written", properties._expected.Before);
        await properties.CheckAsync();
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
        await CheckScopeAsync(plan.Scope!, isPlan: true);
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
        PurgeReport report = await _purger.ExecuteAsync(context, plan);
        await MustHoldAsync("exactly the rows of the largest safe set are gone, and nothing else changed", _expected.After, plan.ToString());
        await CheckScopeAsync(report.Scope!, isPlan: false);
        PurgeVerdict verdict = _expected.Matched == 0 ? PurgeVerdict.NothingMatched
            : _expected.Result.Blocked.Count > 0 ? PurgeVerdict.CompleteWithSkips
            : PurgeVerdict.Complete;
        Must(report.Verdict == verdict, $"the verdict is {verdict}", report.Verdict.ToString(), report.Summary);
        int deleted = _columns.Tables.Sum(_expected.Deleted);
        Must(report.RowsDeleted == deleted, $"{deleted} rows are reported as deleted", report.RowsDeleted.ToString());
    }

    private Task CheckScopeAsync(PlanScope scope, bool isPlan)
    {
        string who = isPlan ? "the plan" : "the report";
        Must(scope.Matched == _expected.Matched, $"{who} counts the rows that the queries name", $"expected {_expected.Matched}, found {scope.Matched}");
        int blocked = _expected.Result.Blocked.Count;
        Must(scope.BlockedRows == blocked, $"{who} counts the rows that stay", $"expected {blocked}, found {scope.BlockedRows}", string.Join('\n', scope.Blocked));
        string queries = string.Join('\n', _case.Rules.SelectMany(_expected.Queries));
        string counted = string.Join('\n', scope.Queries.Select(query => $"{query.Keeps} {query.Table.Name} {query.Rows} {query.Hidden}"));
        Must(queries == counted, $"{who} counts the rows of each query, and those that a filter hides", queries, counted);
        int detached = _case.Keys.Sum(_expected.Detached);
        Must(scope.Detached == detached, $"{who} counts the rows that lose a reference", $"expected {detached}, found {scope.Detached}");
        foreach (ScopeKey key in _case.Keys)
        {
            long found = scope.References
                .Where(reference => Is(reference.ForeignKey, key) && reference.Action == ReferenceAction.Detach)
                .Sum(reference => reference.Rows ?? 0);
            Must(found == _expected.Detached(key), $"{who} counts the rows that lose {key.Name}", $"expected {_expected.Detached(key)}, found {found}");
        }

        return Task.CompletedTask;
    }

    // A declared reference has no name in the database.
    private bool Is(ForeignKey found, ScopeKey key)
        => found.DependentColumns.SequenceEqual(_columns.Columns(key)) && found.Dependent.Name == _columns.DependentTable(key)
            && found.Principal.Name == _columns.PrincipalTable(key);

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

    private static void Must(bool isSo, string property, params string[] details)
        => Assert.True(isSo, $"Property: {property}.\n{string.Join("\n--\n", details)}");
}
