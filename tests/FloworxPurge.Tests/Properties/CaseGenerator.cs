using FsCheck;
using FsCheck.Fluent;

namespace FloworxPurge.Tests.Properties;

/// <summary>Generates cases, and makes failing ones smaller.</summary>
public static class CaseGenerator
{
    private const int MostTables = 12;

    private static readonly string[] Actions = ["NO ACTION", "RESTRICT", "CASCADE", "SET NULL", "SET DEFAULT"];

    public static Arbitrary<GeneratedCase> Cases { get; } = Arb.From(Case(), it => Smaller(it));

    private static Gen<bool> OneIn(int n) => Gen.Choose(1, n).Select(i => i == 1);

    private static Gen<T> Mostly<T>(T usual, int weight, params T[] others)
        => Gen.Frequency((weight, Gen.Constant(usual)), (1, Gen.Elements(others)));

    private static Gen<GeneratedCase> Case() =>
        from tableCount in Gen.Frequency((3, Gen.Choose(2, 5)), (2, Gen.Choose(2, MostTables)))
        from tables in Table().ArrayOf(tableCount)
        from keyCount in Gen.Choose(0, (tableCount * 3 / 2) + 1)
        from keys in Key(tableCount).ArrayOf(keyCount)
        from triggers in Mostly(0, 4, 1, 1, 1, 2)
        from triggerTables in Gen.Choose(0, tableCount - 1).ArrayOf(triggers)
        from kinds in Gen.Elements(
            TriggerKind.WriteUnmapped,
            TriggerKind.WriteTable,
            TriggerKind.WriteTable,
            TriggerKind.Swallow,
            TriggerKind.Raise).ArrayOf(triggers)
        from bestEffort in Gen.Elements(false, true)
        from onBlocked in Mostly(OnBlocked.Skip, 2, OnBlocked.Fail, OnBlocked.IncludeDependents, OnBlocked.IncludeDependents)
        from truncate in Gen.Elements<bool?>(false, true, null)
        from tolerance in Mostly(DriftTolerance.Standard, 5, DriftTolerance.Lenient)
        from resets in OneIn(3)
        from locks in OneIn(5)
        from file in OneIn(15)
        from failing in Gen.Choose(1, 60)
        select new GeneratedCase
        {
            Tables = [.. tables.Select((table, i) => table with
            {
                Name = $"t{i}",
                Trigger = Array.LastIndexOf(triggerTables, i) is >= 0 and var at ? kinds[at] : TriggerKind.None,
                HasIdentity = table.HasIdentity && !table.IsComposite,
            })],
            Keys = Legal(keys, tables),
            BestEffort = bestEffort,
            OnBlocked = onBlocked,
            Truncate = truncate,
            Tolerance = tolerance,
            ResetsIdentity = resets,
            LocksTables = locks,
            IsFile = file,
            FailingCommand = failing,
        };

    private static Gen<CaseTable> Table() =>
        from unmapped in OneIn(6)
        from excluded in OneIn(7)
        from composite in OneIn(5)
        from identity in OneIn(5)
        from rows in Gen.Frequency((1, Gen.Constant(0)), (5, Gen.Choose(1, 4)))
        from drift in Mostly(
            Drift.None,
            6,
            Drift.TableMissing,
            Drift.ColumnMissing,
            Drift.KeyType,
            Drift.ForeignKeyType,
            Drift.ExtraColumn,
            Drift.ExtraColumn)
        from target in Gen.Choose(0, MostTables)
        select new CaseTable
        {
            Name = "",
            IsMapped = !unmapped,
            IsExcluded = excluded && !unmapped,
            IsComposite = composite,
            HasIdentity = identity,
            Rows = rows,
            Drift = unmapped ? Drift.None : drift,
            TriggerTarget = target,
        };

    private static Gen<CaseKey> Key(int tables) =>
        from dependent in Gen.Choose(0, tables - 1)
        from principal in Gen.Frequency((5, Gen.Choose(0, tables - 1)), (1, Gen.Constant(dependent)))
        from nullable in Gen.Elements(
            NullableColumns.None,
            NullableColumns.All,
            NullableColumns.None,
            NullableColumns.All,
            NullableColumns.First,
            NullableColumns.Last)
        from action in Gen.Elements(Actions)
        from identifying in OneIn(10)
        from place in Gen.Frequency((10, Gen.Constant(0)), (1, Gen.Constant(1)), (1, Gen.Constant(2)))
        from dangles in OneIn(25)
        from shift in Gen.Choose(0, 5)
        select new CaseKey
        {
            Dependent = dependent,
            Principal = principal,
            Nullable = nullable,
            OnDelete = action,
            IsIdentifying = identifying,
            IsInModel = place != 1,
            IsInDatabase = place != 2,
            Dangles = dangles,
            Shift = shift,
        };

