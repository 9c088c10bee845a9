using FloworxPurge.Tests.Conformance.Models;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Owned types are stored with their owner or beside it.</summary>
public abstract class OwnershipConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task Keeping_an_owned_type_keeps_the_tables_that_store_it_and_what_they_reference()
    {
        Assert.Equal(["Customers"], await KeptByAsync(OwnershipModels.Owned, options => options.Exclude<PostalAddress>()));
        Assert.Equal(["Customers"], await KeptByAsync(OwnershipModels.Owned, options => options.Exclude<Models.Customer>()));
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
        Assert.Equal(["Customers", "Passports"], await KeptByAsync(OwnershipModels.Owned, options => options.Include<PhoneNumber>().Include<PhoneCall>()));
    }
}

public sealed class SqliteOwnershipConformance() : OwnershipConformance(Engine.Sqlite);

public sealed class PostgreSqlOwnershipConformance() : OwnershipConformance(Engine.PostgreSql);

public sealed class AnsiOwnershipConformance() : OwnershipConformance(Engine.Ansi);

public sealed class MariaDbOwnershipConformance() : OwnershipConformance(Engine.MariaDb);

public sealed class MariaDbUnknownOwnershipConformance() : OwnershipConformance(Engine.MariaDbUnknown);
