using FloworxPurge.Engines;

namespace FloworxPurge.Tests.Dialects;

/// <summary>SQLite shows only in a table's definition whether it has AUTOINCREMENT.</summary>
public sealed class AutoIncrementTests
{
    [Theory]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY AUTOINCREMENT)")]
    [InlineData("create table t (Id integer primary key autoincrement)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY AutoIncrement, name TEXT)")]
    [InlineData("CREATE TABLE t (Id INTEGER, PRIMARY KEY (Id AUTOINCREMENT))")]
    [InlineData("CREATE TABLE t (Id INTEGER, PRIMARY KEY(Id AUTOINCREMENT)ON CONFLICT ABORT)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY\nAUTOINCREMENT\n)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY/**/AUTOINCREMENT/**/)")]
    [InlineData("CREATE TABLE t (name TEXT DEFAULT 'it''s', Id INTEGER PRIMARY KEY AUTOINCREMENT)")]
    [InlineData("CREATE TABLE t (-- it's the key\nId INTEGER PRIMARY KEY AUTOINCREMENT)")]
    [InlineData("CREATE TABLE t (/* it's \"the key */ Id INTEGER PRIMARY KEY AUTOINCREMENT)")]
    [InlineData("CREATE TABLE \"it's\" (\"a\"\"'\" TEXT, [b'\"] TEXT, `c``'` TEXT, Id INTEGER PRIMARY KEY AUTOINCREMENT)")]
    [InlineData("CREATE TABLE t (\"Id\"INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT DEFAULT '-- /*')")]
    public void A_table_that_is_declared_so_logs_its_numbers(string sql) => Assert.True(SqliteCatalog.IsAutoIncrement(sql));

    [Theory]
    [InlineData("")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, UsesAutoIncrement INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, AUTOINCREMENT_ INTEGER, _AUTOINCREMENT INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, AUTOINCREMENT$ INTEGER, a$AUTOINCREMENT INTEGER, ÄAUTOINCREMENT INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, 'AUTOINCREMENT' INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, \"AUTOINCREMENT\" INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, `AUTOINCREMENT` INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, [AUTOINCREMENT] INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, \"no \"\" AUTOINCREMENT\" INTEGER, `no `` AUTOINCREMENT` INTEGER)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, how TEXT DEFAULT 'it''s no AUTOINCREMENT')")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY, how TEXT CHECK (how <> 'AUTOINCREMENT'))")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY -- no AUTOINCREMENT\n)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY /* no\nAUTOINCREMENT */)")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY) /* no AUTOINCREMENT")]
    [InlineData("CREATE TABLE t (Id INTEGER PRIMARY KEY) -- no AUTOINCREMENT")]
    public void A_table_that_just_mentions_the_word_does_not(string sql) => Assert.False(SqliteCatalog.IsAutoIncrement(sql));
}
