using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public abstract class Animal
{
    public int Id { get; set; }

    public string Name { get; set; } = "";

    public int? MotherId { get; set; }
}

public class Dog : Animal
{
    public string Breed { get; set; } = "";
}

public class Puppy : Dog
{
    public int Weeks { get; set; }
}

public class Cat : Animal
{
    public int Lives { get; set; }
}

/// <summary>A row that points at one of the hierarchy's.</summary>
public class Walk
{
    public int Id { get; set; }

    public int DogId { get; set; }

    public Dog? Dog { get; set; }
}

/// <summary>One hierarchy of four types, mapped in each of the three ways.</summary>
public static class InheritanceModels
{
    public static ModelCase TablePerHierarchy { get; } = new(
        Build(model => model.Entity<Animal>().UseTphMappingStrategy().ToTable("Animals")))
    { Rows = Rows };

    public static ModelCase TablePerType { get; } = new(Build(model =>
    {
        model.Entity<Animal>().UseTptMappingStrategy().ToTable("Animals");
        model.Entity<Dog>().ToTable("Dogs");
        model.Entity<Puppy>().ToTable("Puppies");
        model.Entity<Cat>().ToTable("Cats");
    }))
    { Rows = Rows };

    /// <summary>The abstract root has no table; a walk's dog is in one of two tables, so there is no constraint.</summary>
    public static ModelCase TablePerConcreteType { get; } = new(Build(model =>
    {
        model.Entity<Animal>().UseTpcMappingStrategy();
        model.Entity<Dog>().ToTable("Dogs");
        model.Entity<Puppy>().ToTable("Puppies");
        model.Entity<Cat>().ToTable("Cats");
    }))
    { Rows = Rows };

    private static Action<ModelBuilder> Build(Action<ModelBuilder> map) => model =>
    {
        model.Entity<Animal>(animal =>
        {
            animal.Property(row => row.Id).ValueGeneratedNever();
            animal.HasOne<Animal>().WithMany().HasForeignKey(row => row.MotherId).OnDelete(DeleteBehavior.Restrict);
        });
        model.Entity<Dog>();
        model.Entity<Puppy>();
        model.Entity<Cat>();
        model.Entity<Walk>().ToTable("Walks");
        map(model);
    };

    private static IEnumerable<object> Rows() =>
    [
        new Dog { Id = 1, Name = "Rex", Breed = "Boxer" },
        new Puppy { Id = 2, Name = "Ben", Breed = "Boxer", Weeks = 9, MotherId = 1 },
        new Cat { Id = 3, Name = "Tom", Lives = 9 },
        new Cat { Id = 4, Name = "Kit", Lives = 9, MotherId = 3 },
        new Walk { DogId = 1 },
        new Walk { DogId = 2 },
    ];
}
