using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Connections;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Resetting;

/// <summary>What one context seeds: <c>HasData</c> rows, and what its seeding hook writes.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class SeedRestorer
{
    private readonly Type _contextType;
    private readonly IReadOnlyList<IDbContextOptionsExtension> _extensions;
    private readonly IReadOnlyList<string> _commands;
    private readonly CoreOptionsExtension? _hooks;

    // Whether a context for the hook finds its database by itself, and not by the connection that it is given.
    private bool _connectsByItself;

    private SeedRestorer(
        Type contextType,
        IReadOnlyList<IDbContextOptionsExtension> extensions,
        IReadOnlyList<string> commands,
        IReadOnlyDictionary<TableName, long> rows)
    {
        Rows = rows;
        _contextType = contextType;
        _extensions = extensions;
        _commands = commands;
        _hooks = extensions.OfType<CoreOptionsExtension>().FirstOrDefault(core => core.Seeder is not null || core.AsyncSeeder is not null);
    }

    /// <summary>How many rows <c>HasData</c> gives each table.</summary>
    public IReadOnlyDictionary<TableName, long> Rows { get; }

    /// <summary>Reads what the model and the options of a context seed.</summary>
    public static async Task<SeedRestorer> CreateAsync(
        DbContext context,
        HookDatabase database,
        StringComparer identifiers,
        CancellationToken cancellationToken)
    {
        // A table without a schema is the one that the connection finds by its name alone.
        TableName? Emptied(InsertDataOperation insert)
            => database.Plan.Tables.FirstOrDefault(
                table => identifiers.Equals(table.Name.Name, insert.Table)
                    && (insert.Schema is null || table.Name.Schema is null
                        ? table.IsVisible
                        : string.Equals(insert.Schema, table.Name.Schema, StringComparison.Ordinal)))?.Name;

        IModel model = context.GetService<IDesignTimeModel>().Model;
        List<InsertDataOperation> inserts = [.. context.GetService<IMigrationsModelDiffer>()
            .GetDifferences(source: null, model.GetRelationalModel())
            .OfType<InsertDataOperation>()
            .Where(insert => Emptied(insert) is not null)];
        var restorer = new SeedRestorer(
            context.GetType(),
            [.. context.GetService<IDbContextOptions>().Extensions],
            inserts.Count == 0
                ? []
                : [.. context.GetService<IMigrationsSqlGenerator>().Generate(inserts, model).Select(command => command.CommandText)],
            inserts.GroupBy(insert => Emptied(insert)!)
                .ToDictionary(group => group.Key, group => group.Sum(insert => (long)insert.Values.GetLength(0))));
        if (restorer._hooks is not null)
        {
            restorer._connectsByItself = await restorer.CheckAsync(
                context.Database.GetDbConnection(),
                database,
                cancellationToken).ConfigureAwait(false);
        }

        return restorer;
    }

    /// <summary>The SQL of its <c>HasData</c> rows.</summary>
    public IReadOnlyList<string> Commands => _commands;

    /// <summary>Runs the seeding hook, if there is one.</summary>
    /// <exception cref="PurgeException">It would work in another database than the reset one, and is not run.</exception>
    public async Task RunHookAsync(DbConnection connection, HookDatabase database, CancellationToken cancellationToken)
    {
        if (_hooks is null)
        {
            return;
        }

        DbContext context = CreateContext(connection);
        await using (context.ConfigureAwait(false))
        {
            await database.CheckAsync(context, connection, cancellationToken).ConfigureAwait(false);

            // As EF does after it has created tables: the second argument means that the store was changed.
            if (_hooks.AsyncSeeder is { } seedAsync)
            {
                await seedAsync(context, true, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                _hooks.Seeder!(context, true);
            }
        }
    }

    /// <summary>Compares the database of the hook, if it is not the given connection's anyway.</summary>
    public async Task CheckHookAsync(DbConnection connection, HookDatabase database, CancellationToken cancellationToken)
    {
        if (_connectsByItself)
        {
            await CheckAsync(connection, database, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> CheckAsync(DbConnection connection, HookDatabase database, CancellationToken cancellationToken)
    {
        DbContext context = CreateContext(connection);
        await using (context.ConfigureAwait(false))
        {
            return await database.CheckAsync(context, connection, cancellationToken).ConfigureAwait(false);
        }
    }

    private DbContext CreateContext(DbConnection connection)
    {
        bool isAlive = IsAlive(_hooks!.ApplicationServiceProvider);
        IEnumerable<IDbContextOptionsExtension> extensions = _extensions.Select(
            extension => extension is CoreOptionsExtension core && !isAlive ? core.WithApplicationServiceProvider(null) : extension);
        try
        {
            return TakesOptions(_contextType)
                ? (DbContext)ActivatorUtilities.CreateInstance(
                    isAlive ? _hooks.ApplicationServiceProvider! : EmptyServices.Instance,
                    _contextType,
                    ProviderContext.WithConnection(_contextType, extensions, connection))
                : (DbContext)Activator.CreateInstance(_contextType)!;
        }
        catch (Exception e) when (e is InvalidOperationException or MissingMethodException)
        {
            throw new PurgeException(
                $"{_contextType.Name} has a seeding hook (UseSeeding), and RestoreSeedData cannot create one to run it in: {e.Message} "
                    + $"Give it a public constructor that takes its DbContextOptions.",
                e);
        }
    }

    private static bool TakesOptions(Type contextType)
        => Array.Exists(
            contextType.GetConstructors(),
            constructor => Array.Exists(
                constructor.GetParameters(),
                parameter => parameter.ParameterType.IsAssignableTo(typeof(DbContextOptions))));

    // A context of a scope that has ended leaves its services behind.
    private static bool IsAlive(IServiceProvider? services)
    {
        try
        {
            return services?.GetService(typeof(IServiceProvider)) is not null;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private sealed class EmptyServices : IServiceProvider
    {
        public static EmptyServices Instance { get; } = new();

        public object? GetService(Type serviceType) => null;
    }
}
