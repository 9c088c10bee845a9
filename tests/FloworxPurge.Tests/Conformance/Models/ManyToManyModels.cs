using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class Post
{
    public int Id { get; set; }

    public IList<Tag> Tags { get; } = [];

    /// <summary>To posts, through a join table of its own.</summary>
    public IList<Post> Related { get; } = [];

    public IList<Post> RelatedBy { get; } = [];
}

public class Tag
{
    public string Id { get; set; } = "";

    public IList<Post> Posts { get; } = [];
}

/// <summary>A join type with columns of its own.</summary>
public class Tagging
{
    public int PostId { get; set; }

    public string TagId { get; set; } = "";

    public DateTime At { get; set; }
}

/// <summary>Many-to-many relationships.</summary>
public static class ManyToManyModels
{
    public static ModelCase ManyToMany { get; } = new(model =>
    {
        model.Entity<Post>(post =>
        {
            post.ToTable("Posts");
            post.HasMany(row => row.Tags).WithMany(row => row.Posts);
            post.HasMany(row => row.Related).WithMany(row => row.RelatedBy);
        });
        model.Entity<Tag>().ToTable("Tags");
    })
    { Rows = Rows };

    public static ModelCase ManyToManyWithJoinType { get; } = new(model =>
    {
        model.Entity<Post>(post =>
        {
            post.ToTable("Posts");
            post.HasMany(row => row.Tags).WithMany(row => row.Posts).UsingEntity<Tagging>(
                join => join.HasOne<Tag>().WithMany().HasForeignKey(row => row.TagId).OnDelete(DeleteBehavior.Restrict),
                join => join.HasOne<Post>().WithMany().HasForeignKey(row => row.PostId).OnDelete(DeleteBehavior.Restrict),
                join => join.ToTable("Taggings"));
            post.HasMany(row => row.Related).WithMany(row => row.RelatedBy).UsingEntity(join => join.ToTable("RelatedPosts"));
        });
        model.Entity<Tag>().ToTable("Tags");
    })
    { Rows = Rows };

    private static IEnumerable<object> Rows()
    {
        var tag = new Tag { Id = "news" };
        var first = new Post { Tags = { tag, new() { Id = "sport" } } };
        return [first, new Post { Tags = { tag }, Related = { first } }];
    }
}
