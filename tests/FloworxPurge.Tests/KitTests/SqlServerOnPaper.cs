using System.Data.Common;
using System.Diagnostics;
using FloworxPurge.Tests.Dialects;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace FloworxPurge.Tests.KitTests;

/// <summary>Takes what the suite would send to a SQL Server and has it read by Microsoft's parser; there is no server.</summary>
internal sealed class SqlServerOnPaper : TestDatabase
{
    private readonly List<string> _batches = [];

    public override string Engine => "SQL Server on paper";

    public override bool HasSchemas => true;

    public override string ConnectionString => "Server=nowhere;Database=shop";

    /// <summary>What was sent, batch by batch.</summary>
    public IReadOnlyList<string> Batches => _batches;

    public override T Pick<T>(T sqlite, T postgreSql, T mariaDb, T sqlServer) => sqlServer;

    private protected override void UseProvider(DbContextOptionsBuilder options)
        => options.UseSqlServer(ConnectionString).EnableServiceProviderCaching(false);

    public override DbConnection CreateConnection() => throw new NotSupportedException();

    public override Task<string> ChecksumAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public override Task ExecuteAsync(string sql, CancellationToken cancellationToken = default)
    {
        foreach (string batch in TransactSqlBatches.Split(sql))
        {
            // A batch of two statements would be one that the server may refuse to compile.
            TSqlBatch read = Assert.Single(Assert.IsType<TSqlScript>(TransactSql.Parse(batch)).Batches);
            Assert.True(read.Statements.Count == 1, batch);
            _batches.Add(batch);
        }

        return Task.CompletedTask;
    }

    public override Task ExecuteUncheckedAsync(string sql, CancellationToken cancellationToken = default)
        => ExecuteAsync(sql, cancellationToken);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal override ProcessStartInfo ShellStart() => throw new NotSupportedException();
}
