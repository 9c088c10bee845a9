using System.Globalization;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

/// <summary>Names that SQL, format strings, parameters and file patterns mean something else by.</summary>
public static class NameModels
{
    public static IReadOnlyList<string> Tables { get; } =
    [
        "Order Details", " padded ", "select", "Group", "MixedCase", "T{0}", "{", "a.b", "public.c", "it's", "say \"hi\"", "\"", "@p0", ":name", "$1", "?q", "*",
        "--comment", "/*open", "semi;colon", "back\\slash", "[brackets]", "`tick`", "100%", "under_score%", "two\nlines", "tab\there", "Größe", "日本語", "🐘", "null", "_",
    ];

    public static ModelCase AwkwardNames { get; } = new(model => Build(model, schema: null)) { MoreRows = [.. Rows(schema: null)] };

    /// <summary>The same names in a schema whose own name is no better; schemas are left out where the engine has none.</summary>
    public static ModelCase AwkwardNamesInAnAwkwardSchema { get; } = new(model => Build(model, "a \"b\".{0} @p0"))
    {
        MoreRows = [.. Rows("a \"b\".{0} @p0")],
        Gap = engine => engine.HasSchemas ? null : $"{engine} has no schemas.",
    };

    /// <summary>Tables and columns that differ in nothing but case.</summary>
    public static ModelCase NamesThatDifferByCase { get; } = new(model =>
    {
        foreach (string name in (string[])["users", "Users", "USERS"])
        {
            model.SharedTypeEntity<Dictionary<string, object>>("entity " + name, entity =>
            {
                entity.ToTable(name);
                entity.IndexerProperty<int>("Id");
                entity.IndexerProperty<int?>("id");
                entity.IndexerProperty<string>("ID");
                entity.HasKey("Id");
                entity.HasOne("entity users", navigationName: null).WithMany().HasForeignKey("id");
            });
        }
    })
    {
        MoreRows = ["INSERT INTO users (\"ID\") VALUES ('a')", "INSERT INTO \"Users\" (id, \"ID\") VALUES (1, 'a')", "INSERT INTO \"USERS\" (id, \"ID\") VALUES (1, 'a')"],
        Gap = engine => engine.HasSchemas ? null : $"{engine} compares names without case.",
    };

    /// <summary>Every table references the one before it.</summary>
    private static void Build(ModelBuilder model, string? schema)
    {
        for (int i = 0; i < Tables.Count; i++)
        {
            string before = Tables[Math.Max(0, i - 1)];
            model.SharedTypeEntity<Dictionary<string, object>>(Entity(i), entity =>
            {
                entity.ToTable(Tables[i], schema);
                entity.IndexerProperty<int>("Id").HasColumnName("key of " + Tables[i]);
                entity.IndexerProperty<string>("Text").HasColumnName("{1}");
                entity.IndexerProperty<int?>("Before").HasColumnName(before);
                entity.HasKey("Id");
                entity.HasOne(Entity(Math.Max(0, i - 1)), navigationName: null).WithMany().HasForeignKey("Before");
            });
        }
    }

    private static string Entity(int index) => "entity " + index.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<string> Rows(string? schema) => Tables.Select((table, i) =>
        $"INSERT INTO {(schema is null ? "" : TestDatabase.Quote(schema) + ".")}{TestDatabase.Quote(table)} (\"{{1}}\", {TestDatabase.Quote(Tables[Math.Max(0, i - 1)])}) VALUES ('x', 1)");
}
