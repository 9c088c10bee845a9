using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace FloworxPurge.Tests.Kit;

/// <summary>A context over a test's database whose model a delegate builds; equal delegates share one model.</summary>
public sealed class ScenarioContext(
    TestDatabase? database,
    Action<ModelBuilder> buildModel,
    Action<DbContextOptionsBuilder>? configure = null) : DbContext
{
    private readonly Action<ModelBuilder> _buildModel = buildModel;

    /// <summary>
    /// Creates the model's tables, also where the database has other tables already. Skips the test where the engine takes no such tables.
    /// </summary>
    public async Task CreateTablesAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await this.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(cancellationToken);
        }
        catch (DbException exception) when (database?.WhyRefused(exception) is not null)
        {
            Assert.Skip(database.WhyRefused(exception)!);
        }
    }

    /// <inheritdoc/>
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
    {
        database?.Configure(optionsBuilder);
        optionsBuilder.ReplaceService<IModelCacheKeyFactory, ModelCacheKeyFactory>();
        configure?.Invoke(optionsBuilder);

        optionsBuilder.AllowManyProviders();
    }

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder) => _buildModel(modelBuilder);

    private sealed class ModelCacheKeyFactory : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime)
            => (context.GetType(), (context as ScenarioContext)?._buildModel, designTime);
    }
}
