using FloworxPurge.Tests.Conformance.Models;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Keys that a value converter turns into something else.</summary>
public abstract class KeyConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task A_type_with_a_converted_key_is_kept_by_its_name()
    {
        Assert.Equal(
            ["Regions", "Shops"],
            await KeptByAsync(KeyModels.ConvertedKeys, options => options.Exclude<RegionInfo>().Exclude<Models.Shop>()));
    }
}

public sealed class SqliteKeyConformance() : KeyConformance(Engine.Sqlite);

public sealed class PostgreSqlKeyConformance() : KeyConformance(Engine.PostgreSql);

public sealed class AnsiKeyConformance() : KeyConformance(Engine.Ansi);

public sealed class MariaDbKeyConformance() : KeyConformance(Engine.MariaDb);
