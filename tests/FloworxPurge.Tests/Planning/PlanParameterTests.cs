using System.Data;
using FloworxPurge.Tests.Kit;

namespace FloworxPurge.Tests.Planning;

/// <summary>A value in a plan is read back as the same value of the same type.</summary>
public sealed class PlanParameterTests
{
    public static TheoryData<object?, DbType> Values => new()
    {
        { null, DbType.Object },
        { "it's", DbType.String },
        { "", DbType.String },
        { true, DbType.Boolean },
        { false, DbType.Boolean },
        { (sbyte)-1, DbType.SByte },
        { (byte)255, DbType.Byte },
        { short.MinValue, DbType.Int16 },
        { ushort.MaxValue, DbType.UInt16 },
        { int.MinValue, DbType.Int32 },
        { uint.MaxValue, DbType.UInt32 },
        { long.MinValue, DbType.Int64 },
        { ulong.MaxValue, DbType.UInt64 },
        { 1.10m, DbType.Decimal },
        { 0.1f, DbType.Single },
        { double.Epsilon, DbType.Double },
        { new Guid("00112233-4455-6677-8899-aabbccddeeff"), DbType.Guid },
        { new DateTime(2026, 11, 28, 1, 2, 3, DateTimeKind.Utc).AddTicks(1), DbType.DateTime },
        { new DateTime(2026, 11, 28, 1, 2, 3, DateTimeKind.Unspecified).AddTicks(1), DbType.DateTime2 },
        { new DateTimeOffset(2026, 11, 28, 1, 2, 3, TimeSpan.FromHours(-5)).AddTicks(1), DbType.DateTimeOffset },
        { new DateOnly(2026, 11, 28), DbType.Date },
        { new TimeOnly(1, 2, 3).Add(TimeSpan.FromTicks(1)), DbType.Time },
        { new byte[] { 0, 255 }, DbType.Binary },
    };

    [Theory]
    [MemberData(nameof(Values), DisableDiscoveryEnumeration = true)]
    public void A_value_is_read_back_as_it_was(object? value, DbType type)
    {
        PlanParameter parameter = PlanParameter.Of(value);

        Assert.Equal(type, parameter.Type);
        Assert.Equal(value, parameter.ToValue());
        Assert.Equal((value as DateTime?)?.Kind, (parameter.ToValue() as DateTime?)?.Kind);
        Assert.Equal(value?.GetType(), parameter.ToValue()?.GetType());
        Assert.Equal(value?.ToString(), parameter.ToValue()?.ToString());
    }

    [Fact]
    public void An_enum_is_its_number() => Assert.Equal(PlanParameter.Of(2), PlanParameter.Of(DayOfWeek.Tuesday));

    [Fact]
    public void A_value_of_another_type_is_an_error_that_names_the_types()
    {
        ArgumentException error = Assert.Throws<ArgumentException>("value", () => PlanParameter.Of(TimeSpan.Zero));

        Assert.Contains("System.TimeSpan", error.Message, StringComparison.Ordinal);
        Assert.Contains("DateTimeOffset", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_literal_of_a_script_has_quotes_unless_it_is_a_number()
    {
        Assert.Equal(
            ["NULL", "'it''s'", "-1", "1.10", "TRUE", "'2026-11-28 01:02:03.5'", "'2026-11-28 01:02:03Z'", "X'00FF'"],
            new[]
            {
                null, "it's", -1, 1.10m, true, new DateTime(2026, 11, 28, 1, 2, 3, 500), new DateTime(
                    2026,
                    11,
                    28,
                    1,
                    2,
                    3,
                    DateTimeKind.Utc), (object)new byte[] { 0, 255 },
            }.Select(value => PlanParameter.Of(value).ToLiteral()));
    }

    [Fact]
    public void A_plan_with_a_value_that_is_not_of_its_type_is_no_plan()
    {
        PurgePlan plan = Facts.Plan("a");
        plan = plan.WithSteps(plan.Steps[0] with { Parameters = [new PlanParameter { Type = DbType.Int32, Value = "seven" }] });

        Assert.Throws<PurgeException>(() => PurgePlan.FromJson(plan.ToJson()));
    }

    [Fact]
    public void The_parameters_of_several_row_sets_are_numbered_consecutively()
    {
        RowSet Rows(string? filter, int parameters) => new()
        {
            Table = new TableName("s", "t"),
            Filter = filter,
            Parameters = [.. Enumerable.Range(0, parameters).Select(i => PlanParameter.Of(i))],
        };

        Assert.Equal(
            ["x = @p0", null, "\"@p0\" = @p1 OR [a]]@p0] = @p2 OR `@p0` = '@p0'", "y = @p13"],
            RowSet.NumberParameters([Rows("x = @p0", 1), Rows(null, 0), Rows("\"@p0\" = @p0 OR [a]]@p0] = @p1 OR `@p0` = '@p0'", 2), Rows("y = @p10", 11)]).Select(rows => rows.Filter));
    }
}
