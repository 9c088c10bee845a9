using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance;

/// <summary>A query filter hides rows from the application, not from a purge.</summary>
public abstract class QueryFilterConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Rows_that_are_soft_deleted_or_belong_to_another_tenant_go_too()
    {
        await using TestDatabase database = await CreateAsync(QueryFilterModels.SoftDeleteAndTenants);
        await using ScenarioContext context = QueryFilterModels.SoftDeleteAndTenants.CreateContext(database);
        Assert.Equal(1, await context.Set<Document>().CountAsync(CancellationToken));

        PurgeReport report = await PurgeCompletelyAsync(database, context);

        Assert.Equal(7, report.RowsDeleted);
        Assert.Equal(3, report.Tables.Single(table => table.Table.Name == "Documents").RowsBefore);
        Assert.Equal(0, await context.Set<Document>().IgnoreQueryFilters().CountAsync(CancellationToken));
    }
}

public sealed class SqliteQueryFilterConformance() : QueryFilterConformance(Engine.Sqlite);

public sealed class PostgreSqlQueryFilterConformance() : QueryFilterConformance(Engine.PostgreSql);

public sealed class AnsiQueryFilterConformance() : QueryFilterConformance(Engine.Ansi);

public sealed class MariaDbQueryFilterConformance() : QueryFilterConformance(Engine.MariaDb);
