namespace Figment.Images.Manifests;

/// <summary>The parts of Docker's <c>config.json</c> that hold credentials.</summary>
internal sealed record DockerConfigDocument
{
    public IReadOnlyDictionary<string, AuthDocument?>? Auths { get; init; }

    public IReadOnlyDictionary<string, string?>? CredHelpers { get; init; }

    public string? CredsStore { get; init; }

    internal sealed record AuthDocument
    {
        public string? Auth { get; init; }

        public string? Username { get; init; }

        public string? Password { get; init; }

        public string? Identitytoken { get; init; }
    }
}