    // EF knows no cycle of identifying keys; two of one table are rarely meant.
    private static List<CaseKey> Legal(IReadOnlyList<CaseKey> keys, IReadOnlyList<CaseTable> tables)
    {
        var identified = new HashSet<int>();
        return [.. keys.Select(key =>
        {
            bool identifies = key.IsIdentifying
                && key.Dependent > key.Principal
                && tables[key.Dependent].IsComposite == tables[key.Principal].IsComposite
                && identified.Add(key.Dependent);
            return key with { IsIdentifying = identifies, Nullable = identifies ? NullableColumns.None : key.Nullable };
        })];
    }

    private static IEnumerable<GeneratedCase> Smaller(GeneratedCase it)
    {
        for (int i = 0; i < it.Tables.Count && it.Tables.Count > 1; i++)
        {
            yield return WithoutTable(it, i);
        }

        for (int i = 0; i < it.Keys.Count; i++)
        {
            yield return it with { Keys = [.. it.Keys.Where((_, at) => at != i)] };
        }

        for (int i = 0; i < it.Tables.Count; i++)
        {
            foreach (CaseTable table in Smaller(it.Tables[i]))
            {
                IReadOnlyList<CaseTable> tables = [.. it.Tables.Select((old, at) => at == i ? table : old)];
                yield return it with { Tables = tables, Keys = Legal(it.Keys, tables) };
            }
        }

        for (int i = 0; i < it.Keys.Count; i++)
        {
            foreach (CaseKey key in Smaller(it.Keys[i]))
            {
                yield return it with { Keys = Legal([.. it.Keys.Select((old, at) => at == i ? key : old)], it.Tables) };
            }
        }

        GeneratedCase[] calmer =
        [
            it with { BestEffort = false },
            it with { OnBlocked = OnBlocked.Skip },
            it with { Truncate = false },
            it with { Tolerance = DriftTolerance.Standard },
            it with { ResetsIdentity = false },
            it with { LocksTables = false },
            it with { IsFile = false },
            it with { FailingCommand = 1 },
        ];
        foreach (GeneratedCase other in calmer.Where(other => other != it))
        {
            yield return other;
        }
    }

    private static IEnumerable<CaseTable> Smaller(CaseTable it)
    {
        CaseTable[] smaller =
        [
            it with { Trigger = TriggerKind.None },
            it with { Drift = Drift.None },
            it with { Rows = 0 },
            it with { Rows = Math.Min(1, it.Rows) },
            it with { Rows = Math.Max(0, it.Rows - 1) },
            it with { IsExcluded = false },
            it with { IsMapped = true },
            it with { IsComposite = false },
            it with { HasIdentity = false },
        ];
        return smaller.Where(other => other != it).Distinct();
    }

    private static IEnumerable<CaseKey> Smaller(CaseKey it)
    {
        CaseKey[] smaller =
        [
            it with { IsIdentifying = false },
            it with { Dangles = false },
            it with { IsInModel = true },
            it with { IsInDatabase = true },
            it with { OnDelete = "NO ACTION" },
            it with { Nullable = NullableColumns.None },
            it with { Nullable = NullableColumns.All },
            it with { Shift = 0 },
        ];
        return smaller.Where(other =>
            other != it && (other.Nullable != NullableColumns.All || it.Nullable is NullableColumns.First or NullableColumns.Last || other.Nullable == it.Nullable)).Distinct();
    }

    private static GeneratedCase WithoutTable(GeneratedCase it, int gone)
    {
        int Moved(int table) => table > gone ? table - 1 : table;
        CaseTable[] tables = [.. it.Tables
            .Where((_, i) => i != gone)
            .Select((table, i) => table with
            {
                Name = $"t{i}",
                TriggerTarget = Moved(table.TriggerTarget % it.Tables.Count),
            })];
        return it with
        {
            Tables = tables,
            Keys = Legal(
                [.. it.Keys
                    .Where(key => key.Dependent != gone && key.Principal != gone)
                    .Select(key => key with { Dependent = Moved(key.Dependent), Principal = Moved(key.Principal) })],
                tables),
        };
    }
}
