using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Generates a case from a seed.</summary>
public sealed class ScopeCaseGenerator
{
    public const int MostTables = 7;

    /// <summary>The most keys that one table has, since its class has properties for so many.</summary>
    public const int MostKeysOfTable = 6;

    private readonly Random _random;
    private readonly int _seed;

    private ScopeCaseGenerator(int seed)
    {
        _seed = seed;
        _random = new Random(seed);
    }

    public static ScopeCase Create(int seed) => new ScopeCaseGenerator(seed).Create();

    private ScopeCase Create()
    {
        int count = _random.Next(2, MostTables + 1);
        ScopeTable[] tables = [.. Enumerable.Range(0, count).Select(Table)];
        if (!tables.Any(IsMapped))
        {
            tables[0] = tables[0] with { Place = TablePlace.Mapped };
        }

        List<ScopeKey> keys = [];
        foreach (int number in Enumerable.Range(0, _random.Next(1, (count * 3 / 2) + 2)))
        {
            ScopeKey key = Key(number, tables, keys);
            if (keys.Count(other => other.Dependent == key.Dependent) < MostKeysOfTable)
            {
                keys.Add(key);
            }
        }

        bool usesInterface = tables.All(table => table.Place is TablePlace.Mapped or TablePlace.Unmapped);
        List<ScopeRule> rules = [.. Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Rule(keeps: false, tables, keys, usesInterface))];
        if (OneIn(3))
        {
            rules.AddRange(Enumerable.Range(0, _random.Next(1, 3)).Select(_ => Rule(keeps: true, tables, keys, usesInterface)));
        }

