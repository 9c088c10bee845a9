using FloworxPurge.Reporting;
using FloworxPurge.Tests.Conformance.Models;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace FloworxPurge.Tests.Conformance;

/// <summary>Wherever an application gets its context and its model from.</summary>
public abstract class ContextSourceConformance(Engine engine) : ModelGroup(engine)
{
    [Fact]
    public async Task A_pooled_context_is_purged_and_goes_back_as_it_came()
    {
        await using TestDatabase database = await CreateAsync();
        await using ServiceProvider services = new ServiceCollection()
            .AddDbContextPool<LibraryContext>(database.Configure, poolSize: 1)
            .BuildServiceProvider();
        for (int use = 0; use < 2; use++)
        {
            await using AsyncServiceScope scope = services.CreateAsyncScope();
            var context = scope.ServiceProvider.GetRequiredService<LibraryContext>();
            context.Add(new Shelf { Books = { new() } });
            await context.SaveChangesAsync(CancellationToken);

            await PurgeCompletelyAsync(database, context);

            Assert.Empty(context.ChangeTracker.Entries());
            Assert.Equal(System.Data.ConnectionState.Closed, context.Database.GetDbConnection().State);
        }
    }

    [Fact]
    public async Task A_context_from_a_factory_is_purged()
    {
        await using TestDatabase database = await CreateAsync();
        await using ServiceProvider services = new ServiceCollection()
            .AddDbContextFactory<LibraryContext>(database.Configure)
            .BuildServiceProvider();
        var factory = services.GetRequiredService<IDbContextFactory<LibraryContext>>();
        await using LibraryContext context = await factory.CreateDbContextAsync(CancellationToken);

        PurgeReport report = await PurgeCompletelyAsync(database, context);

        Assert.Equal(3, report.RowsDeleted);
    }

    [Fact]
    public async Task A_plan_of_one_context_is_run_on_another_one_of_the_factory()
    {
        await using TestDatabase database = await CreateAsync();
        await using ServiceProvider services = new ServiceCollection()
            .AddPooledDbContextFactory<LibraryContext>(database.Configure)
            .BuildServiceProvider();
        var factory = services.GetRequiredService<IDbContextFactory<LibraryContext>>();
        Purger purger = Engine.Purger();

        await using LibraryContext one = await factory.CreateDbContextAsync(CancellationToken);
        var plan = await purger.PlanAsync(one, CancellationToken);
        await using LibraryContext two = await factory.CreateDbContextAsync(CancellationToken);
        PurgeReport report = await purger.ExecuteAsync(two, plan, cancellationToken: CancellationToken);

        Assert.Equal(PurgeVerdict.Complete, report.Verdict);
        Assert.All(await CountAsync(database), table => Assert.Equal(0, table.Value));
    }

    [Fact]
    public async Task A_model_that_was_built_before_as_a_compiled_one_is_purged()
    {
        await using TestDatabase database = await CreateAsync();
        IModel model;
        await using (LibraryContext context = new(Options(database)))
        {
            model = context.Model;
        }

        // What migrations need is not in such a model.
        Assert.IsType<RuntimeModel>(model);
        var options = new DbContextOptionsBuilder<LibraryContext>(Options(database)).UseModel(model).Options;
        await using LibraryContext compiled = new(options);

        await PurgeCompletelyAsync(database, compiled);
    }

    [Fact]
    public async Task Entities_that_load_their_relations_when_asked_are_purged()
    {
        await using TestDatabase database = await CreateAsync();
        await using LibraryContext context = new(Options(database));
        Shelf shelf = await context.Set<Shelf>().SingleAsync(CancellationToken);
        Assert.Equal(2, shelf.Books.Count);

        await PurgeCompletelyAsync(database, context);

        Assert.Equal(EntityState.Detached, context.Entry(shelf).State);
    }

    [Fact]
    public async Task A_context_that_tracks_nothing_is_purged()
    {
        await using TestDatabase database = await CreateAsync();
        var options = new DbContextOptionsBuilder<LibraryContext>(Options(database)).UseQueryTrackingBehavior(
            QueryTrackingBehavior.NoTrackingWithIdentityResolution).Options;
        await using LibraryContext context = new(options);

        await PurgeCompletelyAsync(database, context);
    }

    [Fact]
    public async Task A_context_on_an_open_connection_of_the_caller_leaves_it_open()
    {
        await using TestDatabase database = await CreateAsync();
        await using LibraryContext context = new(Options(database));
        await context.Database.OpenConnectionAsync(CancellationToken);

        await PurgeCompletelyAsync(database, context);

        Assert.Equal(System.Data.ConnectionState.Open, context.Database.GetDbConnection().State);
    }

    private async Task<TestDatabase> CreateAsync()
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await using LibraryContext context = new(Options(database));
        await context.Database.EnsureCreatedAsync(CancellationToken);
        context.Add(new Shelf { Books = { new(), new() } });
        await context.SaveChangesAsync(CancellationToken);
        return database;
    }

    private static DbContextOptions<LibraryContext> Options(TestDatabase database)
    {
        var builder = new DbContextOptionsBuilder<LibraryContext>();
        database.Configure(builder);
        return builder.Options;
    }

    private sealed class LibraryContext(DbContextOptions<LibraryContext> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Shelf>().ToTable("Shelves").HasQueryFilter(row => row.Id > 0);
            modelBuilder.Entity<Book>().ToTable("Books", table => table.HasComment("one row a copy"));
        }
    }

    private sealed class Shelf
    {
        private readonly ILazyLoader? _loader;
        private IList<Book> _books = [];

        public Shelf()
        {
        }

        private Shelf(ILazyLoader loader) => _loader = loader;

        public int Id { get; set; }

        public IList<Book> Books
        {
            get => _loader?.Load(this, ref _books!) ?? _books;
            set => _books = value;
        }
    }

    private sealed class Book
    {
        public int Id { get; set; }

        public int ShelfId { get; set; }
    }
}

public sealed class SqliteContextSourceConformance() : ContextSourceConformance(Engine.Sqlite);

public sealed class PostgreSqlContextSourceConformance() : ContextSourceConformance(Engine.PostgreSql);

public sealed class AnsiContextSourceConformance() : ContextSourceConformance(Engine.Ansi);

public sealed class MariaDbContextSourceConformance() : ContextSourceConformance(Engine.MariaDb);
