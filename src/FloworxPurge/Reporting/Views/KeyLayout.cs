using System.Globalization;
using System.Text;

namespace FloworxPurge.Reporting;

/// <summary>
/// Lays boxes out in layers: what a table refers to is below it. Keys over several layers have a place in each, so that no key crosses a
/// box; the order in a layer follows the neighbours, so that few keys cross each other. Pure arithmetic: the same report gives the same
/// picture.
/// </summary>
internal sealed class KeyLayout
{
    private const int Sweeps = 12;
    private const int Margin = 8;
    private const int GapX = 18;
    private const int GapY = 46;
    private const int LineHeight = 16;
    private const int Padding = 6;
    private const int Port = 11;
    private const double CharacterWidth = 7.3;

    private readonly List<List<Place>> _layers = [];

    /// <summary>Lays out boxes.</summary>
    /// <param name="boxes">The boxes.</param>
    /// <param name="lines">The lines of text in a box.</param>
    public KeyLayout(IReadOnlyList<KeyBox> boxes, Func<KeyBox, string[]> lines)
    {
        Dictionary<KeyBox, Place> places = [];
        foreach (KeyBox box in boxes)
        {
            string[] text = lines(box);
            places[box] = new Place
            {
                Box = box,
                Lines = text,
                Width = (text.Max(line => line.Length) * CharacterWidth) + (2 * Padding) + 4,
                Height = (text.Length * LineHeight) + (2 * Padding),
                Layer = LayerOf(box, places),
            };
        }

        // A table stands as near to what it refers to as its dependents allow.
        foreach (KeyBox box in boxes.Where(box => box.Dependents.Count == 0 && box.Principals.Count > 0))
        {
            places[box].Layer = box.Principals.Min(principal => places[principal].Layer) - 1;
        }

        foreach (Place place in places.Values)
        {
            Put(place);
        }

        foreach (Place from in places.Values)
        {
            foreach (Place to in from.Box!.Principals.Select(principal => places[principal]).OrderBy(place => place.Number))
            {
                Connect(from, to);
            }
        }

        Arrange();
        SetX();
        SetY();
    }

    /// <summary>Gets the places of boxes.</summary>
    public IEnumerable<Place> Places => _layers.SelectMany(layer => layer).Where(place => place.Box is not null);

    /// <summary>Gets the width of the picture.</summary>
    public double Width => Places.Max(place => place.X + (place.Width / 2)) + Margin;

    /// <summary>Gets the height of the picture.</summary>
    public double Height => Places.Max(place => place.Y + place.Height) + Margin;

    /// <summary>The lines of the keys, each with its ends.</summary>
    public IEnumerable<(Place From, Place To, string Path)> Arrows()
    {
        foreach (Place from in Places)
        {
            List<Place> next = [.. from.Below.OrderBy(place => place.X)];
            for (int i = 0; i < next.Count; i++)
            {
                var path = new StringBuilder();
                Place above = from;
                Place place = next[i];
                double x = from.X + Spread(i, next.Count, from.Width);
                double y = from.Y + from.Height;
                path.Append(CultureInfo.InvariantCulture, $"M {x:0.#} {y:0.#}");
                while (true)
                {
                    List<Place> sources = [.. place.Above.OrderBy(source => source.X)];
                    double endX = place.Box is null ? place.X : place.X + Spread(sources.IndexOf(above), sources.Count, place.Width);
                    double middle = (y + place.Y) / 2;
                    path.Append(CultureInfo.InvariantCulture, $" C {x:0.#} {middle:0.#}, {endX:0.#} {middle:0.#}")
                        .Append(CultureInfo.InvariantCulture, $", {endX:0.#} {place.Y:0.#}");
                    if (place.Box is not null)
                    {
                        yield return (from, place, path.ToString());
                        break;
                    }

                    (x, y) = (endX, place.Y + place.Height);
                    path.Append(CultureInfo.InvariantCulture, $" V {y:0.#}");
                    (above, place) = (place, place.Below[0]);
                }
            }
        }
    }

    private static int LayerOf(KeyBox box, Dictionary<KeyBox, Place> places)
        => box.Dependents.Select(dependent => places[dependent].Layer + 1).DefaultIfEmpty(0).Max();

    private static double Spread(int index, int count, double width)
    {
        double step = Math.Min(Port, (width - (2 * Port)) / count);
        return (index - ((count - 1) / 2d)) * step;
    }

    private void Put(Place place)
    {
        while (_layers.Count <= place.Layer)
        {
            _layers.Add([]);
        }

        place.Number = _layers[place.Layer].Count;
        _layers[place.Layer].Add(place);
    }

    private void Connect(Place from, Place to)
    {
        Place above = from;
        for (int layer = from.Layer + 1; layer < to.Layer; layer++)
        {
            var bend = new Place { Layer = layer, Width = 2 };
            Put(bend);
            Link(above, bend);
            above = bend;
        }

        Link(above, to);

        static void Link(Place one, Place two)
        {
            one.Below.Add(two);
            two.Above.Add(one);
        }
    }

