using System.ComponentModel.DataAnnotations;
using System.ComponentModel.DataAnnotations.Schema;
using FloworxPurge.Schema;
using Microsoft.EntityFrameworkCore;

namespace Quickstart;

/// <summary>An account as the identity provider keeps it: <c>auth.users</c>.</summary>
internal sealed class AuthUser
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("email"), MaxLength(320)]
    public required string Email { get; set; }

    [Column("encrypted_password")]
    public required string EncryptedPassword { get; set; }

    [Column("email_confirmed_at")]
    public DateTime? EmailConfirmedAt { get; set; }
}

/// <summary>The application's own record of an account; shares its id with <see cref="AuthUser"/>.</summary>
internal sealed class User
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("email"), MaxLength(320)]
    public required string Email { get; set; }

    [Column("full_name")]
    public required string FullName { get; set; }

    [Column("current_business_profile_id")]
    public Guid? CurrentBusinessProfileId { get; set; }
}

internal sealed class BusinessProfile
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("owner_id")]
    public Guid OwnerId { get; set; }

    [Column("name")]
    public required string Name { get; set; }

    [Column("industry")]
    public string? Industry { get; set; }
}

internal sealed class EmailCategory
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("business_profile_id")]
    public Guid BusinessProfileId { get; set; }

    [Column("parent_id")]
    public Guid? ParentId { get; set; }

    [Column("name")]
    public required string Name { get; set; }
}

internal sealed class Workflow
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("business_profile_id")]
    public Guid? BusinessProfileId { get; set; }

    [Column("name")]
    public required string Name { get; set; }

    [Column("is_active")]
    public bool IsActive { get; set; }
}

internal sealed class WorkflowExecution
{
    [Column("id")]
    public long Id { get; set; }

    [Column("workflow_id")]
    public Guid WorkflowId { get; set; }

    [Column("status"), MaxLength(20)]
    public required string Status { get; set; }

    [Column("started_at")]
    public DateTime StartedAt { get; set; }
}

internal sealed class Email
{
    [Column("id")]
    public long Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("category_id")]
    public Guid? CategoryId { get; set; }

    [Column("message_id")]
    public required string MessageId { get; set; }

    [Column("subject")]
    public required string Subject { get; set; }

    [Column("received_at")]
    public DateTime ReceivedAt { get; set; }
}

internal sealed class EmailProcessing
{
    [Column("id")]
    public long Id { get; set; }

    [Column("email_id")]
    public long EmailId { get; set; }

    [Column("workflow_execution_id")]
    public long? WorkflowExecutionId { get; set; }

    [Column("category_id")]
    public Guid? CategoryId { get; set; }

    [Column("confidence")]
    public double Confidence { get; set; }
}

internal sealed class GmailLabelMapping
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("category_id")]
    public Guid CategoryId { get; set; }

    [Column("label_name")]
    public required string LabelName { get; set; }
}

internal sealed class Notification
{
    [Column("id")]
    public long Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("workflow_execution_id")]
    public long? WorkflowExecutionId { get; set; }

    [Column("body")]
    public required string Body { get; set; }

    [Column("read_at")]
    public DateTime? ReadAt { get; set; }
}

internal sealed class PerformanceMetric
{
    [Column("id")]
    public long Id { get; set; }

    [Column("workflow_execution_id")]
    public long WorkflowExecutionId { get; set; }

    [Column("metric"), MaxLength(50)]
    public required string Metric { get; set; }

    [Column("value"), Precision(12, 3)]
    public decimal Value { get; set; }
}

internal sealed class Credential
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("service")]
    public required string Service { get; set; }

    [Column("encrypted_secret")]
    public required byte[] EncryptedSecret { get; set; }
}

internal sealed class OAuthToken
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("credential_id")]
    public Guid CredentialId { get; set; }

    [Column("token_hash")]
    public required string TokenHash { get; set; }

    [Column("expires_at")]
    public DateTime ExpiresAt { get; set; }
}

internal sealed class UserSession
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("auth_user_id")]
    public Guid AuthUserId { get; set; }

    [Column("expires_at")]
    public DateTime ExpiresAt { get; set; }
}

internal sealed class OnboardingSession
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("business_profile_id")]
    public Guid? BusinessProfileId { get; set; }

    [Column("step")]
    public int Step { get; set; }
}

/// <summary>Drifted: the database has no such table.</summary>
internal sealed class Client
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("name")]
    public required string Name { get; set; }
}

/// <summary>Drifted: the database has a table of keys and values.</summary>
internal sealed class ClientConfig
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("client_id")]
    public Guid ClientId { get; set; }

    [Column("time_zone")]
    public required string TimeZone { get; set; }

    [Column("language")]
    public required string Language { get; set; }
}

/// <summary>Drifted: the database names a service and an account instead, and no user.</summary>
internal sealed class UserConnection
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("user_id")]
    public Guid UserId { get; set; }

    [Column("provider")]
    public required string Provider { get; set; }

    [Column("connected_at")]
    public DateTime ConnectedAt { get; set; }
}

/// <summary>Drifted: the database numbers the rows.</summary>
internal sealed class OnboardingProgress
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("user_id")]
    public Guid? UserId { get; set; }

    [Column("current_step")]
    public required string CurrentStep { get; set; }

    [Column("steps_done")]
    public int StepsDone { get; set; }
}

/// <summary>Drifted: the database numbers the rows.</summary>
internal sealed class BusinessConfig
{
    [Column("id")]
    public Guid Id { get; set; }

    [Column("business_profile_id")]
    public Guid? BusinessProfileId { get; set; }

    [Column("setting")]
    public required string Setting { get; set; }

    [Column("setting_value")]
    public required string SettingValue { get; set; }
}
