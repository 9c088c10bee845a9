using System.Globalization;

namespace FloworxPurge.Reporting;

/// <summary>Bars, one for each of the largest tables. Lengths are in the units of the picture.</summary>
internal sealed record BarsView(string Height, string Remark, IReadOnlyList<BarView> Bars);

internal sealed record BarView(string Table, string Short, string Rows, string Y, string TextY, string Width, string LabelX);

/// <summary>Boxes for tables, by level, and arrows for foreign keys.</summary>
internal sealed record GraphView(
    string Height,
    IReadOnlyList<BandView> Bands,
    IReadOnlyList<BoxView> Boxes,
    IReadOnlyList<ArrowView> Arrows,
    bool HasCycles);

internal sealed record BandView(string Label, string Y);

internal sealed record BoxView(string Table, string Short, string Kind, string X, string Y, string TextX, string TextY);

internal sealed record ArrowView(string Name, string Path, bool IsInCycle);

/// <summary>Lays out the pictures of the HTML view. Pure arithmetic: the same report gives the same picture.</summary>
internal static class ReportPictures
{
    private const int MostBars = 25;
    private const int BarPitch = 24;
    private const double WidestBar = 360;
    private const int BarsLeft = 250;

    // Beyond that a picture shows nothing that a table would not show better.
    private const int MostBoxes = 120;
    private const int BoxesInRow = 4;
    private const int BoxWidth = 196;
    private const int BoxHeight = 30;
    private const int GapX = 18;
    private const int GapY = 30;
    private const int BandGap = 38;
    private const int Left = 10;

    private const int LongestLabel = 30;
    private const int LongestBoxLabel = 25;

    /// <summary>The rows of tables as bars: deleted ones, or those that a plan would delete.</summary>
    public static BarsView? Bars(IReadOnlyList<(TableName Table, long Rows)> tables, ReportText text)
    {
        List<(TableName Table, long Rows)> filled = [.. tables
            .Where(table => table.Rows > 0)
            .OrderByDescending(table => table.Rows)
            .ThenBy(table => table.Table)];
        if (filled.Count == 0)
        {
            return null;
        }

        List<(TableName Table, long Rows)> shown = [.. filled.Take(MostBars)];
        double most = shown[0].Rows;
        IEnumerable<BarView> bars = shown.Select((table, i) =>
        {
            double width = Math.Max(1, table.Rows / most * WidestBar);
            return new BarView(
                table.Table.ToString(), Shorten(table.Table.ToString(), LongestLabel), text.Number(table.Rows),
                Units(i * BarPitch), Units((i * BarPitch) + 14), Units(width), Units(BarsLeft + width + 6));
        });
        int left = filled.Count - shown.Count;
        int empty = tables.Count - filled.Count;
        string remark = string.Concat(
            left == 0
                ? string.Empty
                : $"{Tables(left, text)} with {text.Number(filled.Skip(MostBars).Sum(table => table.Rows))} rows in all "
                    + $"{(left == 1 ? "is" : "are")} not shown. ",
            empty == 0 ? string.Empty : $"{Tables(empty, text)} without rows {(empty == 1 ? "is" : "are")} not shown.");
        return new BarsView(Units(shown.Count * BarPitch), remark.TrimEnd(), [.. bars]);
    }

    /// <summary>Tables by level and the foreign keys between them; skipped tables stand below.</summary>
    public static GraphView? Graph(PurgeReport report, ReportWording words)
    {
        HashSet<TableName> failed = [.. report.Tables.Where(table => table.Error is not null).Select(table => table.Table)];
        int boxCount = report.Tables.Count + report.Skips.Count;
        if (report.ForeignKeys.Count == 0 || boxCount > MostBoxes)
        {
            return null;
        }

        Dictionary<TableName, BoxPlace> places = [];
        List<BandView> bands = [];
        List<BoxView> boxes = [];
        int y = 0;
        int row = 0;
        foreach (IGrouping<int, TableReport> level in report.Tables
            .DistinctBy(table => table.Table)
            .GroupBy(table => table.Level)
            .OrderBy(level => level.Key))
        {
            y = Band(
                string.Create(CultureInfo.InvariantCulture, $"Level {level.Key}"),
                [.. level.Select(table => (table.Table, failed.Contains(table.Table) ? "failed" : "purged"))],
                y);
        }

        if (report.Skips.Count > 0)
        {
            y = Band(words.Skips, [.. report.Skips.DistinctBy(skip => skip.Table).Select(skip => (skip.Table, "skipped"))], y);
        }

        HashSet<string> inCycles = [.. report.Cycles.SelectMany(cycle => cycle.ForeignKeys).Select(key => key.ToString())];
        List<ForeignKey> keys = [.. report.ForeignKeys
            .Where(key => places.ContainsKey(key.Dependent) && places.ContainsKey(key.Principal))];
        string[] paths = new ReportArrows(BoxWidth, BoxHeight, GapX).Paths(
            [.. keys.Select(key => (places[key.Dependent], places[key.Principal]))]);
        ArrowView[] arrows = [.. keys.Zip(paths, (key, path) => new ArrowView(key.ToString(), path, inCycles.Contains(key.ToString())))];
        return arrows.Length == 0
            ? null
            : new GraphView(Units(y), [.. bands], [.. boxes], [.. arrows], arrows.Any(arrow => arrow.IsInCycle));

        int Band(string label, List<(TableName Table, string Kind)> tables, int top)
        {
            bands.Add(new BandView(label, Units(top + 12)));
            for (int i = 0; i < tables.Count; i++)
            {
                int x = Left + (i % BoxesInRow * (BoxWidth + GapX));
                int boxTop = top + 22 + (i / BoxesInRow * (BoxHeight + GapY));
                places.TryAdd(tables[i].Table, new BoxPlace(x, boxTop, i % BoxesInRow, row + (i / BoxesInRow)));
                string name = tables[i].Table.ToString();
                boxes.Add(
                    new BoxView(
                        name,
                        Shorten(name, LongestBoxLabel),
                        tables[i].Kind,
                        Units(x),
                        Units(boxTop),
                        Units(x + (BoxWidth / 2)),
                        Units(boxTop + 20)));
            }

            row += (tables.Count + BoxesInRow - 1) / BoxesInRow;
            return top + 22 + ((tables.Count + BoxesInRow - 1) / BoxesInRow * (BoxHeight + GapY)) - GapY + BandGap;
        }
    }

    private static string Tables(int count, ReportText text) => $"{text.Number(count)} {(count == 1 ? "table" : "tables")}";

    // The end of a name identifies a table better than its schema.
    private static string Shorten(string name, int longest)
    {
        if (name.Length <= longest)
        {
            return name;
        }

        int table = name.LastIndexOf('.', name.Length - 2) + 1;
        int start = Math.Max(table, name.Length - longest + 1);
        return string.Concat("\u2026", name.AsSpan(char.IsLowSurrogate(name[start]) ? start + 1 : start));
    }

    private static string Units(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