        return new ScopeCase
        {
            Seed = _seed,
            Tables = tables,
            Keys = keys,
            Rules = rules,
            OnBlocked = Any(OnBlocked.Skip, OnBlocked.Skip, OnBlocked.Skip, OnBlocked.IncludeDependents, OnBlocked.Fail),
            BestEffort = OneIn(5),
            JoinsTransaction = OneIn(4),
            RollsBack = OneIn(3),

            // What a rule of the last rows names differs once rows are gone.
            RunsTwice = OneIn(4) && !rules.Any(rule => rule.Kind == RuleKind.Take),
            LooksLarge = OneIn(2),
        };
    }

    private static bool IsMapped(ScopeTable table) => table.Place == TablePlace.Mapped;

    private bool OneIn(int n) => _random.Next(n) == 0;

    private T Any<T>(params T[] choices) => choices[_random.Next(choices.Length)];

    private ScopeTable Table(int number)
    {
        TablePlace place = !OneIn(4) ? TablePlace.Mapped
            : Any(TablePlace.Excluded, TablePlace.Unmapped, TablePlace.Unmapped, TablePlace.Drifted);
        SecondTable second = place == TablePlace.Mapped && OneIn(5) ? Any(SecondTable.Split, SecondTable.Derived) : SecondTable.None;
        return new ScopeTable(number)
        {
            Place = place,
            Shape = Any(KeyShape.Id, KeyShape.Id, KeyShape.Id, KeyShape.Code, KeyShape.IdAndPart, KeyShape.TenantAndId),
            Second = second,
            SecondCascades = OneIn(2),
            HasFilter = OneIn(5),
            RemovesOrphans = place == TablePlace.Mapped && second == SecondTable.None && OneIn(4),
            Rows = OneIn(12) ? 0 : _random.Next(5, OneIn(4) ? 41 : 16),
        };
    }

    private ScopeKey Key(int number, ScopeTable[] tables, List<ScopeKey> keys)
    {
        ScopeTable dependent = Any(tables);
        ScopeTable principal = OneIn(6) ? dependent : Any(tables);
        bool isInModel = dependent.Place != TablePlace.Unmapped && principal.Place != TablePlace.Unmapped && !OneIn(8);
        ScopeKey key = new(number, dependent.Number, principal.Number);
        if (IsMapped(dependent) && IsMapped(principal) && principal.Shape is (KeyShape.Id or KeyShape.Code) && OneIn(8))
        {
            return Declared(key);
        }

        key = Columns(key, dependent, principal, keys);

        // EF has no foreign key in the second table of a split entity.
        isInModel &= !key.InSecond;
        bool hasNullable = key.Nullable != NullableColumns.None;
        key = key with
        {
            Behavior = isInModel ? Behavior(hasNullable, key.Nullable == NullableColumns.All) : null,
            OnDelete = key.Nullable == NullableColumns.All
                ? Any("NO ACTION", "RESTRICT", "CASCADE", "SET NULL")
                : Any("NO ACTION", "NO ACTION", "RESTRICT", "CASCADE"),
        };
        if (isInModel && dependent.Place == TablePlace.Mapped && principal.Place == TablePlace.Mapped && OneIn(6))
        {
            key = key with
            {
                Explicit = hasNullable
                    ? Any(ReferenceAction.Follow, ReferenceAction.Detach, ReferenceAction.Block)
                    : Any(ReferenceAction.Follow, ReferenceAction.Block),
            };
        }

        return key;
    }

    private ScopeKey Declared(ScopeKey key)
    {
        NullableColumns nullable = Any(NullableColumns.None, NullableColumns.All);
        return key with
        {
            Source = KeySource.Declared,
            Nullable = nullable,
            OnlyEven = OneIn(2),
            Explicit = nullable == NullableColumns.None
                ? Any(ReferenceAction.Follow, ReferenceAction.Follow, ReferenceAction.Block)
                : Any(ReferenceAction.Follow, ReferenceAction.Follow, ReferenceAction.Detach, ReferenceAction.Block),
        };
    }

    private ScopeKey Columns(ScopeKey key, ScopeTable dependent, ScopeTable principal, List<ScopeKey> keys)
    {
        bool canIdentify = principal.Number < dependent.Number
            && principal.Shape == KeyShape.Id
            && dependent.Shape is KeyShape.Id or KeyShape.IdAndPart
            && !keys.Any(other => other.Dependent == dependent.Number && other.Source == KeySource.Identifying);
        if (canIdentify && OneIn(5))
        {
            return key with { Source = KeySource.Identifying };
        }

        bool toAlternate = OneIn(6);
        bool isComposite = !toAlternate && principal.Shape is KeyShape.IdAndPart or KeyShape.TenantAndId;

        bool inSecond = dependent.Second == SecondTable.Split && OneIn(2);
        return key with
        {
            ToAlternate = toAlternate,
            ToSecond = !toAlternate && principal.Second != SecondTable.None && OneIn(3),
            InSecond = inSecond,
            Source = !toAlternate && !inSecond && principal.Shape == KeyShape.TenantAndId && OneIn(2)
                ? KeySource.SharedTenant
                : KeySource.Own,
            Nullable = isComposite
                ? Any(NullableColumns.None, NullableColumns.Rest, NullableColumns.All)
                : Any(NullableColumns.None, NullableColumns.All),
        } is var made && made is { Source: KeySource.SharedTenant, Nullable: NullableColumns.All }
            ? made with { Nullable = NullableColumns.Rest }
            : made;
    }

    private DeleteBehavior Behavior(bool hasNullable, bool allNullable)
        => !OneIn(3) && (!hasNullable || OneIn(2)) ? DeleteBehavior.Cascade
            : hasNullable && !OneIn(3) ? Any(allNullable ? DeleteBehavior.SetNull : DeleteBehavior.ClientSetNull, DeleteBehavior.ClientSetNull)
            : Any(Enum.GetValues<DeleteBehavior>().Where(it => allNullable || it != DeleteBehavior.SetNull).ToArray());

    private ScopeRule Rule(bool keeps, ScopeTable[] tables, List<ScopeKey> keys, bool usesInterface)
    {
        // A table that none references is of little interest.
        ScopeTable[] mapped = [.. tables.Where(IsMapped)];
        ScopeTable[] principals = [.. mapped.Where(table => keys.Any(key => key.Principal == table.Number))];
        ScopeTable table = principals.Length > 0 && !OneIn(4) ? Any(principals) : Any(mapped);
        RuleKind kind = OneIn(25) ? RuleKind.All
            : usesInterface && OneIn(12) ? RuleKind.Interface
            : table.Second == SecondTable.Derived && OneIn(2) ? RuleKind.Derived
            : Any(RuleKind.Remainder, RuleKind.Below, RuleKind.List, RuleKind.Take);
        return new ScopeRule(keeps, table.Number, kind, _random.Next(0, 12));
    }
}
