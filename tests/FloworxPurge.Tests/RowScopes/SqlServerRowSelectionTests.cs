using System.Text;
using FloworxPurge.Extensibility;
using FloworxPurge.Planning;
using FloworxPurge.Schema;
using FloworxPurge.Tests.Dialects;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.RowScopes;

/// <summary>The statements that would select rows on SQL Server: approved texts that Microsoft's parser reads, since there is no server.</summary>
public sealed class SqlServerRowSelectionTests
{
    [Fact]
    public void Selection()
    {
        var text = new StringBuilder();
        Add(
            text,
            "a chain, a reference that is lost, one that blocks, and a kept row",
            model =>
            {
                Required<B, A>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Required<C, B>(model, nameof(Row.ParentId), DeleteBehavior.Cascade);
                Optional<C, A>(model, nameof(Row.OtherId), DeleteBehavior.SetNull);
                Optional<D, B>(model, nameof(Row.ParentId), DeleteBehavior.Restrict);
            },
            options => options.Rows<A>(a => a.Marked).Keep<C>(c => c.Id == 7));
        Add(
            text,
            "a cycle, a self reference and orphans",
            model =>
            {
                Optional<A, A>(model, nameof(Row.OtherId), DeleteBehavior.ClientCascade);
                Required<A, B>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                Optional<B, A>(model, nameof(Row.ParentId), DeleteBehavior.ClientCascade);
                Optional<B, D>(model, nameof(Row.OtherId), DeleteBehavior.Restrict);
            },
            options => options.Rows<A>(a => a.Marked).RemoveOrphans<D>());
        Add(
            text,
            "keys of two columns, one of them an alternate key",
            model =>
            {
                model.Entity<A>().HasKey(a => new { a.Id, a.OtherId });
                model.Entity<B>().HasOne<A>().WithMany().HasForeignKey(b => new { b.ParentId, b.OtherId })
                    .HasPrincipalKey(a => new { a.Id, a.OtherId }).OnDelete(DeleteBehavior.Cascade);
                model.Entity<B>().HasAlternateKey(b => new { b.OtherId, b.Code });
                model.Entity<C>().HasOne<B>().WithMany().HasForeignKey(c => new { c.OtherId, c.Code })
                    .HasPrincipalKey(b => new { b.OtherId, b.Code }).OnDelete(DeleteBehavior.Cascade);
                model.Entity<D>().HasOne<B>().WithMany().HasForeignKey(d => new { d.OtherId, d.Code })
                    .HasPrincipalKey(b => new { b.OtherId, b.Code }).OnDelete(DeleteBehavior.ClientSetNull).IsRequired(false);
            },
            options => options.Rows<A>(a => a.Marked));
        Snapshot.Match("sqlserver.row-selection", text.ToString());
    }

    private static void Add(StringBuilder text, string title, Action<ModelBuilder> references, Action<PurgeOptions> configure)
    {
        using ScenarioContext context = SqlServerLive.Context(model =>
        {
            Tables(model);
            references(model);
        });
        var options = new PurgeOptions();
        configure(options);
        DatabaseSchema live = WithKeys(SqlServerLive.Of(context), context);
        PurgeDialect dialect = SqlServerLive.Dialect;
        RowScope scope = ScopeReading.Read([context], live, options.ToSettings(), dialect);
        var selection = new RowSelection(scope, live, dialect, SqlServerLive.Quoting);
        text.Append("== ").AppendLine(title);
        foreach (string statement in Statements(selection).Distinct(StringComparer.Ordinal))
        {
            _ = TransactSql.Parse(statement);
            text.AppendLine(statement);
        }

        text.AppendLine();
    }

    private static IEnumerable<string> Statements(RowSelection selection)
    {
        RowSelectionSql sql = selection.Sql;
        foreach (KeyTable table in selection.All)
        {
            yield return table.Drop;
            yield return table.Create;
            yield return table.Clear;
        }

        foreach ((TableName table, KeyTable roots) in selection.Roots)
        {
            KeyTable stage = selection.Stages[table];
            yield return sql.CountFound(stage);
            yield return sql.Take(roots, stage, isLocked: true);
            yield return sql.CountHidden(stage, roots);
            yield return sql.RemoveUnfound(roots, stage);
            yield return sql.Begin(table);
            yield return sql.CountBlocked(table);
            yield return sql.FirstBlocked(table, 10);
            yield return sql.RemoveBlocked(table);
        }

        foreach (KeyTable kept in selection.Kept.Values)
        {
            yield return RowSelectionSql.Number(kept);
            if (selection.Keys.ContainsKey(kept.Of.Name))
            {
                yield return sql.BlockKept(kept.Of.Name);
            }
        }

        foreach (RowReference reference in selection.Keeping())
        {
            yield return sql.Keep(reference);
        }

        foreach (RowReference reference in selection.References)
        {
            foreach (string statement in Statements(selection, reference))
            {
                yield return statement;
            }
        }

        foreach (RowReference reference in selection.Orphaning)
        {
            yield return sql.Orphan(reference, isLocked: true);
            yield return sql.Unorphan(reference);
        }

        foreach (TableName table in selection.Tables)
        {
            yield return sql.CountSelected(table);
            RowSet rows = sql.Rows(table).Selected;
            yield return SqlServerLive.Dialect.Delete(SqlServerLive.Quoting, rows);
            yield return SqlServerLive.Dialect.Count(SqlServerLive.Quoting, [rows, sql.Rows(table).Others]);
        }
    }

    private static IEnumerable<string> Statements(RowSelection selection, RowReference reference)
    {
        RowSelectionSql sql = selection.Sql;
        bool isKeyed = selection.Keys.ContainsKey(reference.Key.Dependent);
        if (reference.Action == ReferenceAction.Follow && isKeyed)
        {
            yield return sql.Follow(reference, inRounds: false, isLocked: true);
            yield return sql.Follow(reference, inRounds: true, isLocked: false);
        }

        if (reference.Action == ReferenceAction.Follow)
        {
            yield return sql.CountFollowed(reference);
        }

        if (reference.Action == ReferenceAction.Block)
        {
            yield return sql.Block(reference);
        }

        if (reference.Action == ReferenceAction.Detach)
        {
            yield return sql.Detach(reference);
        }

        if (reference.Action != ReferenceAction.Detach && isKeyed)
        {
            yield return sql.Spread(reference);
        }

        yield return sql.CountStaying(reference);
    }

    private static DatabaseSchema WithKeys(DatabaseSchema live, DbContext context)
    {
        ILookup<string, string> keys = context.GetService<IDesignTimeModel>().Model.GetRelationalModel().Tables
            .SelectMany(table => table.PrimaryKey!.Columns.Select(column => (table.Name, Column: column.Name)))
            .ToLookup(pair => pair.Name, pair => pair.Column, StringComparer.Ordinal);
        return live with { Tables = [.. live.Tables.Select(table => table with { PrimaryKey = [.. keys[table.Name.Name]] })] };
    }
}
