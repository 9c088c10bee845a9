using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// What is kept loses nothing: a table is not purged while rows that are kept point at it. A blocked table is kept in turn,
/// so what it points at is examined too, until nothing changes.
/// </summary>
internal static class CollateralAnalysis
{
    /// <summary>Finds the blocked tables.</summary>
    /// <param name="fates">What becomes of each table so far.</param>
    /// <param name="foreignKeys">All foreign keys, those that only the model knows included.</param>
    /// <param name="countReferencing">
    /// Counts the rows of a foreign key's dependent that point at a row; null when this role cannot know.
    /// </param>
    /// <param name="onBlocked">What is done about a blocked table.</param>
    /// <param name="cancellationToken">Stops the analysis.</param>
    /// <returns>The fates, with the blocked tables skipped.</returns>
    public static async Task<IReadOnlyList<TableFate>> RunAsync(
        IReadOnlyList<TableFate> fates,
        IReadOnlyList<ForeignKey> foreignKeys,
        Func<ForeignKey, CancellationToken, Task<long?>> countReferencing,
        OnBlocked onBlocked,
        CancellationToken cancellationToken)
    {
        HashSet<TableName> included = [.. fates.Where(fate => fate.IsIncludedAsDependent).Select(fate => fate.Name)];
        HashSet<TableName> refused = [];
        while (true)
        {
            IReadOnlyList<TableFate> analysed = await BlockAsync(
                Including(fates, included),
                foreignKeys,
                countReferencing,
                cancellationToken).ConfigureAwait(false);
            HashSet<TableName> more = onBlocked == OnBlocked.IncludeDependents ? Includable(analysed, refused) : [];

            // A table whose purge lets no other be purged would be purged for nothing: something else blocks.
            HashSet<TableName> useless = more.Count > 0
                ? []
                : await UselessAsync(analysed, foreignKeys, countReferencing, cancellationToken).ConfigureAwait(false);
            if (more.Count == 0 && useless.Count == 0)
            {
                return analysed;
            }

            included.UnionWith(more);
            included.ExceptWith(useless);
            refused.UnionWith(useless);
        }
    }

    private static List<TableFate> Including(IReadOnlyList<TableFate> fates, HashSet<TableName> included)
        => [.. fates
            // The rows of a partition are its root's.
            .Where(fate => fate is not { Keep: PlanReason.Unmapped, Live.PartOf: { } root } || !included.Contains(root))
            .Select(fate => (fate.IsIncludedAsDependent, included.Contains(fate.Name)) switch
            {
                (false, true) => fate with { Keep = null, IncludedInsteadOf = fate.Keep },
                (true, false) => fate with { Keep = fate.IncludedInsteadOf, IncludedInsteadOf = null, Skip = null },
                _ => fate,
            })];

    /// <summary>The kept tables that block others and that nobody asked to keep.</summary>
    private static HashSet<TableName> Includable(IReadOnlyList<TableFate> fates, HashSet<TableName> refused)
    {
        HashSet<TableName> blocking = [.. fates
            .Where(fate => fate.Skip?.Reason == PlanReason.Blocked)
            .SelectMany(fate => fate.Skip!.ForeignKeys)
            .Select(key => key.Dependent)];
        return [.. fates
            .Where(fate => fate is { MayBeIncluded: true, Keep: not null } && blocking.Contains(fate.Name) && !refused.Contains(fate.Name))
            .Select(fate => fate.Name)];
    }

    /// <summary>
    /// The included tables whose rows point, directly or through other purged tables, at no purged table that was asked for.
    /// </summary>
    private static async Task<HashSet<TableName>> UselessAsync(
        IReadOnlyList<TableFate> fates,
        IReadOnlyList<ForeignKey> foreignKeys,
        Func<ForeignKey, CancellationToken, Task<long?>> countReferencing,
        CancellationToken cancellationToken)
    {
        HashSet<TableName> useless = [.. fates.Where(fate => fate.IsIncludedAsDependent).Select(fate => fate.Name)];
        HashSet<TableName> waiting = [.. fates
            .Where(fate => fate is { IsIncludedAsDependent: true, IsPurged: true })
            .Select(fate => fate.Name)];
        HashSet<TableName> purged = [.. fates
            .Where(fate => fate is { IsIncludedAsDependent: false, IsPurged: true })
            .Select(fate => fate.Name)];
        var pointing = new List<ForeignKey>();
        foreach (ForeignKey key in foreignKeys.Where(key => waiting.Contains(key.Dependent)))
        {
            if (await countReferencing(key, cancellationToken).ConfigureAwait(false) is null or > 0)
            {
                pointing.Add(key);
            }
        }

        while (pointing.FirstOrDefault(key => waiting.Contains(key.Dependent) && purged.Contains(key.Principal)) is { } useful)
        {
            waiting.Remove(useful.Dependent);
            useless.Remove(useful.Dependent);
            purged.Add(useful.Dependent);
        }

        return useless;
    }

