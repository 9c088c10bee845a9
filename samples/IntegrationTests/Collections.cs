using FloworxPurge.Tests.Servers;
using IntegrationTests;

[assembly: AssemblyFixture(typeof(PostgreSqlServer))]

namespace IntegrationTests;

#region readme-parallel
// Collections run at the same time, each on its own database. The tests of one collection run one after the other.
[CollectionDefinition(nameof(FirstSqlite))]
public sealed class FirstSqlite : ICollectionFixture<SqliteShop>;

[CollectionDefinition(nameof(SecondSqlite))]
public sealed class SecondSqlite : ICollectionFixture<SqliteShop>;

[Collection(nameof(FirstSqlite))]
public sealed class SqliteOrderTests(SqliteShop shop) : OrderTests(shop);

[Collection(nameof(SecondSqlite))]
public sealed class OtherSqliteOrderTests(SqliteShop shop) : OrderTests(shop);
#endregion

[CollectionDefinition(nameof(OnPostgreSql))]
public sealed class OnPostgreSql : ICollectionFixture<PostgreSqlShop>;

[Collection(nameof(OnPostgreSql))]
public sealed class PostgreSqlOrderTests(PostgreSqlShop shop) : OrderTests(shop);
