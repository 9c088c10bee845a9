using System.Data.Common;
using System.Globalization;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace FloworxPurge.Tests.Archives;

/// <summary>Kills the session just before its transaction is committed; where there is no session to kill, the commit fails.</summary>
internal sealed class LossAtCommit(TestDatabase database, Action before) : DbTransactionInterceptor
{
    private bool _isDone;

    public override async ValueTask<InterceptionResult> TransactionCommittingAsync(
        DbTransaction transaction,
        TransactionEventData eventData,
        InterceptionResult result,
        CancellationToken cancellationToken = default)
    {
        if (_isDone)
        {
            return result;
        }

        _isDone = true;
        before();
        string? self = database.Pick<string?>(
            sqlite: null,
            postgreSql: "SELECT pg_backend_pid()",
            mariaDb: "SELECT CONNECTION_ID()",
            sqlServer: null);
        if (self is null)
        {
            throw new IOException("the disk is gone");
        }

        await using DbCommand command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = self;
        string session = Convert.ToString(await command.ExecuteScalarAsync(cancellationToken), CultureInfo.InvariantCulture)!;
        await database.ExecuteAsync(
            database.Pick(
                sqlite: string.Empty,
                postgreSql: $"SELECT pg_terminate_backend({session}, 10000)",
                mariaDb: $"KILL CONNECTION {session}",
                sqlServer: string.Empty),
            cancellationToken);
        return result;
    }
}
