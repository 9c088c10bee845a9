using System.Text;
using FloworxPurge.Planning;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Dialects;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>The queries and references that SQL Server would get: approved texts, since there is no server.</summary>
public sealed class SqlServerRowScopeTests
{
    [Fact]
    public void Scopes()
    {
        string name = "O'Hara";
        int[] ids = [1, 2];
        var text = new StringBuilder();
        Add(text, RowShop.People, options => options
            .Rows<Person>(p => p.Name == name && ids.Contains(p.Id))
            .Rows<Person>(people => people.OrderBy(p => p.Id).Take(2))
            .Keep<Position>(p => p.Number == 1));
        Add(text, RowShop.Tenants, options => options.Rows<IHasTenant>(x => x.TenantKey == 17));
        Add(text, InheritanceModels.TablePerHierarchy, options => options.Rows<Dog>(dog => dog.Breed == "Boxer"));
        Add(text, InheritanceModels.TablePerType, options => options.Rows<Dog>(dog => dog.Breed == "Boxer"));
        Add(text, InheritanceModels.TablePerConcreteType, options => options.Rows<Animal>(animal => animal.Id > 1));
        Add(text, RowReferenceModels.SplitEntity, options => options.Rows<Split>(row => row.Second == "x"));
        Snapshot.Match("sqlserver.row-scopes", text.ToString());
    }

    private static void Add(StringBuilder text, ModelCase model, Action<PurgeOptions> configure)
    {
        using ScenarioContext context = SqlServerLive.Context(model.Build);
        var options = new PurgeOptions();
        configure(options);
        RowScope scope = ScopeReading.Read([context], SqlServerLive.Of(context), options.ToSettings(), SqlServerLive.Dialect);
        foreach (RowQuery query in scope.Queries)
        {
            text.AppendLine($"== {query.Text} on {query.Table}({string.Join(", ", query.KeyColumns)})")
                .AppendLine(query.Command.Script)
                .AppendLine(query.Command.Sql)
                .AppendLine(query.Unfiltered is null ? "no filter applies" : query.Unfiltered.Sql);
            _ = TransactSql.Parse(query.Command.Script);
            _ = TransactSql.Parse(query.Command.Sql);
        }

        foreach (RowReference reference in scope.References)
        {
            text.AppendLine($"-- {reference.Key}: {reference.Action}, {reference.Reason}");
        }

        text.AppendLine();
    }
}
