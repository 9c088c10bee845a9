using FloworxPurge.Planning;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>What happens to rows that reference deleted ones is decided for each foreign key.</summary>
public abstract class RowReferenceConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task The_delete_behaviour_of_the_model_decides()
    {
        RowScope scope = await ReadAsync(RowReferenceModels.Behaviours, options => options.Rows<Root>(root => root.Id > 1));

        Assert.Equal(
            [
                "Children(CascadeId) -> Roots(Id): Follow, the model has Cascade",
                "Children(ClientCascadeId) -> Roots(Id): Follow, the model has ClientCascade",
                "Children(ClientNoActionId) -> Roots(Id): Block, the model has ClientNoAction",
                "Children(ClientSetNullId) -> Roots(Id): Detach, the model has ClientSetNull",
                "Children(NoActionId) -> Roots(Id): Block, the model has NoAction",
                "Children(RequiredId) -> Roots(Id): Block, the model has ClientSetNull, and no column accepts NULL",
                "Children(RestrictId) -> Roots(Id): Block, the model has Restrict",
                "Children(SetNullId) -> Roots(Id): Detach, the model has SetNull",
                "Children(Tenant, PairId) -> Roots(Tenant, Id): Detach, the model has ClientSetNull",
                "Grandchildren(ChildId) -> Children(Id): Follow, the model has Cascade",
            ],
            Describe(scope));
        Assert.All(scope.References, reference => Assert.True(reference.Key.IsEnforced));
        Assert.Equal(
            ["PairId"],
            scope.References.Single(reference => reference.Key.DependentColumns.Count == 2).Key.NullableColumns);
    }

    [Fact]
    public async Task Only_references_to_tables_that_can_be_reached_are_there()
    {
        RowScope scope = await ReadAsync(RowReferenceModels.Behaviours, options => options.Rows<Child>(child => child.Id > 1));

        Assert.Equal(["Grandchildren(ChildId) -> Children(Id): Follow, the model has Cascade"], Describe(scope));
    }

    [Fact]
    public async Task An_explicit_action_beats_the_model()
    {
        RowScope scope = await ReadAsync(RowReferenceModels.Behaviours, options => options
            .Rows<Root>(root => root.Id > 1)
            .OnReference<Child>(child => child.Restrict, ReferenceAction.Follow)
            .OnReference<Child>(child => child.CascadeId, ReferenceAction.Detach)
            .OnReference<Child>(child => child.ClientCascadeId, ReferenceAction.Block)
            .OnReference<Grandchild>(row => row.Child, ReferenceAction.Block));

        Assert.Contains("Children(RestrictId) -> Roots(Id): Follow, OnReference<Child>(child => child.Restrict, Follow)", Describe(scope));
        Assert.Contains("Children(CascadeId) -> Roots(Id): Detach, OnReference<Child>(child => child.CascadeId, Detach)", Describe(scope));
        Assert.Contains(
            "Children(ClientCascadeId) -> Roots(Id): Block, OnReference<Child>(child => child.ClientCascadeId, Block)",
            Describe(scope));
        Assert.Contains("Grandchildren(ChildId) -> Children(Id): Block, OnReference<Grandchild>(row => row.Child, Block)", Describe(scope));
    }

    [Fact]
    public async Task A_table_that_is_excluded_blocks_and_an_explicit_action_into_it_is_refused()
    {
        RowScope scope = await ReadAsync(
            RowReferenceModels.Behaviours,
            options => options.Rows<Child>(child => child.Id > 1).Exclude<Grandchild>());

        string child = Engine.HasSchemas ? $"{Engine.DefaultSchema}.Grandchildren" : "Grandchildren";
        Assert.Equal([$"Grandchildren(ChildId) -> Children(Id): Block, {child} is excluded"], Describe(scope));

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => ReadAsync(
            RowReferenceModels.Behaviours,
            options => options
                .Rows<Root>(root => root.Id > 1)
                .Exclude<Grandchild>()
                .OnReference<Grandchild>(row => row.Child, ReferenceAction.Follow)
                .OnReference<Child>(row => row.RequiredId, ReferenceAction.Detach)
                .OnReference<Child>(row => row.Cascade, ReferenceAction.Block)
                .OnReference<Child>(row => row.CascadeId, ReferenceAction.Detach)));

        Assert.Contains("OnReference<Grandchild>(row => row.Child, Follow) would delete rows", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"but {child} is excluded. Use Block, or remove what keeps the table.", refused.Message, StringComparison.Ordinal);
        Assert.Contains("OnReference<Child>(row => row.RequiredId, Detach) cannot detach rows", refused.Message, StringComparison.Ordinal);
        Assert.Contains(
            "OnReference<Child>(row => row.Cascade, Block) and OnReference<Child>(row => row.CascadeId, Detach) contradict each other",
            refused.Message,
            StringComparison.Ordinal);
        Assert.Equal(3, refused.Message.Split(Environment.NewLine).Length);
    }

    [Fact]
    public async Task A_key_that_only_the_database_knows_blocks_unless_dependents_are_included()
    {
        const string Sql = """
            CREATE TABLE "Others" ("Id" int PRIMARY KEY, "ChildId" int,
                CONSTRAINT "FK_Others" FOREIGN KEY ("ChildId") REFERENCES "Children" ("Id") ON DELETE CASCADE)
            """;
        RowScope scope = await ReadAsync(RowReferenceModels.Behaviours, options => options.Rows<Child>(child => child.Id > 1), Sql);

        string others = Engine.HasSchemas ? $"{Engine.DefaultSchema}.Others" : "Others";
        Assert.Contains($"Others(ChildId) -> Children(Id): Block, {others} is not in the model", Describe(scope));

        scope = await ReadAsync(
            RowReferenceModels.Behaviours,
            options => options.Rows<Child>(child => child.Id > 1).OnBlocked = OnBlocked.IncludeDependents,
            Sql);

        Assert.Contains(
            $"Others(ChildId) -> Children(Id): Follow, {others} is not in the model, and OnBlocked is IncludeDependents",
            Describe(scope));
    }

    [Fact]
    public async Task The_tables_of_one_entity_are_tied_in_both_directions()
    {
        RowScope hierarchy = await ReadAsync(InheritanceModels.TablePerType, options => options.Rows<Puppy>(puppy => puppy.Weeks > 1));

        Assert.Equal(
            [
                "Animals(Id) -> Cats(Id): Follow, tie",
                "Animals(Id) -> Dogs(Id): Follow, tie",
                "Animals(MotherId) -> Animals(Id): Block, the model has Restrict",
                "Cats(Id) -> Animals(Id): Follow, tie",
                "Dogs(Id) -> Animals(Id): Follow, tie",
                "Dogs(Id) -> Puppies(Id): Follow, tie",
                "Puppies(Id) -> Dogs(Id): Follow, tie",
                "Walks(DogId) -> Dogs(Id): Follow, the model has Cascade",
            ],
            Describe(hierarchy));
        Assert.Equal(
            [false, true],
            hierarchy.References
                .Where(reference => Describe(reference) is "Animals(Id) -> Dogs(Id): Follow, tie" or "Dogs(Id) -> Animals(Id): Follow, tie")
                .Select(reference => reference.Key.IsEnforced));

        RowScope split = await ReadAsync(RowReferenceModels.SplitEntity, options => options.Rows<Split>(row => row.Second == ""));

        Assert.Equal(Name("Firsts"), Assert.Single(split.Queries).Table);
        Assert.Equal(["Firsts(Id) -> Seconds(Id): Follow, tie", "Seconds(Id) -> Firsts(Id): Follow, tie"], Describe(split));
    }

    [Fact]
    public async Task A_reference_to_a_hierarchy_with_a_table_for_each_concrete_type_is_known_by_the_model_alone()
    {
        RowScope scope = await ReadAsync(InheritanceModels.TablePerConcreteType, options => options.Rows<Dog>(dog => dog.Id > 1));

        Assert.Contains("Walks(DogId) -> Dogs(Id): Follow, the model has Cascade", Describe(scope));
        Assert.Contains("Walks(DogId) -> Puppies(Id): Follow, the model has Cascade", Describe(scope));
        Assert.Contains("Cats(MotherId) -> Dogs(Id): Block, the model has Restrict", Describe(scope));
        Assert.All(scope.References, reference => Assert.False(reference.Key.IsEnforced));
    }

    [Fact]
    public async Task A_declared_reference_has_the_rows_of_its_condition()
    {
        string type = "child";
        RowScope scope = await ReadAsync(RowReferenceModels.Behaviours, options => options
            .Rows<Child>(child => child.Id > 1)
            .Reference<Grandchild, Child>(row => row.TargetId, row => row.TargetType == type, ReferenceAction.Detach));

        RowReference reference = scope.References.Single(reference => reference.Key.DependentColumns[0] == "TargetId");
        Assert.StartsWith(
            "Grandchildren(TargetId) -> Children(Id): Detach, Reference<Grandchild, Child>(",
            Describe(reference),
            StringComparison.Ordinal);
        Assert.False(reference.Key.IsEnforced);
        Assert.Equal(["TargetId"], reference.Key.NullableColumns);
        Assert.Equal((Name("Grandchildren"), "Id"), (reference.Condition!.Table, Assert.Single(reference.Condition.KeyColumns)));
        Assert.Equal("child", Assert.Single(reference.Condition.Command.Parameters).Value);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => ReadAsync(
            RowReferenceModels.Behaviours,
            options => options.Rows<Child>(child => child.Id > 1).Reference<Grandchild, Child>(row => row.Other)));
        Assert.Contains("\"Other\" is stored as", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Orphans_are_reached_upwards()
    {
        RowScope scope = await ReadAsync(RowReferenceModels.Behaviours, options => options
            .Rows<Grandchild>(row => row.Id > 1)
            .RemoveOrphans<Child>()
            .RemoveOrphans<Root>());

        Assert.Equal([Name("Children"), Name("Roots")], scope.Orphans.Order());
        Assert.Equal(10, scope.References.Count);
    }

    [Fact]
    public async Task Of_several_relationships_over_one_key_the_most_careful_decides()
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext first = RowReferenceModels.Behaviours.CreateContext(database);
        await using ScenarioContext second = RowReferenceModels.Restricted.CreateContext(database);
        await first.CreateTablesAsync(CancellationToken);

        RowScope scope = await ScopeReading.ReadAsync(Engine, options => options.Rows<Child>(child => child.Id > 1), first, second);

        Assert.Equal(["Grandchildren(ChildId) -> Children(Id): Block, the model has Restrict"], Describe(scope));

        scope = await ScopeReading.ReadAsync(
            Engine,
            options => options.Rows<Child>(child => child.Id > 1).OnReference<Grandchild>(row => row.Child, ReferenceAction.Follow),
            first,
            second);

        Assert.Equal(
            ["Grandchildren(ChildId) -> Children(Id): Follow, OnReference<Grandchild>(row => row.Child, Follow)"],
            Describe(scope));
    }

    [Fact]
    public async Task The_rows_of_a_many_to_many_relationship_are_followed_and_named_by_their_key()
    {
        RowScope scope = await ReadAsync(RowRefusalModels.Joined, options => options.Rows<Topic>(topic => topic.Id > 1));

        Assert.Equal(["CustomerTopic(TopicsId) -> Topics(Id): Follow, the model has Cascade"], Describe(scope));

        scope = await ReadAsync(RowRefusalModels.Joined, options => options
            .Rows<Topic>(topic => topic.Id > 1)
            .OnReference<Dictionary<string, object>>(row => row["TopicsId"], ReferenceAction.Block));

        Assert.Equal(
            ["CustomerTopic(TopicsId) -> Topics(Id): Block, OnReference<Dictionary`2>(row => row[\"TopicsId\"], Block)"],
            Describe(scope));
    }

    [Fact]
    public async Task A_declared_reference_of_a_derived_type_is_that_of_its_rows_alone()
    {
        RowScope scope = await ReadAsync(InheritanceModels.TablePerHierarchy, options => options
            .Rows<Walk>(walk => walk.Id > 1)
            .Reference<Puppy, Walk>(puppy => puppy.Weeks));

        RowReference reference = Assert.Single(scope.References, reference => reference.Key.DependentColumns[0] == "Weeks");
        Assert.Contains("Puppy", reference.Condition!.Command.Script, StringComparison.Ordinal);
        Assert.Equal(Name("Animals"), reference.Condition.Table);
    }

    [Fact]
    public async Task A_reference_of_a_base_type_is_not_named_by_a_derived_one()
    {
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => ReadAsync(
            InheritanceModels.TablePerType,
            options => options
                .Rows<Puppy>(puppy => puppy.Weeks > 1)
                .OnReference<Dog>(dog => dog.MotherId, ReferenceAction.Follow)
                .RemoveOrphans<Animal>()
                .RemoveOrphans<Dog>()));

        Assert.Equal(
            [
                "OnReference<Dog>(dog => dog.MotherId, Follow): \"MotherId\" of Dog is declared by Animal, whose other types have it, too. "
                    + "Use OnReference<Animal>.",
                "RemoveOrphans<Animal>() names Animal, whose rows are stored in several tables. Delete its orphans with Rows and a "
                    + "query.",
                "RemoveOrphans<Dog>() names Dog, which is derived from Animal: its table also holds rows of other types. Name "
                    + "Animal.",
            ],
            refused.Message.Split(Environment.NewLine));
    }

    private static string[] Describe(RowScope scope) => [.. scope.References.Select(Describe)];

    private static string Describe(RowReference reference)
    {
        ForeignKey key = reference.Key;
        string from = $"{key.Dependent.Name}({string.Join(", ", key.DependentColumns)})";
        string to = $"{key.Principal.Name}({string.Join(", ", key.PrincipalColumns)})";
        return $"{from} -> {to}: {reference.Action}, {(reference.IsTie ? "tie" : reference.Reason)}";
    }

    private async Task<RowScope> ReadAsync(ModelCase model, Action<PurgeOptions> configure, string? sql = null)
    {
        await using TestDatabase database = await Engine.CreateDatabaseAsync();
        await using ScenarioContext context = model.CreateContext(database);
        await context.CreateTablesAsync(CancellationToken);
        if (sql is not null)
        {
            await database.ExecuteAsync(sql, CancellationToken);
        }

        return await ScopeReading.ReadAsync(Engine, configure, context);
    }
}

public sealed class SqliteRowReferenceConformance() : RowReferenceConformance(Engine.Sqlite);

public sealed class PostgreSqlRowReferenceConformance() : RowReferenceConformance(Engine.PostgreSql);

public sealed class MariaDbRowReferenceConformance() : RowReferenceConformance(Engine.MariaDb);
