using System.Globalization;
using System.Text;
using FloworxPurge.Schema;

namespace FloworxPurge.Reporting;

/// <summary>A box's place in the picture: its upper left corner, its column, and its row counted through all levels.</summary>
internal sealed record BoxPlace(int X, int Y, int Column, int Row);

/// <summary>Leads arrows round the boxes: through the gaps between rows and between columns, each arrow in a lane of its own.</summary>
internal sealed class ReportArrows(int boxWidth, int boxHeight, int gapX)
{
    private const int Lanes = 4;
    private const int LaneWidth = 3;
    private const int WidestSpread = 16;

    /// <summary>The paths of arrows, in their order.</summary>
    public string[] Paths(IReadOnlyList<(BoxPlace From, BoxPlace To)> arrows)
    {
        // Each side of a box that arrows leave or enter has a point for each of them.
        Dictionary<(BoxPlace Box, bool IsTop), int> taken = [];
        var ends = arrows.Where(arrow => arrow.From != arrow.To)
            .SelectMany(arrow =>
                (IEnumerable<(BoxPlace, bool)>)[(arrow.From, LeavesTop(arrow.From, arrow.To)), (arrow.To, EntersTop(arrow.From, arrow.To))])
            .CountBy(end => end)
            .ToDictionary();
        return [.. arrows.Select((arrow, i) => arrow.From == arrow.To ? Loop(arrow.From) : Path(arrow.From, arrow.To, i % Lanes, Point))];

        int Point(BoxPlace box, bool isTop)
        {
            int count = ends[(box, isTop)];
            int index = taken.GetValueOrDefault((box, isTop));
            taken[(box, isTop)] = index + 1;
            int spread = Math.Min(WidestSpread, (boxWidth - 30) / count);
            return box.X + (boxWidth / 2) + (((2 * index) - count + 1) * spread / 2);
        }
    }

    private static bool LeavesTop(BoxPlace from, BoxPlace to) => to.Row <= from.Row;

    private static bool EntersTop(BoxPlace from, BoxPlace to) => to.Row >= from.Row;

    private string Loop(BoxPlace box)
    {
        int right = box.X + boxWidth;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"M {right - 30} {box.Y} C {right - 30} {box.Y - 18}, {right + 12} {box.Y - 14}, {right} {box.Y + 10}");
    }

    private string Path(BoxPlace from, BoxPlace to, int lane, Func<BoxPlace, bool, int> point)
    {
        bool leavesTop = LeavesTop(from, to);
        bool entersTop = EntersTop(from, to);
        int startX = point(from, leavesTop);
        int endX = point(to, entersTop);
        int step = 5 + (lane * LaneWidth);
        int startY = leavesTop ? from.Y : from.Y + boxHeight;
        int endY = entersTop ? to.Y : to.Y + boxHeight;
        int outY = leavesTop ? startY - step : startY + step;
        int inY = entersTop ? endY - step - 4 : endY + step + 4;
        var path = new StringBuilder();
        path.Append(CultureInfo.InvariantCulture, $"M {startX} {startY} V {outY}");
        if (Math.Abs(to.Row - from.Row) > 1)
        {
            // Down or up between two columns, on the side of the target that is nearer.
            int channel = (to.Column >= from.Column && to.Column > 0 ? to.X - gapX : to.X + boxWidth)
                + ((gapX - ((Lanes - 1) * LaneWidth)) / 2)
                + (lane * LaneWidth);
            path.Append(CultureInfo.InvariantCulture, $" H {channel} V {inY}");
        }

        return path.Append(CultureInfo.InvariantCulture, $" H {endX} V {endY}").ToString();
    }
}
