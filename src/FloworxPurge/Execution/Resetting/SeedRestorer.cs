using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Execution;

/// <summary>Puts back what EF itself would have put there: <c>HasData</c> rows by its migrations SQL, then what its seeding hooks write.</summary>
[RequiresUnreferencedCode(TrimWarnings.Model)]
[RequiresDynamicCode(TrimWarnings.Model)]
internal sealed class SeedRestorer
{
    private readonly Type _contextType;
    private readonly IReadOnlyList<IDbContextOptionsExtension> _extensions;
    private readonly IReadOnlyList<string> _commands;
    private readonly CoreOptionsExtension? _hooks;

    private SeedRestorer(Type contextType, IReadOnlyList<IDbContextOptionsExtension> extensions, IReadOnlyList<string> commands, IReadOnlyDictionary<TableName, long> rows)
    {
        Rows = rows;
        _contextType = contextType;
        _extensions = extensions;
        _commands = commands;
        _hooks = extensions.OfType<CoreOptionsExtension>().FirstOrDefault(core => core.Seeder is not null || core.AsyncSeeder is not null);
    }

    /// <summary>How many rows <c>HasData</c> gives each table.</summary>
    public IReadOnlyDictionary<TableName, long> Rows { get; }

    /// <summary>Reads what the context's model and options seed.</summary>
    /// <exception cref="PurgeException">There is a seeding hook, and no way to create the context that it needs.</exception>
    public static SeedRestorer Create(DbContext context, ResetPlan plan, StringComparer identifiers)
    {
        // A table without a schema is the one that the connection finds by its name alone.
        TableName? Emptied(InsertDataOperation insert) => plan.Tables.FirstOrDefault(table => identifiers.Equals(table.Name.Name, insert.Table)
            && (insert.Schema is null || table.Name.Schema is null ? table.IsVisible : string.Equals(insert.Schema, table.Name.Schema, StringComparison.Ordinal)))?.Name;

        IModel model = context.GetService<IDesignTimeModel>().Model;
        List<InsertDataOperation> inserts = [.. context.GetService<IMigrationsModelDiffer>()
            .GetDifferences(source: null, model.GetRelationalModel())
            .OfType<InsertDataOperation>()
            .Where(insert => Emptied(insert) is not null)];
        var restorer = new SeedRestorer(
            context.GetType(),
            [.. context.GetService<IDbContextOptions>().Extensions],
            inserts.Count == 0 ? [] : [.. context.GetService<IMigrationsSqlGenerator>().Generate(inserts, model).Select(command => command.CommandText)],
            inserts.GroupBy(insert => Emptied(insert)!).ToDictionary(group => group.Key, group => group.Sum(insert => (long)insert.Values.GetLength(0))));
        if (restorer._hooks is not null)
        {
            using DbContext probe = restorer.CreateContext(context.Database.GetDbConnection());
        }

        return restorer;
    }

    /// <summary>The SQL of its <c>HasData</c> rows.</summary>
    public IReadOnlyList<string> Commands => _commands;

    /// <summary>Runs the seeding hook, if there is one.</summary>
    public async Task RunHookAsync(DbConnection connection, CancellationToken cancellationToken)
    {
        if (_hooks is null)
        {
            return;
        }

        DbContext context = CreateContext(connection);
        await using (context.ConfigureAwait(false))
        {
            // As EF does after it has created tables: the second argument says that something was done to the store.
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

    private DbContext CreateContext(DbConnection connection)
    {
        bool isAlive = IsAlive(_hooks!.ApplicationServiceProvider);
        IEnumerable<IDbContextOptionsExtension> extensions = _extensions.Select(extension => extension is CoreOptionsExtension core && !isAlive ? core.WithApplicationServiceProvider(null) : extension);
        try
        {
            return TakesOptions(_contextType)
                ? (DbContext)ActivatorUtilities.CreateInstance(isAlive ? _hooks.ApplicationServiceProvider! : EmptyServices.Instance, _contextType, ProviderContext.WithConnection(_contextType, extensions, connection))
                : (DbContext)Activator.CreateInstance(_contextType)!;
        }
        catch (Exception e) when (e is InvalidOperationException or MissingMethodException)
        {
            throw new PurgeException($"{_contextType.Name} has a seeding hook (UseSeeding), and RestoreSeedData cannot create one to run it in: {e.Message} Give it a public constructor that takes its DbContextOptions.", e);
        }
    }

    private static bool TakesOptions(Type contextType)
        => Array.Exists(contextType.GetConstructors(), constructor => Array.Exists(constructor.GetParameters(), parameter => parameter.ParameterType.IsAssignableTo(typeof(DbContextOptions))));

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
