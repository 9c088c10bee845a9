using Microsoft.EntityFrameworkCore;

namespace FloworxPurge.Tests.Conformance.Models;

public class Article
{
    public int Id { get; set; }

    public string Title { get; set; } = "";

    public string Body { get; set; } = "";

    public byte[]? Cover { get; set; }
}

public class ArticleComment
{
    public int Id { get; set; }

    public int ArticleId { get; set; }

    public Article? Article { get; set; }
}

public class ArticleAuthor
{
    public int Id { get; set; }
}

public class Invoice
{
    public int Id { get; set; }

    public decimal Total { get; set; }

    public InvoiceDetail? Detail { get; set; }
}

public class InvoiceDetail
{
    public int Id { get; set; }

    public string? Note { get; set; }
}

public class InvoiceLine
{
    public int Id { get; set; }

    public int InvoiceId { get; set; }

    public InvoiceDetail? Detail { get; set; }
}

/// <summary>One entity type in several tables, and several entity types in one.</summary>
public static class SharedTableModels
{
    public static ModelCase SplitTable { get; } = new(model => model.Entity<Article>(article => article
        .ToTable("Articles")
        .SplitToTable("ArticleBodies", table => table.Property(row => row.Body))
        .SplitToTable("ArticleCovers", table =>
        {
            table.Property(row => row.Id).HasColumnName("ArticleId");
            table.Property(row => row.Cover);
        })))
    {
        Rows = () => [new Article { Title = "One", Body = "Text", Cover = [1, 2] }, new Article { Title = "Two", Body = "Text" }],
    };

    /// <summary>A split entity type whose main table is referenced, and references another table.</summary>
    internal static ModelCase SplitTableWithComments { get; } = new(model =>
    {
        model.Entity<ArticleAuthor>().ToTable("ArticleAuthors").Property(row => row.Id).ValueGeneratedNever();
        model.Entity<ArticleComment>().ToTable("ArticleComments").HasOne(row => row.Article).WithMany().HasForeignKey(row => row.ArticleId);
        model.Entity<Article>(article =>
        {
            article.Property<int>("AuthorId").HasDefaultValue(1);
            article.HasOne<ArticleAuthor>().WithMany().HasForeignKey("AuthorId");
            article
                .ToTable("Articles")
                .SplitToTable("ArticleBodies", table => table.Property(row => row.Body))
                .SplitToTable("ArticleCovers", table => table.Property(row => row.Cover));
        });
    })
    {
        Rows = () =>
        {
            var article = new Article { Title = "One", Body = "Text", Cover = [1, 2] };
            return [
                new ArticleAuthor { Id = 1 },
                article,
                new Article { Title = "Two", Body = "Text" },
                new ArticleComment { Article = article }];
        },
    };

    public static ModelCase SharedTable { get; } = new(model =>
    {
        model.Entity<Invoice>(invoice =>
        {
            invoice.ToTable("Invoices");
            invoice.HasOne(row => row.Detail).WithOne().HasForeignKey<InvoiceDetail>(row => row.Id);
        });
        model.Entity<InvoiceDetail>().ToTable("Invoices");
        model.Entity<InvoiceLine>(line =>
        {
            line.ToTable("InvoiceLines");
            line.HasOne(row => row.Detail).WithMany().HasForeignKey(row => row.InvoiceId);
        });
    })
    {
        Rows = () =>
        {
            var invoice = new Invoice { Total = 7, Detail = new() { Note = "paid" } };
            return [invoice, new Invoice { Total = 9 }, new InvoiceLine { Detail = invoice.Detail }];
        },
    };
}
