using System.Data.Common;
using System.Security.Cryptography;
using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using FloworxPurge.Tests.RowScopes;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using static FloworxPurge.Tests.RowScopes.RowScenario;

namespace FloworxPurge.Tests.Guarantees;

/// <summary>A key is good for one run that is committed, whichever process or purger runs it.</summary>
public abstract class RunKeyConformance(Engine engine) : ConformanceGroup(engine)
{
    private const string Data = "A 1! 2 3! B 1>1 2>2 3>3";

    [Fact]
    public async Task A_second_run_is_refused_and_writes_nothing()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync(options => options.RunKey = "approval 1")).Report.Verdict);
        await scenario.InsertAsync(Data);

        PurgeReport refused = (await Assert.ThrowsAsync<PurgeException>(
            () => scenario.PurgeAsync(options => options.RunKey = "approval 1"))).Report!;

        Assert.Equal(PurgeVerdict.Refused, refused.Verdict);
        Assert.Contains("RunKey was used already: a run with it began to commit at ", refused.Error, StringComparison.Ordinal);
        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
        string hash = Convert.ToHexStringLower(SHA256.HashData("approval 1"u8));
        Assert.Equal($"key:{hash[..36]}", await scenario.ValuesAsync("SELECT run_id FROM floworxpurge_runs"));
        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync(options => options.RunKey = "approval 2")).Report.Verdict);
    }

    [Fact]
    public async Task Keys_that_begin_alike_are_two_and_neither_is_in_the_database()
    {
        string key = new('k', 200);
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.PurgeAsync(options => options.RunKey = key + "1");
        await scenario.InsertAsync(Data);

        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync(options => options.RunKey = key + "2")).Report.Verdict);
        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options => options.RunKey = key + "1"));
        string runs = await scenario.ValuesAsync("SELECT run_id FROM floworxpurge_runs ORDER BY run_id");
        Assert.DoesNotContain("kkk", runs, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_deletes_nothing_uses_it_too()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.PurgeAsync(options => options.RunKey = "one");
        await scenario.PurgeAsync(options => options.RunKey = "two");

        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options => options.RunKey = "two"));
    }

    [Fact]
    public async Task A_run_that_is_rolled_back_does_not_use_it_up()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.Database.RaiseOnDeleteAsync("A", "not now", CancellationToken);
        await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options => options.RunKey = "approval"));
        await scenario.Database.ExecuteAsync(
            $"DROP TRIGGER \"stop_A\"{(Engine == Engine.PostgreSql ? " ON \"A\"" : string.Empty)}",
            CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync(options => options.RunKey = "approval")).Report.Verdict);
    }

    [Fact]
    public async Task It_is_rolled_back_with_the_transaction_of_the_caller()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.PurgeAsync(options => options.RunKey = "makes the table");
        await scenario.InsertAsync(Data);
        await using (IDbContextTransaction transaction = await scenario.Context.Database.BeginTransactionAsync(CancellationToken))
        {
            await scenario.PurgeAsync(options => options.RunKey = "approval");
            await transaction.RollbackAsync(CancellationToken);
        }

        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));
        Assert.Equal(PurgeVerdict.Complete, (await scenario.PurgeAsync(options => options.RunKey = "approval")).Report.Verdict);
    }

    [Fact]
    public async Task The_first_of_several_transactions_uses_it()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        await scenario.PurgeAsync(Chunks);
        await scenario.InsertAsync(Data);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Chunks));

        Assert.Contains("RunKey was used already", refused.Message, StringComparison.Ordinal);
        Assert.Equal("1 2 3", await scenario.KeysAsync("A"));

        static void Chunks(PurgeOptions options)
        {
            options.RunKey = "approval";
            options.InChunks(1);
        }
    }

    [Fact]
    public async Task A_run_that_only_ends_another_one_uses_it_too()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        var hook = new CommandHook
        {
            Before = (command, _) => command.CommandText.StartsWith("UPDATE", StringComparison.Ordinal)
                && command.Parameters.Cast<DbParameter>().Any(parameter => parameter.Value is "done")
                ? throw new InvalidOperationException("stopped behind the last commit")
                : ValueTask.CompletedTask,
        };
        await using (ScenarioContext context = scenario.CreateContext(hook))
        {
            await Assert.ThrowsAsync<PurgeException>(() => RunAsync("one", context));
        }

        PurgeReport report = await RunAsync("two", scenario.Context);
        await scenario.InsertAsync("A 9!");
        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => RunAsync("two", scenario.Context));

        Assert.Equal((PurgeVerdict.Complete, 4, 2), (report.Verdict, report.RowsDeleted, report.Chunks!.Sessions));
        Assert.Contains("RunKey was used already", refused.Message, StringComparison.Ordinal);
        Assert.Equal("2 9", await scenario.KeysAsync("A"));

        async Task<PurgeReport> RunAsync(string key, DbContext context)
        {
            Purger purger = Engine.Purger(options => options.Rows<A>(a => a.Marked).InChunks(1).RunKey = key);
            return await purger.ExecuteAsync(
                context,
                await purger.PlanAsync(context, CancellationToken),
                cancellationToken: CancellationToken);
        }
    }

    [Fact]
    public async Task In_a_database_that_is_not_the_required_one_no_table_is_created()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        string before = await scenario.Database.ChecksumAsync(CancellationToken);

        PurgeException refused = await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(options =>
        {
            options.RunKey = "approval";
            options.RequiredDatabase = "another";
        }));

        Assert.Equal(PurgeVerdict.Refused, refused.Report!.Verdict);
        Assert.Contains("RequiredDatabase says \"another\"", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, await scenario.Database.ChecksumAsync(CancellationToken));
    }

    [Fact]
    public async Task It_is_kept_beside_the_receipt_of_an_archive()
    {
        await using RowScenario scenario = await RowScenario.CreateAsync(Engine, Model, Data);
        DirectoryInfo folder = Directory.CreateTempSubdirectory("floworxpurge-key-");
        try
        {
            void Archived(PurgeOptions options)
            {
                options.RunKey = "approval";
                options.ArchiveTo(Path.Combine(folder.FullName, Guid.NewGuid().ToString("N")));
            }

            await scenario.PurgeAsync(Archived);
            Assert.Equal(2, await scenario.Database.CountAsync("floworxpurge_runs", cancellationToken: CancellationToken));
            await Assert.ThrowsAsync<PurgeException>(() => scenario.PurgeAsync(Archived));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Model(ModelBuilder model)
    {
        Tables(model);
        Required<B, A>(model, "ParentId", DeleteBehavior.Cascade);
    }
}

public sealed class SqliteRunKeyConformance() : RunKeyConformance(Engine.Sqlite);

public sealed class PostgreSqlRunKeyConformance() : RunKeyConformance(Engine.PostgreSql);

public sealed class MariaDbRunKeyConformance() : RunKeyConformance(Engine.MariaDb);
