using System.Text.Json.Nodes;
using FloworxPurge.Planning;
using FloworxPurge.Engines;
using FloworxPurge.Extensibility;

namespace FloworxPurge.Tests.Planning;

/// <summary>A plan is written as JSON, approved, and read back; what was changed in between is refused.</summary>
public sealed class PlanJsonTests
{
    private static readonly PurgePlan Plan = Facts.Plan(
        "a->b, b->c?, c->b, k->a",
        others: [Facts.Disposition("k", PlanReason.Excluded), Facts.Disposition("s", skip: PlanReason.Blocked)]) with
    {
        Skips = [PlanTable.Skipped(Facts.Name("s"), ["S"], PlanReason.Blocked, "because", Facts.Keys("k->s?:cascade"))],
        Notes = [PlanNote.Warning(Facts.Name("a"), "a note"), PlanNote.Information(null, "another")],
        Units =
        [
            new PlanUnit
            {
                HasSavepoint = true,
                Tables = [Facts.Name("a")],
                Steps =
                [
                    new PlanStep
                    {
                        Number = 1,
                        Level = 1,
                        Kind = PlanStepKind.Delete,
                        Tables = [Facts.Name("a")],
                        Sql = "DELETE FROM \"a\" -- @p0",
                        Parameters = [PlanParameter.Of("x"), PlanParameter.Of(null), PlanParameter.Of(7L)],
                        Reason = "because",
                        Rows = StepRows.Deleted,
                        Inverse = SqlStatement.Of("SET x = @p0", true),
                        OutlivesTransaction = true,
                        StateSql = "SELECT 1",
                    },
                ],
            },
        ],
    };

    [Theory]
    [InlineData("a->b, b->c?, c->b")]
    [InlineData("a")]
    [InlineData("a->a?:restrict, b<->c?")]
    public void A_plan_read_back_is_the_same_plan(string notation)
    {
        foreach (PurgeDialect dialect in (PurgeDialect[])[new AnsiDialect(), new SqliteDialect(), new PostgreSqlDialect()])
        {
            PurgePlan plan = Facts.Plan(notation, dialect, truncate: true);

            PurgePlan read = PurgePlan.FromJson(plan.ToJson());

            Assert.Equal(plan.Fingerprint, read.Fingerprint);
            Assert.Equal(plan.ToJson(), read.ToJson());
            Assert.Equal(plan.ToString(), read.ToString());
            Assert.Equal(plan.ToSqlScript(), read.ToSqlScript());
        }
    }

