using System.Globalization;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

/// <summary>Names that SQL, format strings, parameters and file patterns mean something else by.</summary>
public static class NameModels
{
    public static IReadOnlyList<string> Tables { get; } =
    [
        "Order Details", " padded", "select", "Group", "MixedCase", "T{0}", "{", "a.b", "public.c", "it's", "say \"hi\"", "\"", "@p0", ":name", "$1", "?q", "*",
        "--comment", "/*open", "semi;colon", "back\\slash", "[brackets]", "100%", "under_score%", "two\nlines", "tab\there", "Größe", "日本語", "null", "_",
    ];

    public static ModelCase AwkwardNames { get; } = new(model => Build(model, schema: null)) { MoreRows = [.. Rows(schema: null)] };

    /// <summary>
    /// Names that end in a space, of letters that take two units of UTF-16, and with the quote of MySQL, which its provider leaves out of
    /// CREATE INDEX.
    /// </summary>
    public static ModelCase NamesThatFewEnginesTake { get; } = new(model =>
    {
        foreach (string name in (string[])["padded ", "🐘", "`tick`"])
        {
            model.SharedTypeEntity<Dictionary<string, object>>("entity " + name, entity =>
            {
                entity.ToTable(name);
                entity.IndexerProperty<int>("Id").HasColumnName("key of " + name);
                entity.IndexerProperty<string>(name);
            });
        }
    })
    {
        MoreRows = [
            "INSERT INTO \"padded \" (\"padded \") VALUES ('x')",
            "INSERT INTO \"🐘\" (\"🐘\") VALUES ('x')",
            "INSERT INTO \"`tick`\" (\"`tick`\") VALUES ('x')"],
        Gap = engine => engine == Engine.MariaDb ? $"{engine} takes no such name." : null,
    };

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
        MoreRows = [
            "INSERT INTO users (\"ID\") VALUES ('a')",
            "INSERT INTO \"Users\" (id, \"ID\") VALUES (1, 'a')",
            "INSERT INTO \"USERS\" (id, \"ID\") VALUES (1, 'a')"],
        Gap = engine => engine == Engine.PostgreSql ? null : $"{engine} compares names of columns without case.",
    };

    /// <summary>
    /// Longer than the 63 bytes that PostgreSQL keeps of a name, in letters and in bytes; and no longer than the 64 letters of MariaDB, or
    /// the file of its table.
    /// </summary>
    public static ModelCase LongNames { get; } = new(model =>
    {
        foreach (string name in (string[])[Long('a'), Long('ä'), "short"])
        {
            model.SharedTypeEntity<Dictionary<string, object>>("entity " + name, entity =>
            {
                entity.ToTable(name);
                entity.IndexerProperty<int>("Id");
                entity.IndexerProperty<int?>("Other").HasColumnName(name);
                entity.HasKey("Id");
                entity.HasOne("entity " + Long('ä'), navigationName: null).WithMany().HasForeignKey("Other");
            });
        }
    })
    {
        MoreRows = [.. ((string[])[Long('ä'), Long('a'), "short"])
            .Select(name => $"INSERT INTO {TestDatabase.Quote(name)} ({TestDatabase.Quote(name)}) VALUES (1)")],
    };

    /// <summary>A table without a key, and one with a key that is not numbered, with a word of SQLite's in a column's name.</summary>
    public static ModelCase NamesWithSqlInThem { get; } = new(model =>
    {
        model.SharedTypeEntity<Dictionary<string, object>>("Numbered", entity => entity.IndexerProperty<int>("Id"));
        model.SharedTypeEntity<Dictionary<string, object>>("Keyless", entity => entity.HasNoKey().IndexerProperty<bool>("IsAutoincrement"));
        model.SharedTypeEntity<Dictionary<string, object>>("Keyed", entity =>
        {
            entity.IndexerProperty<string>("Id");
            entity.IndexerProperty<bool>("Primary Key Autoincrement");
        });
    })
    {
        MoreRows =
        [
            "INSERT INTO \"Numbered\" DEFAULT VALUES",
            "INSERT INTO \"Keyless\" VALUES (true)",
            "INSERT INTO \"Keyed\" VALUES ('a', true)",
        ],
    };

    private static string Long(char letter) => new(letter, letter == 'a' ? 64 : 40);

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
        $"INSERT INTO {(schema is null ? "" : TestDatabase.Quote(schema) + ".")}{TestDatabase.Quote(table)} (\"{{1}}\", "
            + $"{TestDatabase.Quote(Tables[Math.Max(0, i - 1)])}) VALUES ('x', 1)");
}
