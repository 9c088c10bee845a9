using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Hierarchies of entity types, whichever tables they are stored in.</summary>
public abstract class InheritanceConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task In_one_table_for_the_hierarchy_keeping_a_derived_type_keeps_that_table()
    {
        Assert.Equal(["Animals"], await KeptByAsync(InheritanceModels.TablePerHierarchy, options => options.Exclude<Cat>()));
        Assert.Equal(["Animals"], await KeptByAsync(InheritanceModels.TablePerHierarchy, options => options.Exclude<Animal>()));
    }

    [Fact]
    public async Task In_a_table_for_each_type_keeping_a_derived_type_keeps_its_base_tables_too()
    {
        Assert.Equal(["Animals", "Cats"], await KeptByAsync(InheritanceModels.TablePerType, options => options.Exclude<Cat>()));
        Assert.Equal(
            ["Animals", "Dogs", "Puppies"],
            await KeptByAsync(InheritanceModels.TablePerType, options => options.Exclude<Puppy>()));
        Assert.Equal(["Animals", "Dogs", "Puppies"], await KeptByAsync(InheritanceModels.TablePerType, options => options.Exclude<Dog>()));
        Assert.Equal(
            ["Animals", "Cats", "Dogs", "Puppies"],
            await KeptByAsync(InheritanceModels.TablePerType, options => options.Exclude<Animal>()));
    }

    [Fact]
    public async Task In_a_table_for_each_concrete_type_keeping_a_type_keeps_its_own_and_the_derived_tables()
    {
        Assert.Equal(["Puppies"], await KeptByAsync(InheritanceModels.TablePerConcreteType, options => options.Exclude<Puppy>()));
        Assert.Equal(["Dogs", "Puppies"], await KeptByAsync(InheritanceModels.TablePerConcreteType, options => options.Exclude<Dog>()));
        Assert.Equal(
            ["Cats", "Dogs", "Puppies"],
            await KeptByAsync(InheritanceModels.TablePerConcreteType, options => options.Exclude<Animal>()));
    }

    [Fact]
    public async Task Including_a_derived_type_purges_every_table_that_stores_it()
    {
        Assert.Equal(
            ["Animals", "Cats", "Dogs"],
            await KeptByAsync(InheritanceModels.TablePerType, options => options.Include("Puppies").Include<Walk>()));
        Assert.Equal(["Cats", "Walks"], await KeptByAsync(InheritanceModels.TablePerConcreteType, options => options.Include<Dog>()));
    }

    [Fact]
    public async Task The_plan_names_the_types_that_a_table_stores()
    {
        await using TestDatabase database = await CreateAsync(InheritanceModels.TablePerType);
        await using ScenarioContext context = InheritanceModels.TablePerType.CreateContext(database);

        var plan = await Engine.Purger().PlanAsync(context, CancellationToken);

        Assert.Equal(["Animal", "Cat", "Dog", "Puppy"], plan.Tables.Single(table => table.Table.Name == "Animals").EntityTypes);
        Assert.Equal(["Dog", "Puppy"], plan.Tables.Single(table => table.Table.Name == "Dogs").EntityTypes);
    }
}

public sealed class SqliteInheritanceConformance() : InheritanceConformance(Engine.Sqlite);

public sealed class PostgreSqlInheritanceConformance() : InheritanceConformance(Engine.PostgreSql);

public sealed class AnsiInheritanceConformance() : InheritanceConformance(Engine.Ansi);

public sealed class MariaDbInheritanceConformance() : InheritanceConformance(Engine.MariaDb);
