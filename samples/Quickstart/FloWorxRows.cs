using System.Globalization;

namespace Quickstart;

/// <summary>The test rows: the same ones each time, every foreign key in use.</summary>
internal static class FloWorxRows
{
    private static readonly DateTime Start = new(2025, 9, 1, 8, 0, 0, DateTimeKind.Utc);
    private static readonly string[] Statuses = ["succeeded", "succeeded", "failed", "running"];
    private static readonly string[] Metrics = ["duration_ms", "emails_per_minute"];

    public static async Task AddAsync(FloWorxContext db)
    {
        Guid[] users = await AddAccountsAsync(db);
        Guid[] profiles = await AddProfilesAsync(db);
        Guid[] categories = await AddCategoriesAsync(db, users, profiles);
        await AddWorkAsync(db, users, profiles, categories);
    }

    private static async Task<Guid[]> AddAccountsAsync(FloWorxContext db)
    {
        Guid[] ids = [.. Enumerable.Range(1, 3).Select(number => Id(1, number))];
        foreach ((int index, Guid id) in ids.Index())
        {
            string email = index == 2 ? "admin@example.com" : Text($"test-{index + 1}@example.com");
            db.Add(new AuthUser { Id = id, Email = email, EncryptedPassword = "not-a-password", EmailConfirmedAt = index == 2 ? null : Start });
            db.Add(new User { Id = id, Email = email, FullName = index == 2 ? "Admin" : Text($"Test User {index + 1}") });
        }

        for (int number = 1; number <= 6; number++)
        {
            db.Add(new UserSession { Id = Id(2, number), AuthUserId = ids[number % 3], ExpiresAt = Start.AddDays(number) });
        }

        for (int number = 1; number <= 4; number++)
        {
            Guid owner = ids[number % 3];
            db.Add(new Credential { Id = Id(3, number), UserId = owner, Service = "gmail", EncryptedSecret = [1, 2, (byte)number] });
            db.Add(new OAuthToken { Id = Id(4, number), UserId = owner, CredentialId = Id(3, number), TokenHash = Text($"hash-{number}"), ExpiresAt = Start.AddHours(number) });
        }

        await db.SaveChangesAsync();
        return ids;
    }

    private static async Task<Guid[]> AddProfilesAsync(FloWorxContext db)
    {
        List<BusinessProfile> profiles = [];
        foreach ((int index, User user) in db.Users.Local.OrderBy(user => user.Id).Index())
        {
            var profile = new BusinessProfile { Id = Id(5, index + 1), OwnerId = user.Id, Name = Text($"Test Business {index + 1}"), Industry = "Pools" };
            profiles.Add(profile);
            db.Add(profile);
            db.Add(new OnboardingSession { Id = Id(6, index + 1), UserId = user.Id, BusinessProfileId = index == 2 ? null : profile.Id, Step = index + 1 });
        }

        // The cycle is closed by a second save: neither row can be inserted with its reference to the other.
        await db.SaveChangesAsync();
        foreach ((User user, BusinessProfile profile) in db.Users.Local.OrderBy(user => user.Id).Zip(profiles))
        {
            user.CurrentBusinessProfileId = profile.Id;
        }

        await db.SaveChangesAsync();
        return [.. profiles.Select(profile => profile.Id)];
    }

    /// <summary>Four categories for each profile, three levels deep, and a Gmail label for each one that has a parent.</summary>
    private static async Task<Guid[]> AddCategoriesAsync(FloWorxContext db, Guid[] users, Guid[] profiles)
    {
        string[] names = ["Inbox", "Sales", "Support", "Urgent"];
        int[] parents = [-1, 0, 0, 2];
        List<Guid> categories = [];
        foreach ((int index, Guid profile) in profiles.Index())
        {
            int first = index * names.Length;
            foreach ((int position, string name) in names.Index())
            {
                Guid id = Id(7, first + position + 1);
                Guid? parent = parents[position] < 0 ? null : Id(7, first + parents[position] + 1);
                categories.Add(id);
                db.Add(new EmailCategory { Id = id, BusinessProfileId = profile, ParentId = parent, Name = name });
                if (parent is not null)
                {
                    db.Add(new GmailLabelMapping { Id = Id(8, first + position), UserId = users[index], CategoryId = id, LabelName = Text($"FloWorx/{name}") });
                }
            }
        }

        await db.SaveChangesAsync();
        return [.. categories];
    }

    private static async Task AddWorkAsync(FloWorxContext db, Guid[] users, Guid[] profiles, Guid[] categories)
    {
        for (int number = 1; number <= 5; number++)
        {
            int owner = number % users.Length;
            db.Add(new Workflow { Id = Id(9, number), UserId = users[owner], BusinessProfileId = number == 5 ? null : profiles[owner], Name = Text($"Workflow {number}"), IsActive = number < 5 });
        }

        List<WorkflowExecution> executions = [.. Enumerable.Range(0, 40).Select(index =>
            new WorkflowExecution { WorkflowId = Id(9, (index % 5) + 1), Status = Statuses[index % 4], StartedAt = Start.AddMinutes(index * 7) })];
        List<Email> emails = [.. Enumerable.Range(0, 60).Select(index => new Email
        {
            UserId = users[index % 3],
            CategoryId = index % 4 == 0 ? null : categories[(index % 3 * 4) + (index % 4)],
            MessageId = Text($"<{index + 1}@mail.example.com>"),
            Subject = Text($"Test message {index + 1}"),
            ReceivedAt = Start.AddMinutes(index),
        })];
        db.AddRange(executions);
        db.AddRange(emails);

        // Rows below need the numbers that the database gives to executions and e-mails.
        await db.SaveChangesAsync();

        db.AddRange(emails.Take(50).Select((email, index) => new EmailProcessing
        {
            EmailId = email.Id,
            WorkflowExecutionId = index % 5 == 0 ? null : executions[index % executions.Count].Id,
            CategoryId = email.CategoryId,
            Confidence = 0.5 + (index / 100d),
        }));
        db.AddRange(executions.SelectMany((execution, index) => Metrics.Select(metric =>
            new PerformanceMetric { WorkflowExecutionId = execution.Id, Metric = metric, Value = 100m + (index / 8m) })));
        db.AddRange(Enumerable.Range(0, 30).Select(index => new Notification
        {
            UserId = users[index % 3],
            WorkflowExecutionId = index % 3 == 0 ? null : executions[index].Id,
            Body = Text($"Test notification {index + 1}"),
            ReadAt = index % 2 == 0 ? Start.AddDays(1) : null,
        }));
        await db.SaveChangesAsync();
    }

    private static Guid Id(int kind, int number)
        => new(kind, 0, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, (byte)number);

    private static string Text(FormattableString text)
        => text.ToString(CultureInfo.InvariantCulture);
}
