using System.Data;
using FloworxPurge.Connections;
using FloworxPurge.Reading;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Schema;

/// <summary>What a driver's collections of metadata tell is understood by their columns, whichever driver it is.</summary>
public sealed class DriverMetadataTests
{
    [Fact]
    public void Keys_are_read_from_a_collection_of_columns_and_one_of_rules()
    {
        // As MySql.Data reports them: one key of two columns, whose order is not that of the rows.
        DriverForeignKeys keys = DriverForeignKeys.Read(
            [
                Table(
                    "CONSTRAINT_SCHEMA, CONSTRAINT_NAME, TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, "
                        + "REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME",
                    "shop, fk, def, shop, lines, order_no, 2, shop, orders, no",
                    "shop, fk, def, shop, lines, order_year, 1, shop, orders, year",
                    "shop, PRIMARY, def, shop, lines, id, 1, , , "),
                Table(
                    "constraint_schema, constraint_name, table_schema, table_name, delete_rule, referenced_table_name",
                    "shop, fk, shop, lines, CASCADE, orders"),
            ],
            DatabaseAsSchema());

        Assert.True(keys.AreListed);
        ForeignKey key = Assert.Single(keys.Keys);
        Assert.Equal("fk: lines(order_year, order_no) -> orders(year, no)", key.ToString());
        Assert.Equal(ReferentialAction.Cascade, key.OnDelete);
        Assert.True(key.IsEnforced);
    }

    [Fact]
    public void A_key_of_a_table_in_another_database_keeps_its_full_name_and_one_to_another_database_is_left_out()
    {
        DriverForeignKeys keys = DriverForeignKeys.Read(
            [
                Table(
                    "CONSTRAINT_NAME, TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, REFERENCED_TABLE_SCHEMA, "
                        + "REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME",
                    "fk_in, def, billing, invoices, order_id, 1, shop, orders, id",
                    "fk_out, def, shop, orders, invoice_id, 1, billing, invoices, id"),
            ],
            DatabaseAsSchema());

        Assert.Equal("fk_in: billing.invoices(order_id) -> orders(id)", Assert.Single(keys.Keys).ToString());
    }

    [Fact]
    public void Keys_are_read_from_the_unique_constraints_that_they_reference()
    {
        // As the SQL standard's information schema reports them.
        DriverForeignKeys keys = DriverForeignKeys.Read(
            [
                Table(
                    "CONSTRAINT_SCHEMA, CONSTRAINT_NAME, TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, ORDINAL_POSITION, "
                        + "POSITION_IN_UNIQUE_CONSTRAINT",
                    "dbo, pk_orders, shop, dbo, orders, year, 1, ",
                    "dbo, pk_orders, shop, dbo, orders, no, 2, ",
                    "dbo, fk_lines, shop, dbo, lines, order_no, 1, 2",
                    "dbo, fk_lines, shop, dbo, lines, order_year, 2, 1"),
                Table(
                    "CONSTRAINT_SCHEMA, CONSTRAINT_NAME, UNIQUE_CONSTRAINT_SCHEMA, UNIQUE_CONSTRAINT_NAME, DELETE_RULE",
                    "dbo, fk_lines, dbo, pk_orders, SET NULL"),
            ],
            DriverNames.Of("shop", hasSchemas: true, Table("TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME", "shop, dbo, orders")));

        ForeignKey key = Assert.Single(keys.Keys);
        Assert.Equal("fk_lines: dbo.lines(order_no, order_year) -> dbo.orders(no, year)", key.ToString());
        Assert.Equal(ReferentialAction.SetNull, key.OnDelete);
    }

    [Fact]
    public void A_key_without_a_rule_has_no_action()
    {
        DriverForeignKeys keys = DriverForeignKeys.Read(
            [
                Table("CONSTRAINT_NAME, TABLE_NAME, COLUMN_NAME, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME, "
                    + "ORDINAL_POSITION", "fk, lines, order_id, orders, id, 1")],
            DriverNames.Of("/data/shop.fdb", hasSchemas: true, Table("TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME", ", , orders")));

        ForeignKey key = Assert.Single(keys.Keys);
        Assert.Equal("fk: lines(order_id) -> orders(id)", key.ToString());
        Assert.Equal(ReferentialAction.NoAction, key.OnDelete);
    }

