namespace FloworxPurge.Tests.Kit;

/// <summary>Compares what <see cref="PublicApi"/> writes today with what it wrote for a release.</summary>
public static class PublicApiBaseline
{
    /// <summary>The release whose surface is in <c>Snapshots/NAME.1.0.txt</c>, and to which later ones may only add.</summary>
    public const string Release = "1.0";

    /// <summary>What a user of the release, or who implements or derives from its types, would have to change.</summary>
    public static IReadOnlyList<string> Broken(string baseline, string current)
    {
        Dictionary<string, ApiType> today = Parse(current).ToDictionary(type => type.Key, StringComparer.Ordinal);
        return [.. Parse(baseline).SelectMany(old => today.TryGetValue(old.Key, out ApiType? now) ? Broken(old, now) : [$"{old.Key}: it is gone, or is another kind of type"])];
    }

    /// <summary>The types and members that the release does not have, as <see cref="PublicApi"/> writes them.</summary>
    public static string Added(string baseline, string current)
    {
        Dictionary<string, ApiType> released = Parse(baseline).ToDictionary(type => type.Key, StringComparer.Ordinal);
        string[] added = [.. Parse(current)
            .Select(type => released.TryGetValue(type.Key, out ApiType? old) ? (IsNew: type.Bases.Except(old.Bases).Any(), Type: type with { Members = [.. type.Members.Except(old.Members, StringComparer.Ordinal)] }) : (IsNew: true, Type: type))
            .Where(pair => pair.IsNew || pair.Type.Members.Count > 0)
            .Select(pair => $"{pair.Type.Key}{(pair.Type.Bases.Count == 0 ? "" : " : " + string.Join(", ", pair.Type.Bases))}\n{string.Concat(pair.Type.Members.Select(member => $"    {member}\n"))}")];
        return added.Length == 0 ? "Nothing.\n" : string.Join('\n', added);
    }

    private static IEnumerable<string> Broken(ApiType old, ApiType now)
    {
        foreach (string gone in old.Bases.Except(now.Bases, StringComparer.Ordinal).Concat(old.Members.Except(now.Members, StringComparer.Ordinal)))
        {
            yield return $"{old.Key}: \"{gone}\" is gone or changed";
        }

        if (now.IsInterface)
        {
            foreach (string demanded in now.Bases.Except(old.Bases, StringComparer.Ordinal))
            {
                yield return $"{old.Key}: who implements it lacks {demanded}";
            }
        }

        foreach (string demanded in now.Members.Except(old.Members, StringComparer.Ordinal).Where(member => IsDemanded(now, member)))
        {
            yield return $"{old.Key}: who implements, derives or creates it lacks \"{demanded}\"";
        }
    }

    // A member of an interface that has a body is written as virtual.
    private static bool IsDemanded(ApiType type, string member)
    {
        string[] words = member.Split('(')[0].Split(' ');
        return words.Contains("abstract", StringComparer.Ordinal)
            || words.Contains("required", StringComparer.Ordinal)
            || (type.IsInterface && !words.Contains("virtual", StringComparer.Ordinal) && !words.Contains("static", StringComparer.Ordinal));
    }

    private static List<ApiType> Parse(string text)
    {
        List<ApiType> types = [];
        string space = "";
        foreach (string line in text.Split('\n').Where(line => line.Length > 0))
        {
            if (line.StartsWith("        ", StringComparison.Ordinal))
            {
                types[^1].Members.Add(line.Trim());
            }
            else if (line.StartsWith(' '))
            {
                string[] head = line.Trim().Split(" : ");
                types.Add(new ApiType($"{space}: {head[0]}", [.. head.Skip(1).SelectMany(bases => bases.Split(", "))], []));
            }
            else
            {
                space = line;
            }
        }

        return types;
    }

    private sealed record ApiType(string Key, List<string> Bases, List<string> Members)
    {
        public bool IsInterface => Key.Contains(" interface ", StringComparison.Ordinal);
    }
}
