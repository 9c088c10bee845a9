using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;

namespace FloworxPurge.Benchmarks.Resets;

/// <summary>A context whose model is a layout; equal layouts share one model.</summary>
internal sealed class LayoutContext(Layout layout, Action<DbContextOptionsBuilder> configure) : DbContext
{
    private readonly Layout _layout = layout;

    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder)
    {
        configure(optionsBuilder);
        optionsBuilder.ReplaceService<IModelCacheKeyFactory, ModelCacheKeyFactory>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder) => _layout.Build(modelBuilder);

    private sealed class ModelCacheKeyFactory : IModelCacheKeyFactory
    {
        public object Create(DbContext context, bool designTime) => ((context as LayoutContext)?._layout, designTime);
    }
}