    [Fact]
    public void Every_part_of_a_plan_is_read_back()
        => Assert.Equal(Plan.ToJson(), PurgePlan.FromJson(Plan.ToJson()).ToJson());

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_plan_of_another_version_says_so(int version)
    {
        JsonNode json = JsonNode.Parse(Plan.ToJson())!;
        json["formatVersion"] = version;

        PurgeException exception = Assert.Throws<PurgeException>(() => PurgePlan.FromJson(json.ToJsonString()));

        Assert.Contains($"format {version}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Make a new plan", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_that_was_changed_says_so()
    {
        string changed = Plan.ToJson().Replace("DELETE FROM", "SELECT * FROM", StringComparison.Ordinal);

        PurgeException exception = Assert.Throws<PurgeException>(() => PurgePlan.FromJson(changed));

        Assert.Contains("has been changed", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_whose_fingerprint_was_taken_out_is_not_read()
    {
        JsonNode json = JsonNode.Parse(Plan.ToJson())!;
        Assert.True(json.AsObject().Remove("fingerprint"));

        PurgeException exception = Assert.Throws<PurgeException>(() => PurgePlan.FromJson(json.ToJsonString()));

        Assert.Contains("it says fingerprint (none)", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("5")]
    [InlineData("{}")]
    [InlineData("{\"formatVersion\":null}")]
    [InlineData("{\"formatVersion\":\"1\"}")]
    [InlineData("{\"formatVersion\":1.5}")]
    [InlineData("{\"formatVersion\":1e99}")]
    [InlineData("{\"formatVersion\":1}")]
    [InlineData("{\"formatVersion\":1,\"fingerprint\":5}")]
    [InlineData("{\"formatVersion\":1,\"dialect\":\"\\uD800\"}")]
    [InlineData("\u0000")]
    public void Garbage_is_a_purge_exception(string text)
        => Assert.Contains(
            "is not a purge plan",
            Assert.Throws<PurgeException>(() => PurgePlan.FromJson(text)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void A_property_that_is_there_twice_is_refused()
    {
        string json = Facts.Plan("a->b").ToJson().Replace("\"bestEffort\": false", "\"bestEffort\": true, \"bestEffort\": false", StringComparison.Ordinal);

        Assert.Contains(
            "is not a purge plan",
            Assert.Throws<PurgeException>(() => PurgePlan.FromJson(json)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_is_a_purge_exception()
        => Assert.Throws<PurgeException>(() => PurgePlan.FromJson("{\"formatVersion\":1,\"dialect\":\"" + (char)0xD800 + "\"}"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    public void No_text_is_an_argument_exception(string? text)
        => Assert.ThrowsAny<ArgumentException>(() => PurgePlan.FromJson(text!));

    [Fact]
    public void Whatever_is_null_wrong_or_missing_is_a_purge_exception()
    {
        string json = Plan.ToJson();
        foreach (string path in Paths(JsonNode.Parse(json)!))
        {
            foreach (Action<JsonNode, object> damage in (Action<JsonNode, object>[])[SetNull, SetList, SetText, Remove])
            {
                JsonNode root = JsonNode.Parse(json)!;
                Damage(root, path, damage);
                try
                {
                    // What does not count, such as a sentence, may be read; then it can be shown and written, too.
                    PurgePlan plan = PurgePlan.FromJson(root.ToJsonString());
                    Assert.NotEmpty(plan.ToString());
                    Assert.NotEmpty(plan.ToSqlScript());
                    Assert.NotEmpty(plan.ToJson());
                }
                catch (PurgeException)
                {
                    // As it should be.
                }
                catch (Exception e)
                {
                    Assert.Fail($"{damage.Method.Name} {path}: {e}");
                }
            }
        }
    }

    private static IEnumerable<string> Paths(JsonNode node)
    {
        IEnumerable<JsonNode?> children = node switch
        {
            JsonObject one => one.Select(pair => pair.Value),
            JsonArray many => many,
            _ => [],
        };
        return children.OfType<JsonNode>().SelectMany(child => Paths(child).Prepend(child.GetPath()));
    }

    private static void Damage(JsonNode root, string path, Action<JsonNode, object> damage)
    {
        JsonNode node = Find(root, path);
        damage(node.Parent!, node.Parent is JsonArray ? node.GetElementIndex() : node.GetPropertyName());
    }

    private static JsonNode Find(JsonNode node, string path)
    {
        if (node.GetPath() == path)
        {
            return node;
        }

        IEnumerable<JsonNode?> children = node is JsonObject one ? one.Select(pair => pair.Value) : node.AsArray();
        return Find(
            children.OfType<JsonNode>().First(child =>
                path == child.GetPath() || path.StartsWith(child.GetPath() + ".", StringComparison.Ordinal) || path.StartsWith(child.GetPath() + "[", StringComparison.Ordinal)),
            path);
    }

    private static void SetNull(JsonNode parent, object key) => Set(parent, key, null);

    private static void SetList(JsonNode parent, object key) => Set(parent, key, new JsonArray(null, null));

    private static void SetText(JsonNode parent, object key) => Set(parent, key, "x");

    private static void Remove(JsonNode parent, object key)
    {
        if (parent is JsonArray list)
        {
            list.RemoveAt((int)key);
        }
        else
        {
            parent.AsObject().Remove((string)key);
        }
    }

    private static void Set(JsonNode parent, object key, JsonNode? value)
    {
        if (parent is JsonArray list)
        {
            list[(int)key] = value;
        }
        else
        {
            parent[(string)key] = value;
        }
    }
}
