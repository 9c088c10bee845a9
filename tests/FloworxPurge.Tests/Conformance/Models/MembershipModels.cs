using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class Member
{
    public int Id { get; set; }

    /// <summary>Owned, in a table of its own.</summary>
    public MemberBadge? Badge { get; set; }

    /// <summary>Many-to-many with itself.</summary>
    public IList<Member> Friends { get; } = [];

    public IList<Member> FriendOf { get; } = [];

    /// <summary>Many-to-many; a skill does not know its members.</summary>
    public IList<Skill> Skills { get; } = [];

    /// <summary>Many-to-many; a course knows its members.</summary>
    public IList<Course> Courses { get; } = [];
}

/// <summary>With a table of its own.</summary>
public class Leader : Member
{
    public int Rank { get; set; }
}

public class MemberBadge
{
    public string Number { get; set; } = "";
}

public class Skill
{
    public int Id { get; set; }
}

public class Course
{
    public int Id { get; set; }

    public IList<Member> Members { get; } = [];
}

/// <summary>An entity type with all the tables that one can have.</summary>
public static class MembershipModels
{
    public static ModelCase Membership { get; } = new(model =>
    {
        model.Entity<Member>(member =>
        {
            member.UseTptMappingStrategy().ToTable("Members").Property(row => row.Id).ValueGeneratedNever();
            member.OwnsOne(row => row.Badge, badge => badge.ToTable("Badges"));
            member.HasMany(row => row.Friends).WithMany(row => row.FriendOf).UsingEntity(join => join.ToTable("Friends"));
            member.HasMany(row => row.Skills).WithMany().UsingEntity(join => join.ToTable("MemberSkills"));
            member.HasMany(row => row.Courses).WithMany(row => row.Members).UsingEntity(join => join.ToTable("Enrolments"));
        });
        model.Entity<Leader>().ToTable("Leaders");
        model.Entity<Skill>().ToTable("Skills").Property(row => row.Id).ValueGeneratedNever();
        model.Entity<Course>().ToTable("Courses").Property(row => row.Id).ValueGeneratedNever();
    })
    {
        Rows = () =>
        {
            var leader = new Leader
            {
                Id = 1,
                Rank = 3,
                Badge = new() { Number = "A" },
                Skills = { new() { Id = 7 } },
                Courses = { new() { Id = 9 } },
            };
            return [leader, new Member { Id = 2, Friends = { leader } }];
        },
    };
}
