using System.Globalization;
using FloworxPurge.Reporting;
using Microsoft.EntityFrameworkCore.Migrations;

namespace FloworxPurge.Tests.Reporting;

/// <summary>The picture of the foreign keys can be read with any number of tables.</summary>
public sealed class KeyPictureTests
{
    [Theory]
    [InlineData(20)]
    [InlineData(100)]
    [InlineData(500)]
    public void Boxes_do_not_overlap_and_what_a_table_refers_to_is_below_it(int tables)
    {
        GraphView graph = ReportPictures.Graph(Random(tables), ReportText.Invariant)!;

        (double X, double Y, double Right, double Bottom)[] boxes = [.. graph.Boxes
            .Select(box => (Of(box.X), Of(box.Y), Of(box.X) + Of(box.Width), Of(box.Y) + Of(box.Height)))];
        Assert.InRange(boxes.Length, 2, 48);
        Assert.All(boxes, box => Assert.True(box.X >= 0 && box.Right <= Of(graph.Width) && box.Bottom <= Of(graph.Height)));
        for (int i = 0; i < boxes.Length; i++)
        {
            for (int j = i + 1; j < boxes.Length; j++)
            {
                Assert.False(
                    boxes[i].X < boxes[j].Right
                        && boxes[j].X < boxes[i].Right
                        && boxes[i].Y < boxes[j].Bottom
                        && boxes[j].Y < boxes[i].Bottom,
                    $"{graph.Boxes[i].Title} lies over {graph.Boxes[j].Title}");
            }
        }

        Assert.All(graph.Arrows, arrow =>
        {
            string[] path = arrow.Path.Split(' ');
            Assert.True(double.Parse(path[2], CultureInfo.InvariantCulture) < double.Parse(path[^1], CultureInfo.InvariantCulture));
        });
    }

    [Fact]
    public void Cycles_and_tables_with_the_same_keys_are_one_box_and_an_implied_key_is_left_out()
    {
        // d1 and d2 -> b -> a, d1 and d2 -> a; x and y are a cycle; alone has no key.
        GraphView graph = ReportPictures.Graph(
            With(
                ["a", "b", "d1", "d2", "x", "y", "alone"],
                [("b", "a"), ("d1", "b"), ("d2", "b"), ("d1", "a"), ("d2", "a"), ("x", "y"), ("y", "x")]),
            ReportText.Invariant)!;

        Assert.Equal(
            ["a", "b", "d1, d2", "x, y"],
            graph.Boxes.Select(box => string.Join(", ", box.Lines.Select(line => line.Text))).Order(StringComparer.Ordinal));
        Assert.Equal(2, graph.Arrows.Count);
        Assert.Single(graph.Boxes, box => box.Kind is "cycle");
        Assert.Contains("1 table without foreign keys is not shown.", graph.Remark, StringComparison.Ordinal);
    }

    [Fact]
    public void The_tables_of_a_large_model_that_nothing_refers_to_are_counted()
    {
        GraphView graph = ReportPictures.Graph(Random(500), ReportText.Invariant)!;

        Assert.Matches(@"\d+ tables that nothing in the picture refers to are only counted\.", graph.Remark);
        Assert.Contains(graph.Boxes, box => box.Lines[^1].Text.EndsWith(" dependents", StringComparison.Ordinal));
    }

    [Fact]
    public void The_same_report_gives_the_same_picture()
        => Assert.Equal(
            ReportPictures.Graph(Random(100), ReportText.Invariant)!.Arrows,
            ReportPictures.Graph(Random(100), ReportText.Invariant)!.Arrows);

    private static double Of(string units) => double.Parse(units, CultureInfo.InvariantCulture);

    // Each table refers to some before it; the first ones are referred to most, as in real models.
    private static PurgeReport Random(int count)
    {
        var random = new Random(count);
        return With(
            [.. Enumerable.Range(0, count).Select(Name)],
            [.. Enumerable.Range(1, count - 1)
                .SelectMany(i => Enumerable.Range(0, random.Next(3))
                    .Select(_ => (Name(i), Name(random.Next(2) == 0 ? random.Next(Math.Min(i, 4)) : random.Next(i)))))
                .Distinct()]);

        static string Name(int i) => string.Create(CultureInfo.InvariantCulture, $"table_{i}");
    }

    private static PurgeReport With(string[] tables, (string Dependent, string Principal)[] keys) => SampleReports.Bare() with
    {
        Tables = [.. tables.Select(table => new TableReport { Table = SampleReports.Public(table), Level = 1 })],
        ForeignKeys = [.. keys.Select(key => new ForeignKey
        {
            Name = $"FK_{key.Dependent}_{key.Principal}",
            Dependent = SampleReports.Public(key.Dependent),
            DependentColumns = ["x"],
            Principal = SampleReports.Public(key.Principal),
            PrincipalColumns = ["id"],
            OnDelete = ReferentialAction.NoAction,
            IsEnforced = true,
        })],
    };
}