    // The order of the fewest crossings that the sweeps come by.
    private void Arrange()
    {
        int best = int.MaxValue;
        List<Place[]> order = [];
        for (int sweep = 0; sweep < Sweeps && best > 0; sweep++)
        {
            bool isDown = sweep % 2 == 0;
            foreach (List<Place> layer in isDown ? _layers : Enumerable.Reverse(_layers))
            {
                Place[] sorted = [.. layer
                    .OrderBy(place => Mean(isDown ? place.Above : place.Below, other => other.Number, place.Number))
                    .ThenBy(place => place.Number)];
                layer.Clear();
                layer.AddRange(sorted);
                Renumber(layer);
            }

            int crossings = Crossings();
            if (crossings < best)
            {
                best = crossings;
                order = [.. _layers.Select(layer => layer.ToArray())];
            }
        }

        for (int i = 0; i < _layers.Count; i++)
        {
            _layers[i].Clear();
            _layers[i].AddRange(order[i]);
            Renumber(_layers[i]);
        }
    }

    private static void Renumber(List<Place> layer)
    {
        for (int i = 0; i < layer.Count; i++)
        {
            layer[i].Number = i;
        }
    }

    private static double Mean(List<Place> places, Func<Place, double> value, double otherwise)
        => places.Count == 0 ? otherwise : places.Average(value);

    private int Crossings()
    {
        int count = 0;
        foreach (List<Place> layer in _layers)
        {
            (int From, int To)[] keys = [.. layer.SelectMany(from => from.Below.Select(to => (from.Number, to.Number)))];
            for (int i = 0; i < keys.Length; i++)
            {
                for (int j = i + 1; j < keys.Length; j++)
                {
                    count += (keys[i].From - keys[j].From) * (keys[i].To - keys[j].To) < 0 ? 1 : 0;
                }
            }
        }

        return count;
    }

    // Each box as near as possible to the middle of its neighbours, in the order of its layer.
    private void SetX()
    {
        foreach (List<Place> layer in _layers)
        {
            double x = 0;
            foreach (Place place in layer)
            {
                place.X = x + (place.Width / 2);
                x += place.Width + GapX;
            }
        }

        for (int sweep = 0; sweep < Sweeps; sweep++)
        {
            foreach (List<Place> layer in sweep % 2 == 0 ? _layers : Enumerable.Reverse(_layers))
            {
                Settle(layer, place => Mean([.. place.Above, .. place.Below], other => other.X, place.X));
            }
        }

        double left = _layers.SelectMany(layer => layer).Min(place => place.X - (place.Width / 2));
        foreach (Place place in _layers.SelectMany(layer => layer))
        {
            place.X += Margin - left;
        }
    }

    // Least squares with distances: those that would overlap move together.
    private static void Settle(List<Place> layer, Func<Place, double> wish)
    {
        double[] offset = new double[layer.Count];
        for (int i = 1; i < layer.Count; i++)
        {
            offset[i] = offset[i - 1] + ((layer[i - 1].Width + layer[i].Width) / 2) + GapX;
        }

        List<(double Sum, int Count)> blocks = [];
        for (int i = 0; i < layer.Count; i++)
        {
            blocks.Add((wish(layer[i]) - offset[i], 1));
            while (blocks.Count > 1 && blocks[^2].Sum / blocks[^2].Count > blocks[^1].Sum / blocks[^1].Count)
            {
                blocks[^2] = (blocks[^2].Sum + blocks[^1].Sum, blocks[^2].Count + blocks[^1].Count);
                blocks.RemoveAt(blocks.Count - 1);
            }
        }

        int at = 0;
        foreach ((double sum, int count) in blocks)
        {
            for (int i = 0; i < count; i++, at++)
            {
                layer[at].X = (sum / count) + offset[at];
            }
        }
    }

    private void SetY()
    {
        double y = Margin;
        foreach (List<Place> layer in _layers)
        {
            double height = layer.Max(place => place.Height);
            foreach (Place place in layer)
            {
                place.Y = y;
                place.Height = place.Box is null ? height : place.Height;
            }

            y += height + GapY;
        }
    }

    /// <summary>A box in a layer, or the bend of a key that passes it.</summary>
    internal sealed class Place
    {
        /// <summary>Gets the box; null for a bend.</summary>
        public KeyBox? Box { get; init; }

        public string[] Lines { get; init; } = [];

        public double Width { get; init; }

        public double Height { get; set; }

        public int Layer { get; set; }

        /// <summary>Gets or sets the place in the order of the layer.</summary>
        public int Number { get; set; }

        /// <summary>Gets or sets the middle.</summary>
        public double X { get; set; }

        /// <summary>Gets or sets the upper edge.</summary>
        public double Y { get; set; }

        public List<Place> Above { get; } = [];

        public List<Place> Below { get; } = [];
    }
}
