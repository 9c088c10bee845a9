using FloworxPurge.Tests.Servers;
using IntegrationTests;

[assembly: AssemblyFixture(typeof(PostgreSqlServer))]

namespace IntegrationTests;

// Collections run at the same time, each on a database of its own; the tests of one collection run one after the other on theirs.
[CollectionDefinition(nameof(FirstSqlite))]
public sealed class FirstSqlite : ICollectionFixture<SqliteShop>;

[CollectionDefinition(nameof(SecondSqlite))]
public sealed class SecondSqlite : ICollectionFixture<SqliteShop>;

[CollectionDefinition(nameof(OnPostgreSql))]
public sealed class OnPostgreSql : ICollectionFixture<PostgreSqlShop>;

[Collection(nameof(FirstSqlite))]
public sealed class SqliteOrderTests(SqliteShop shop) : OrderTests(shop);

[Collection(nameof(SecondSqlite))]
public sealed class OtherSqliteOrderTests(SqliteShop shop) : OrderTests(shop);

[Collection(nameof(OnPostgreSql))]
public sealed class PostgreSqlOrderTests(PostgreSqlShop shop) : OrderTests(shop);
