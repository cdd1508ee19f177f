namespace Figment.Images;

/// <summary>Who to be for a registry: a user and password, or an identity token that stands for them.</summary>
public sealed record RegistryCredentials(string User, string Password)
{
    /// <summary>OAuth2 refresh token, as <c>docker login</c> stores it for some registries.</summary>
    public string? IdentityToken { get; init; }

    /// <summary>Without the secrets: records end up in logs.</summary>
    public override string ToString() => $"credentials of {User}";
}
