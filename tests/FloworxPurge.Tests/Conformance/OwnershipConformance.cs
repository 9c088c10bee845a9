using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Owned types are stored with their owner or beside it.</summary>
public abstract class OwnershipConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Keeping_an_owned_type_keeps_the_tables_that_store_it_and_what_they_reference()
    {
        Assert.Equal(["Customers"], await KeptByAsync(OwnershipModels.Owned, options => options.Exclude<PostalAddress>()));
    }

    [Fact]
    public async Task Keeping_an_owner_keeps_the_tables_of_all_that_it_owns()
    {
        Assert.Equal(
            ["Calls", "Customers", "Passports", "Phones"],
            await KeptByAsync(OwnershipModels.Owned, options => options.Exclude<Models.Customer>()));
    }

    [Fact]
    public async Task An_owner_is_purged_with_the_tables_of_all_that_it_owns()
    {
        Assert.Empty(await KeptByAsync(OwnershipModels.Owned, options => options.Include<Models.Customer>()));
        Assert.Equal(["Customers", "Passports"], await KeptByAsync(OwnershipModels.Owned, options => options.Include<PhoneNumber>()));
    }

    [Fact]
    public async Task A_reset_keeps_and_empties_the_same_tables()
    {
        await using TestDatabase database = await CreateAsync(OwnershipModels.Owned);
        await using ScenarioContext context = OwnershipModels.Owned.CreateContext(database);
        IReadOnlyDictionary<string, long> before = await CountAsync(database);
        PurgeException nothing = await Assert.ThrowsAsync<PurgeException>(
            () => Engine.ResetterAsync(context, options => options.Exclude<Models.Customer>().Include("*")));

        Assert.StartsWith("There is no table to reset", nothing.Message, StringComparison.Ordinal);
        Assert.Equal(before, await CountAsync(database));

        await using DatabaseResetter emptying = await Engine.ResetterAsync(context, options => options.Include<Models.Customer>());
        await emptying.ResetAsync(CancellationToken);
        Assert.All((await CountAsync(database)).Values, rows => Assert.Equal(0, rows));
    }

    [Fact]
    public async Task Keeping_a_type_that_is_stored_as_JSON_keeps_its_owners_table()
    {
        Assert.Equal(["Parcels"], await KeptByAsync(OwnershipModels.OwnedAsJson, options => options.Exclude<Customs>()));
        Assert.Equal(["Parcels"], await KeptByAsync(OwnershipModels.OwnedAsJson, options => options.Exclude<ParcelEvent>()));
        Assert.Equal(["Parcels"], await KeptByAsync(OwnershipModels.OwnedAsJson, options => options.Exclude<Parcel>()));
    }

    [Fact]
    public async Task An_owned_collection_alone_can_be_purged()
    {
        Assert.Equal(
            ["Customers", "Passports"],
            await KeptByAsync(OwnershipModels.Owned, options => options.Include<PhoneNumber>().Include<PhoneCall>()));
    }
}

public sealed class SqliteOwnershipConformance() : OwnershipConformance(Engine.Sqlite);

public sealed class PostgreSqlOwnershipConformance() : OwnershipConformance(Engine.PostgreSql);

public sealed class AnsiOwnershipConformance() : OwnershipConformance(Engine.Ansi);

public sealed class MariaDbOwnershipConformance() : OwnershipConformance(Engine.MariaDb);