    [Fact]
    public void Keys_that_are_only_named_are_not_reported()
    {
        DriverForeignKeys keys = DriverForeignKeys.Read(
            [
                Table(
                    "CONSTRAINT_NAME, TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_TYPE",
                    "fk, shop, dbo, lines, FOREIGN KEY",
                    "pk, shop, dbo, lines, PRIMARY KEY"),
                Table("CONSTRAINT_NAME, TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME, CONSTRAINT_TYPE", "fk, shop, dbo, lines, FOREIGN KEY"),
            ],
            DriverNames.Of("shop", hasSchemas: true, tables: null));

        Assert.False(keys.AreListed);
        Assert.Empty(keys.Keys);
        Assert.Equal(new KeyWithoutPrincipal(new TableName("dbo", "lines"), "fk"), Assert.Single(keys.WithoutPrincipal));
    }

    [Theory]
    [InlineData("Foreign Keys")]
    [InlineData("ForeignKeyColumns")]
    [InlineData("KeyColumnUsage")]
    [InlineData("ReferentialConstraints")]
    [InlineData("REFERENTIAL_CONSTRAINTS")]
    public void Collections_that_may_tell_about_keys_are_known_by_their_names(string collection)
        => Assert.True(DriverForeignKeys.MayBeToldBy(collection));

    [Theory]
    [InlineData("Tables")]
    [InlineData("ReservedWords")]
    [InlineData("Indexes")]
    public void Others_are_not_read(string collection)
        => Assert.False(DriverForeignKeys.MayBeToldBy(collection));

    [Fact]
    public void A_database_is_found_in_the_catalog_or_in_the_schema_or_nowhere()
    {
        var byCatalog = DriverNames.Of(
            "shop",
            hasSchemas: true,
            Table("TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME", "shop, dbo, orders", "other, dbo, orders"));
        DriverNames bySchema = DatabaseAsSchema();
        var nowhere = DriverNames.Of("/data/shop.fdb", hasSchemas: false, Table("TABLE_NAME", "orders"));

        Assert.Equal(new TableName("dbo", "orders"), byCatalog.Own("Shop", "dbo", "orders"));
        Assert.Null(byCatalog.Own("other", "dbo", "orders"));
        Assert.Equal(new TableName(null, "orders"), bySchema.Own("def", "shop", "orders"));
        Assert.Null(bySchema.Own("def", "mysql", "user"));
        Assert.Equal(new TableName(null, "orders"), nowhere.Own(null, null, "orders"));
        Assert.True(bySchema.DatabaseIsSchema);
        Assert.False(byCatalog.DatabaseIsSchema);
    }

    [Fact]
    public void An_empty_database_takes_no_tables_from_others()
        => Assert.Null(
            DriverNames.Of("empty", hasSchemas: true, Table("TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME", "def, mysql, user")).Own("def", "mysql", "user"));

    private static DriverNames DatabaseAsSchema()
        => DriverNames.Of(
            "shop",
            hasSchemas: true,
            Table("TABLE_CATALOG, TABLE_SCHEMA, TABLE_NAME", "def, mysql, user", "def, shop, orders"));

    private static DataTable Table(string columns, params string[] rows)
    {
        var table = new DataTable { Locale = System.Globalization.CultureInfo.InvariantCulture };
        foreach (string column in columns.Split(", "))
        {
            table.Columns.Add(column);
        }

        foreach (string row in rows)
        {
            table.Rows.Add([.. row.Split(',').Select(cell => cell.Trim()).Select(cell => cell.Length == 0 ? (object)DBNull.Value : cell)]);
        }

        return table;
    }
}
