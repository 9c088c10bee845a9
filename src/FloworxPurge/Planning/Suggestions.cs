namespace FloworxPurge.Planning;

/// <summary>Suggests similar names for a name that does not exist.</summary>
internal static class Suggestions
{
    private const int Most = 3;

    /// <summary>Gets a sentence with suggestions, or a sentence that there are none.</summary>
    public static string Describe(string wanted, IEnumerable<string> names) => Describe(wanted, names.Select(Candidate.Of));

    /// <summary>The same for names that stand for another one.</summary>
    public static string Describe(string wanted, IEnumerable<Candidate> candidates)
        => Find(wanted, candidates) ?? " No similar name exists. Names are compared with case where the engine does.";

    /// <summary>A sentence with the most similar names; null when none is similar.</summary>
    public static string? Find(string wanted, IEnumerable<string> names) => Find(wanted, names.Select(Candidate.Of));

    private static string? Find(string wanted, IEnumerable<Candidate> candidates)
    {
        List<string> near = [.. candidates
            .Select(candidate =>
                (candidate.Name,
                    candidate.Means,
                    candidate.Shown,
                    Distance: Distance(wanted.ToUpperInvariant(), candidate.Name.ToUpperInvariant())))
            .Where(candidate => candidate.Distance <= Math.Max(2, wanted.Length / 3))
            .OrderBy(candidate => candidate.Shown.Length)
            .DistinctBy(candidate => candidate.Means, StringComparer.Ordinal)
            .OrderBy(candidate => candidate.Distance)
            .ThenBy(candidate => candidate.Name, StringComparer.Ordinal)
            .Take(Most)
            .Select(candidate => candidate.Shown)];
        return near.Count == 0 ? null : $" Did you mean {string.Join(" or ", near)}?";
    }

    /// <summary>Levenshtein's distance: the fewest insertions, removals and replacements of one character.</summary>
    public static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[to.Length];
    }

    /// <summary>A name that may be suggested.</summary>
    /// <param name="Name">What is compared with the wanted name.</param>
    /// <param name="Means">What it stands for; of several candidates for one thing the one with the shortest text is named.</param>
    /// <param name="Shown">The text of the sentence.</param>
    internal readonly record struct Candidate(string Name, string Means, string Shown)
    {
        /// <summary>A name that stands for itself.</summary>
        public static Candidate Of(string name) => new(name, name, $"\"{name}\"");
    }
}
