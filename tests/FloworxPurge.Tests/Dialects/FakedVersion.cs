using System.Data.Common;
using System.Text.RegularExpressions;
using FloworxPurge.Engines;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Dialects;

/// <summary>
/// Makes PostgreSQL answer the query for its engine as a compatible engine does, and turns CockroachDB's DELETE ... LIMIT,
/// which PostgreSQL has not, into one that it has. Everything else runs as it stands.
/// </summary>
internal sealed partial class FakedVersion(string answer) : DbCommandInterceptor
{
    private readonly List<string> _texts = [];

    /// <summary>What was sent, with the values, before it was rewritten.</summary>
    public IReadOnlyList<string> Texts => _texts;

    public int Asked { get; private set; }

    public Action<DbContextOptionsBuilder> Options => options => options.AddInterceptors(this);

    public Action<DbContextOptionsBuilder> OptionsOver(TestDatabase database, string settings)
        => options => options.UseNpgsql($"{database.ConnectionString};Options={settings}").AddInterceptors(this);

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<object> result,
        CancellationToken cancellationToken = default)
    {
        if (command.CommandText == new PostgreSqlDialect().ServerQuery)
        {
            Asked++;
            return ValueTask.FromResult(InterceptionResult<object>.SuppressWithResult(answer));
        }

        Note(command);
        return ValueTask.FromResult(result);
    }

    public override ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        Note(command);
        return ValueTask.FromResult(result);
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command,
        CommandEventData eventData,
        InterceptionResult<int> result,
        CancellationToken cancellationToken = default)
    {
        Note(command);
        command.CommandText = DeleteLimit().Replace(
            command.CommandText,
            "DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} LIMIT ${rows})");
        return ValueTask.FromResult(result);
    }

    [GeneratedRegex("^DELETE FROM (?<table>.+) LIMIT (?<rows>[0-9]+)$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DeleteLimit();

    private void Note(DbCommand command)
        => _texts.Add(
            command.CommandText + string.Concat(command.Parameters.Cast<DbParameter>().Select(parameter => " @" + parameter.Value)));
}
