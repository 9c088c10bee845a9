using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

/// <summary>
/// A model as people write it, with rows for every one of its tables. A public static property of this type, anywhere in this
/// assembly, takes part in every test over all models (<see cref="All"/>); an internal one has tests of its own only.
/// </summary>
public sealed class ModelCase(Action<ModelBuilder> build)
{
    /// <summary>All models of the suite, by the names of the properties that hold them.</summary>
    public static IReadOnlyDictionary<string, ModelCase> All { get; } = typeof(ModelCase).Assembly.GetTypes()
        .SelectMany(type => type.GetProperties(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.Public))
        .Where(property => property.PropertyType == typeof(ModelCase))
        .OrderBy(property => property.Name, StringComparer.Ordinal)
        .ToDictionary(property => property.Name, property => (ModelCase)property.GetValue(null)!, StringComparer.Ordinal);

    public Action<ModelBuilder> Build { get; } = build;

    /// <summary>Rows, as EF writes them.</summary>
    public Func<IEnumerable<object>> Rows { get; init; } = () => [];

    /// <summary>SQL that runs after the rows were written, for tables that EF does not write to.</summary>
    public IReadOnlyList<string> MoreRows { get; init; } = [];

    /// <summary>SQL that runs before the tables are created, for what the model does not create.</summary>
    public IReadOnlyList<string> Before { get; init; } = [];

    /// <summary>Further options of the context.</summary>
    public Action<TestDatabase, DbContextOptionsBuilder>? Options { get; init; }

    /// <summary>Why an engine cannot hold this model, or <see langword="null"/> when it can.</summary>
    public Func<Engine, string?> Gap { get; init; } = _ => null;

    public ScenarioContext CreateContext(TestDatabase database)
        => new(database, Build, options => Options?.Invoke(database, options));

    /// <summary>Creates the tables, as EF does it, and fills them.</summary>
    public async Task CreateAsync(TestDatabase database, CancellationToken cancellationToken)
    {
        await RunAsync(database, Before, cancellationToken);
        await using (ScenarioContext context = CreateContext(database))
        {
            await context.CreateTablesAsync(cancellationToken);
            context.AddRange(Rows());
            await context.SaveChangesAsync(cancellationToken);
        }

        await RunAsync(database, MoreRows, cancellationToken);
    }

    private static async Task RunAsync(TestDatabase database, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        foreach (string sql in statements)
        {
            await database.ExecuteAsync(sql, cancellationToken);
        }
    }
}
