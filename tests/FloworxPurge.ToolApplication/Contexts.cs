using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace ToolApplication;

/// <summary>A context that the host has as a service.</summary>
internal sealed class NoteContext(DbContextOptions<NoteContext> options) : DbContext(options)
{
    public DbSet<Author> Authors => Set<Author>();

    public DbSet<Note> Notes => Set<Note>();
}

/// <summary>A context that only a design-time factory makes.</summary>
internal sealed class ArchiveContext(DbContextOptions<ArchiveContext> options) : DbContext(options)
{
    public DbSet<Entry> Entries => Set<Entry>();
}

internal sealed class ArchiveContextFactory : IDesignTimeDbContextFactory<ArchiveContext>
{
    public ArchiveContext CreateDbContext(string[] args)
        => new(new DbContextOptionsBuilder<ArchiveContext>().UseSqlite($"Data Source={args[0]};Pooling=False").Options);
}

internal sealed class Author
{
    public int Id { get; set; }

    public List<Note> Notes { get; } = [];
}

internal sealed class Note
{
    public int Id { get; set; }

    public int AuthorId { get; set; }
}

internal sealed class Entry
{
    public int Id { get; set; }
}
