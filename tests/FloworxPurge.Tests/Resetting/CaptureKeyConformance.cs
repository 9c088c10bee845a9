using FloworxPurge.Tests.Conformance;
using FloworxPurge.Tests.Kit;
using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Resetting;

/// <summary>Captured rows come back together with the rows that reference them, whichever of their tables was changed.</summary>
public abstract class CaptureKeyConformance(Engine engine) : ConformanceGroup(engine)
{
    [Theory]
    [InlineData("UPDATE \"Departments\" SET \"Name\" = 'x'", 0)]
    [InlineData("UPDATE \"Employees\" SET \"Name\" = 'x'", 0)]
    [InlineData("UPDATE \"Badges\" SET \"EmployeeId\" = 2", 0)]
    [InlineData("INSERT INTO \"Departments\" (\"Id\", \"Name\") VALUES (9, 'new')", 1)]
    [InlineData("INSERT INTO \"Employees\" (\"Id\", \"Name\", \"DepartmentId\") VALUES (9, 'new', 2)", 1)]
    [InlineData("INSERT INTO \"Badges\" (\"Id\", \"EmployeeId\") VALUES (9, 1)", 1)]
    [InlineData("INSERT INTO \"Notes\" (\"Id\", \"BadgeId\") VALUES (9, 1)", 1)]
    [InlineData("DELETE FROM \"Badges\"", 0)]
    [InlineData("UPDATE \"Departments\" SET \"ManagerId\" = NULL; DELETE FROM \"Employees\"", 0)]
    public async Task Rows_of_a_cycle_and_rows_that_a_cascade_deletes_come_back(string change, long found)
    {
        await using TestDatabase database = await CreateAsync();
        await using Staff staff = Context(database);
        await using DatabaseResetter resetter = await Engine.ResetterAsync(staff);
        Assert.Equal(6, await resetter.CaptureAsync(CancellationToken));
        string before = await database.ChecksumAsync(CancellationToken);
        for (int i = 0; i < 3; i++)
        {
            foreach (string statement in change.Split("; "))
            {
                await database.ExecuteAsync(statement, CancellationToken);
            }

            LeakReport report = i == 2
                ? await resetter.ResetAsync(staff, CancellationToken)
                : await resetter.ResetAsync(CancellationToken);

            Assert.Equal(found, report.Rows);
            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
            Assert.True((await resetter.ResetAsync(CancellationToken)).IsClean);
            Assert.Equal(before, await database.ChecksumAsync(CancellationToken));
        }
    }

    private static Staff Context(TestDatabase database)
    {
        var options = new DbContextOptionsBuilder<Staff>();
        database.Configure(options);
        return new Staff(options.Options);
    }

    private async Task<TestDatabase> CreateAsync()
    {
        TestDatabase database = await Engine.CreateDatabaseAsync();
        await using Staff staff = Context(database);
        await staff.Database.EnsureCreatedAsync(CancellationToken);
        foreach (string insert in new[]
        {
            "INSERT INTO \"Departments\" (\"Id\", \"Name\") VALUES (1, 'one'), (2, 'two')",
            "INSERT INTO \"Employees\" (\"Id\", \"Name\", \"DepartmentId\") VALUES (1, 'a', 1), (2, 'b', 2)",
            "UPDATE \"Departments\" SET \"ManagerId\" = \"Id\"",
            "INSERT INTO \"Badges\" (\"Id\", \"EmployeeId\") VALUES (1, 1), (2, 2)",
        })
        {
            await database.ExecuteAsync(insert, CancellationToken);
        }

        return database;
    }

    public sealed class Department
    {
        public int Id { get; set; }

        public required string Name { get; set; }

        public int? ManagerId { get; set; }
    }

    public sealed class Employee
    {
        public int Id { get; set; }

        public required string Name { get; set; }

        public int? DepartmentId { get; set; }
    }

    public sealed class Badge
    {
        public int Id { get; set; }

        public int EmployeeId { get; set; }
    }

    public sealed class Note
    {
        public int Id { get; set; }

        public int BadgeId { get; set; }
    }

    public sealed class Staff(DbContextOptions<Staff> options) : DbContext(options)
    {
        protected override void OnModelCreating(ModelBuilder modelBuilder)
        {
            modelBuilder.Entity<Department>(department =>
            {
                department.ToTable("Departments").Property(row => row.Id).ValueGeneratedNever();
                department.HasOne<Employee>().WithMany().HasForeignKey(row => row.ManagerId).OnDelete(DeleteBehavior.NoAction);
            });
            modelBuilder.Entity<Employee>(employee =>
            {
                employee.ToTable("Employees").Property(row => row.Id).ValueGeneratedNever();
                employee.HasOne<Department>().WithMany().HasForeignKey(row => row.DepartmentId).OnDelete(DeleteBehavior.SetNull);
            });
            modelBuilder.Entity<Badge>(badge =>
            {
                badge.ToTable("Badges").Property(row => row.Id).ValueGeneratedNever();
                badge.HasOne<Employee>().WithMany().HasForeignKey(row => row.EmployeeId).OnDelete(DeleteBehavior.Cascade);
            });
            modelBuilder.Entity<Note>(note =>
            {
                note.ToTable("Notes").Property(row => row.Id).ValueGeneratedNever();
                note.HasOne<Badge>().WithMany().HasForeignKey(row => row.BadgeId).OnDelete(DeleteBehavior.Cascade);
            });
        }
    }
}

public sealed class SqliteCaptureKeyConformance() : CaptureKeyConformance(Engine.Sqlite);

public sealed class PostgreSqlCaptureKeyConformance() : CaptureKeyConformance(Engine.PostgreSql);

public sealed class MariaDbCaptureKeyConformance() : CaptureKeyConformance(Engine.MariaDb);
