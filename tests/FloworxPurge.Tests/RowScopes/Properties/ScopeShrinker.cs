using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.RowScopes.Properties;

/// <summary>Makes cases smaller, by one step each.</summary>
public static class ScopeShrinker
{
    public static IEnumerable<ScopeCase> Smaller(ScopeCase it)
        => Candidates(it).Where(smaller => smaller.Rules.Any(rule => !rule.Keeps)).Distinct();

    private static IEnumerable<ScopeCase> Candidates(ScopeCase it)
    {
        foreach (ScopeTable table in it.Tables)
        {
            yield return it with
            {
                Tables = [.. it.Tables.Where(other => other != table)],
                Keys = [.. it.Keys.Where(key => key.Dependent != table.Number && key.Principal != table.Number)],
                Rules = [.. it.Rules.Where(rule => rule.Table != table.Number)],
            };
        }

        foreach (ScopeKey key in it.Keys)
        {
            yield return it with { Keys = [.. it.Keys.Where(other => other != key)] };
        }

        foreach (ScopeRule rule in it.Rules)
        {
            yield return it with { Rules = [.. it.Rules.Where(other => other != rule)] };
        }

        foreach (ScopeTable table in it.Tables)
        {
            foreach (ScopeTable smaller in Smaller(it, table))
            {
                yield return it with { Tables = [.. it.Tables.Select(other => other == table ? smaller : other)] };
            }
        }

        foreach (ScopeKey key in it.Keys)
        {
            foreach (ScopeKey smaller in Smaller(key))
            {
                yield return it with { Keys = [.. it.Keys.Select(other => other == key ? smaller : other)] };
            }
        }

        ScopeCase[] calmer =
        [
            it with { OnBlocked = OnBlocked.Skip },
            it with { BestEffort = false },
            it with { JoinsTransaction = false },
            it with { RunsTwice = false },
        ];
        foreach (ScopeCase other in calmer.Where(other => other != it))
        {
            yield return other;
        }
    }

    private static IEnumerable<ScopeTable> Smaller(ScopeCase it, ScopeTable table)
    {
        ScopeTable[] smaller =
        [
            table with { Rows = 1 },
            table with { Rows = table.Rows / 2 },
            table with { Rows = table.Rows - 1 },
            table with { HasFilter = false },
            table with { RemovesOrphans = false },
            table with { Place = TablePlace.Mapped },
        ];
        if (!it.Keys.Any(key => (key.InSecond && key.Dependent == table.Number) || (key.ToSecond && key.Principal == table.Number))
            && !it.Rules.Any(rule => rule.Kind == RuleKind.Derived && rule.Table == table.Number))
        {
            smaller = [.. smaller, table with { Second = SecondTable.None }];
        }

        return smaller.Where(other => other != table && other.Rows >= 0 && other.Rows <= table.Rows);
    }

    private static IEnumerable<ScopeKey> Smaller(ScopeKey key)
    {
        ScopeKey[] smaller =
        [
            key with { Explicit = null },
            key with { OnDelete = "NO ACTION" },
            key with { ToSecond = false },
            key with { InSecond = false },
            key.Behavior is null ? key : key with { Behavior = DeleteBehavior.Cascade },
            key.Behavior is null ? key : key with { Behavior = DeleteBehavior.Restrict },
        ];
        bool isSimple = key.Behavior is null or DeleteBehavior.Cascade or DeleteBehavior.Restrict;
        return smaller.Where(other => other != key && (other.Behavior == key.Behavior || !isSimple));
    }
}
