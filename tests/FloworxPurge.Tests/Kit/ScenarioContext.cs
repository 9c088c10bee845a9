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

    /// <summary>Creates the model's tables, also where the database has other tables already.</summary>
    public Task CreateTablesAsync(CancellationToken cancellationToken = default)
        => this.GetService<IRelationalDatabaseCreator>().CreateTablesAsync(cancellationToken);

    /// <inheritdoc/>
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
    {
        database?.Configure(optionsBuilder);
        optionsBuilder.ReplaceService<IModelCacheKeyFactory, ModelCacheKeyFactory>();
        configure?.Invoke(optionsBuilder);
    }

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder) => _buildModel(modelBuilder);

    private sealed class ModelCacheKeyFactory : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime)
            => (context.GetType(), (context as ScenarioContext)?._buildModel, designTime);
    }
}