    private static async Task<IReadOnlyList<TableFate>> BlockAsync(
        IReadOnlyList<TableFate> fates,
        IReadOnlyList<ForeignKey> foreignKeys,
        Func<ForeignKey, CancellationToken, Task<long?>> countReferencing,
        CancellationToken cancellationToken)
    {
        var byName = fates.ToDictionary(fate => fate.Name);
        var causes = new Dictionary<TableName, TableName>();
        ILookup<TableName, ForeignKey> byDependent = foreignKeys.ToLookup(key => key.Dependent);

        // Breadth first, so that a blocked table is explained by the nearest cause.
        BlockByKeptPartitions(byName);
        BlockByKeptRoots(byName);
        var kept = new Queue<List<TableName>>([[.. fates
            .Select(fate => byName[fate.Name])
            .Where(fate => fate.Live is { } live && (!fate.IsPurged || live.Filter is not null)) // Some rows of a filtered table stay.
            .Select(fate => fate.Name)]]);
        while (kept.TryDequeue(out List<TableName>? round))
        {
            var blocks = new SortedDictionary<TableName, List<(ForeignKey Key, long? Rows)>>();
            foreach (ForeignKey key in round
                .SelectMany(table => byDependent[table])
                .Where(key => byName.TryGetValue(key.Principal, out TableFate? fate) && fate.IsPurged))
            {
                long? rows = await countReferencing(key, cancellationToken).ConfigureAwait(false);
                if (rows is null or > 0)
                {
                    blocks.TryAdd(key.Principal, []);
                    blocks[key.Principal].Add((key, rows));
                }
            }

            foreach ((TableName table, List<(ForeignKey Key, long? Rows)> by) in blocks)
            {
                TableName nearest = by[0].Key.Dependent;
                causes[table] = causes.GetValueOrDefault(nearest, nearest);
                byName[table] = Block(byName[table], by, byName, causes);
            }

            List<TableName> blocked = [.. blocks.Keys, .. BlockByKeptRoots(byName), .. BlockByKeptFragments(byName, causes)];
            if (blocked.Count > 0)
            {
                kept.Enqueue(blocked);
            }
        }

        return [.. fates.Select(fate => byName[fate.Name])];
    }

    // Deleting from a partitioned table would delete from the partition that somebody asked to keep.
    private static void BlockByKeptPartitions(Dictionary<TableName, TableFate> byName)
    {
        foreach (TableFate part in byName.Values
            .Where(fate => !fate.IsPurged && fate.Live?.PartOf is not null)
            .OrderBy(fate => fate.Name)
            .ToList())
        {
            if (byName.TryGetValue(part.Live!.PartOf!, out TableFate? root) && root.IsPurged)
            {
                byName[root.Name] = root with
                {
                    Skip = PlanTable.Skipped(
                        root.Name,
                        root.EntityTypes,
                        PlanReason.Blocked,
                        $"{root.Name.ToQuotedString()} is blocked: its partition {part.Name.ToQuotedString()} is {Describe(part, [])}. "
                            + $"Purge the partition too, or exclude the whole table.",
                        []),
                };
            }
        }
    }

    // A partition that the model knows by itself holds rows of a table that somebody asked to keep, or that is skipped; so does a table
    // that inherits from one.
    private static List<TableName> BlockByKeptRoots(Dictionary<TableName, TableFate> byName)
    {
        List<TableName> blocked = [];
        foreach (TableFate part in byName.Values.Where(fate => fate.IsPurged).OrderBy(fate => fate.Name).ToList())
        {
            IEnumerable<TableName> roots = part.Live!.PartOf is { } whole ? [whole] : part.Live.ShownBy;
            if (roots.Select(byName.GetValueOrDefault).FirstOrDefault(
                fate => fate is { Keep: PlanReason.Excluded } or { Skip: not null }) is { } root)
            {
                string choice = part.Live.PartOf is null
                    ? $"Purge that table too, or exclude {part.Name.ToQuotedString()} as well"
                    : "Purge the whole table too, or exclude the partition";
                byName[part.Name] = part with
                {
                    Skip = PlanTable.Skipped(
                        part.Name,
                        part.EntityTypes,
                        PlanReason.Blocked,
                        $"{part.Name.ToQuotedString()} is blocked: its rows are rows of {root.Name.ToQuotedString()}, which "
                            + $"{(part.Live.PartOf is null ? "it inherits from and which " : string.Empty)}is {Describe(root, [])}. "
                            + $"{choice}.",
                        []),
                };
                blocked.Add(part.Name);
            }
        }

        return blocked;
    }

