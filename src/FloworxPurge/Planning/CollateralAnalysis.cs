using FloworxPurge.Schema;

namespace FloworxPurge.Planning;

/// <summary>
/// Kept tables lose nothing: a table is not purged while kept rows reference it. A blocked table is kept in turn, so the tables that it
/// references are examined too, until nothing changes.
/// </summary>
internal static class CollateralAnalysis
{
    /// <summary>Finds the blocked tables.</summary>
    /// <param name="dispositions">The disposition of each table so far.</param>
    /// <param name="foreignKeys">All foreign keys, those that only the model knows included.</param>
    /// <param name="countReferencing">
    /// Counts the rows of a foreign key's dependent that reference a row; null when this role cannot see them.
    /// </param>
    /// <param name="onBlocked">What is done about a blocked table.</param>
    /// <param name="cancellationToken">Stops the analysis.</param>
    /// <returns>The dispositions, with the blocked tables skipped.</returns>
    public static async Task<IReadOnlyList<TableDisposition>> RunAsync(
        IReadOnlyList<TableDisposition> dispositions,
        IReadOnlyList<ForeignKey> foreignKeys,
        Func<ForeignKey, CancellationToken, Task<long?>> countReferencing,
        OnBlocked onBlocked,
        CancellationToken cancellationToken)
    {
        HashSet<TableName> included = [.. dispositions
            .Where(disposition => disposition.IsIncludedAsDependent)
            .Select(disposition => disposition.Name)];
        HashSet<TableName> refused = [];
        while (true)
        {
            IReadOnlyList<TableDisposition> analysed = await BlockAsync(
                Including(dispositions, included),
                foreignKeys,
                countReferencing,
                cancellationToken).ConfigureAwait(false);
            HashSet<TableName> more = onBlocked == OnBlocked.IncludeDependents ? Includable(analysed, refused) : [];

            // A table is not purged if its purge does not unblock another table.
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

    private static List<TableDisposition> Including(IReadOnlyList<TableDisposition> dispositions, HashSet<TableName> included)
        => [.. dispositions
            // The rows of a partition are its root's.
            .Where(disposition => disposition is not { Keep: PlanReason.Unmapped, Live: { } live } || !live.Wholes.Any(included.Contains))
            .Select(disposition => (disposition.IsIncludedAsDependent, included.Contains(disposition.Name)) switch
            {
                (false, true) => disposition with { Keep = null, IncludedInsteadOf = disposition.Keep },
                (true, false) => disposition with { Keep = disposition.IncludedInsteadOf, IncludedInsteadOf = null, Skip = null },
                _ => disposition,
            })];

    /// <summary>The kept tables that block others and that no option asks to keep.</summary>
    private static HashSet<TableName> Includable(IReadOnlyList<TableDisposition> dispositions, HashSet<TableName> refused)
    {
        HashSet<TableName> blocking = [.. dispositions
            .Where(disposition => disposition.Skip?.Reason == PlanReason.Blocked)
            .SelectMany(disposition => disposition.Skip!.ForeignKeys)
            .Select(key => key.Dependent)];
        return [.. dispositions
            .Where(disposition =>
                disposition is { MayBeIncluded: true, Keep: not null }
                    && blocking.Contains(disposition.Name)
                    && !refused.Contains(disposition.Name))
            .Select(disposition => disposition.Name)];
    }

    /// <summary>
    /// The included tables whose rows reference, directly or through other purged tables, no purged table that was asked for.
    /// </summary>
    private static async Task<HashSet<TableName>> UselessAsync(
        IReadOnlyList<TableDisposition> dispositions,
        IReadOnlyList<ForeignKey> foreignKeys,
        Func<ForeignKey, CancellationToken, Task<long?>> countReferencing,
        CancellationToken cancellationToken)
    {
        HashSet<TableName> useless = [.. dispositions
            .Where(disposition => disposition.IsIncludedAsDependent)
            .Select(disposition => disposition.Name)];
        HashSet<TableName> waiting = [.. dispositions
            .Where(disposition => disposition is { IsIncludedAsDependent: true, IsPurged: true })
            .Select(disposition => disposition.Name)];
        HashSet<TableName> purged = [.. dispositions
            .Where(disposition => disposition is { IsIncludedAsDependent: false, IsPurged: true })
            .Select(disposition => disposition.Name)];
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

    private static async Task<IReadOnlyList<TableDisposition>> BlockAsync(
        IReadOnlyList<TableDisposition> dispositions,
        IReadOnlyList<ForeignKey> foreignKeys,
        Func<ForeignKey, CancellationToken, Task<long?>> countReferencing,
        CancellationToken cancellationToken)
    {
        var byName = dispositions.ToDictionary(disposition => disposition.Name);
        var causes = new Dictionary<TableName, TableName>();
        ILookup<TableName, ForeignKey> byDependent = foreignKeys.ToLookup(key => key.Dependent);

        // Breadth first, so that a blocked table is explained by the nearest cause.
        BlockByKeptPartitions(byName);
        BlockByKeptRoots(byName);
        var kept = new Queue<List<TableName>>([[.. dispositions
            .Select(disposition => byName[disposition.Name])
            .Where(disposition => disposition is { Live: not null, IsPurged: false })
            .Select(disposition => disposition.Name)]]);
        while (kept.TryDequeue(out List<TableName>? round))
        {
            var blocks = new SortedDictionary<TableName, List<(ForeignKey Key, long? Rows)>>();
            foreach (ForeignKey key in round
                .SelectMany(table => byDependent[table])
                .Where(key => byName.TryGetValue(key.Principal, out TableDisposition? disposition) && disposition.IsPurged))
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

            List<TableName> blocked =
            [
                .. blocks.Keys,
                .. BlockByKeptPartitions(byName),
                .. BlockByKeptRoots(byName),
                .. BlockByKeptFragments(byName, causes),
            ];
            if (blocked.Count > 0)
            {
                kept.Enqueue(blocked);
            }
        }

        return [.. dispositions.Select(disposition => byName[disposition.Name])];
    }

    // Deleting from a partitioned table would delete from the partition that is to be kept.
    private static List<TableName> BlockByKeptPartitions(Dictionary<TableName, TableDisposition> byName)
    {
        List<TableName> blocked = [];
        foreach (TableDisposition part in byName.Values
            .Where(disposition => !disposition.IsPurged && disposition.Live?.PartOf is not null)
            .OrderBy(disposition => disposition.Name)
            .ToList())
        {
            foreach (TableDisposition root in part.Live!.Wholes
                .Select(byName.GetValueOrDefault)
                .OfType<TableDisposition>()
                .Where(whole => whole.IsPurged))
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
                blocked.Add(root.Name);
            }
        }

        return blocked;
    }

    // A partition that the model knows by itself holds rows of a table that is to be kept, or that is skipped; so does a table that
    // inherits from one.
    private static List<TableName> BlockByKeptRoots(Dictionary<TableName, TableDisposition> byName)
    {
        List<TableName> blocked = [];
        foreach (TableDisposition part in
            byName.Values
                .Where(disposition => disposition.IsPurged)
                .OrderBy(disposition => disposition.Name)
                .ToList())
        {
            bool isPartition = part.Live!.PartOf is not null;
            if ((isPartition ? part.Live.Wholes : part.Live.ShownBy).Select(byName.GetValueOrDefault).FirstOrDefault(
                disposition => disposition is { Keep: PlanReason.Excluded } or { Skip: not null }
                    || (isPartition && disposition is { Keep: not (null or PlanReason.Unmapped or PlanReason.NotIncluded) }))
                is { } root)
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

    // EF loads an entity from all of its tables or not at all, so an entity that is kept in part could not be loaded.
    private static List<TableName> BlockByKeptFragments(
        Dictionary<TableName, TableDisposition> byName,
        Dictionary<TableName, TableName> causes)
    {
        ILookup<ModelPart, TableDisposition> staying = byName.Values
            .Where(disposition => !disposition.IsPurged)
            .OrderBy(disposition => disposition.Name)
            .SelectMany(disposition => disposition.Parts.Select(part => (part, disposition)))
            .ToLookup(pair => pair.part, pair => pair.disposition);
        List<TableName> blocked = [];
        foreach (TableDisposition fragment in
            byName.Values
                .Where(disposition => disposition.IsPurged)
                .OrderBy(disposition => disposition.Name)
                .ToList())
        {
            if (fragment.Parts.FirstOrDefault(staying.Contains) is { } part)
            {
                TableDisposition other = staying[part].First();
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

    private static TableDisposition Block(
        TableDisposition table,
        List<(ForeignKey Key, long? Rows)> by,
        Dictionary<TableName, TableDisposition> byName,
        Dictionary<TableName, TableName> causes)
    {
        IEnumerable<string> references = by.Select(cause =>
        {
            TableDisposition dependent = byName[cause.Key.Dependent];
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

    // In a long chain the nearest cause says little, so the first cause is named too.
    private static string Describe(TableDisposition disposition, Dictionary<TableName, TableName> causes)
        => disposition.Skip is not { } skip ? $"kept ({disposition.Keep})"
            : causes.TryGetValue(disposition.Name, out TableName? cause) ? $"skipped ({skip.Reason} by {cause.ToQuotedString()})"
            : $"skipped ({skip.Reason})";
}