    // EF loads an entity from all of its tables or not at all: of one that stays in part nothing would be left to load.
    private static List<TableName> BlockByKeptFragments(Dictionary<TableName, TableFate> byName, Dictionary<TableName, TableName> causes)
    {
        ILookup<ModelPart, TableFate> staying = byName.Values
            .Where(fate => !fate.IsPurged)
            .OrderBy(fate => fate.Name)
            .SelectMany(fate => fate.Parts.Select(part => (part, fate)))
            .ToLookup(pair => pair.part, pair => pair.fate);
        List<TableName> blocked = [];
        foreach (TableFate fragment in byName.Values.Where(fate => fate.IsPurged).OrderBy(fate => fate.Name).ToList())
        {
            if (fragment.Parts.FirstOrDefault(staying.Contains) is { } part)
            {
                TableFate other = staying[part].First();
                causes[fragment.Name] = causes.GetValueOrDefault(other.Name, other.Name);
                byName[fragment.Name] = fragment with
                {
                    Skip = PlanTable.Skipped(
                        fragment.Name,
                        fragment.EntityTypes,
                        PlanReason.Blocked,
                        $"{fragment.Name.ToQuotedString()} is blocked: it holds a part of entity type {part.EntityType}, of which "
                            + $"{other.Name.ToQuotedString()}, which holds another part, is {Describe(other, causes)}. "
                            + "EF Core loads an entity from all of its tables or not at all. Let that table be purged too, or exclude "
                            + "the entity type.",
                        []),
                };
                blocked.Add(fragment.Name);
            }
        }

        return blocked;
    }

    private static TableFate Block(
        TableFate table,
        List<(ForeignKey Key, long? Rows)> by,
        Dictionary<TableName, TableFate> byName,
        Dictionary<TableName, TableName> causes)
    {
        IEnumerable<string> references = by.Select(cause =>
        {
            TableFate dependent = byName[cause.Key.Dependent];
            string rows = cause.Rows is { } count ? Quantity.Of(count, "row") : "rows that this role may not see";
            string origin = !cause.Key.IsEnforced ? ", known to the model only" : cause.Key.IsOff ? ", not enforced" : string.Empty;
            return $"{rows} of {dependent.Name.ToQuotedString()}, which is {Describe(dependent, causes)}, through foreign key {cause.Key} "
                + $"({ActionText(cause.Key)}{origin})";
        });
        string explanation = $"{table.Name.ToQuotedString()} is blocked: it is referenced by {string.Join("; and by ", references)}. "
            + "Purge the dependents too, delete or detach those rows first, or leave the table as it is.";
        return table with
        {
            Skip = PlanTable.Skipped(table.Name, table.EntityTypes, PlanReason.Blocked, explanation, [.. by.Select(cause => cause.Key)]),
        };
    }

    private static string ActionText(ForeignKey key) => key.OnDelete switch
    {
        Microsoft.EntityFrameworkCore.Migrations.ReferentialAction.Cascade => "ON DELETE CASCADE",
        Microsoft.EntityFrameworkCore.Migrations.ReferentialAction.SetNull => "ON DELETE SET NULL",
        Microsoft.EntityFrameworkCore.Migrations.ReferentialAction.SetDefault => "ON DELETE SET DEFAULT",
        Microsoft.EntityFrameworkCore.Migrations.ReferentialAction.Restrict => "ON DELETE RESTRICT",
        _ => "ON DELETE NO ACTION",
    };

    // Up a long chain the nearest cause says little: what stays in the first place is named too.
    private static string Describe(TableFate fate, Dictionary<TableName, TableName> causes)
        => fate is { IsPurged: true } ? "purged in part"
            : fate.Skip is not { } skip ? $"kept ({fate.Keep})"
            : causes.TryGetValue(fate.Name, out TableName? cause) ? $"skipped ({skip.Reason} by {cause.ToQuotedString()})"
            : $"skipped ({skip.Reason})";
}
