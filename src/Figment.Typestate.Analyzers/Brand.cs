using System.Collections.Immutable;

namespace Figment.Typestate.Analyzers;

/// <summary>
/// Which object a value stands for, as far as one pass over the method can tell: where it was made, one for each part of a pair, or unknown.
/// Two values belong together when their brands are equal and known.
/// </summary>
internal sealed class Brand : IEquatable<Brand>
{
    public static readonly Brand Unknown = new(null, []);

    private readonly object? _origin;
    private readonly ImmutableArray<Brand> _parts;

    private Brand(object? origin, ImmutableArray<Brand> parts)
    {
        _origin = origin;
        _parts = parts;
    }

    public bool IsKnown => _origin is not null || _parts.Length > 0 && _parts.All(part => part.IsKnown);

    /// <summary>The brand of what an expression makes, or of a parameter.</summary>
    public static Brand From(object origin) => new(origin, []);

    public static Brand Of(ImmutableArray<Brand> parts) => new(null, parts);

    /// <summary>The brand of one part of a pair.</summary>
    public Brand Part(int index) => index < _parts.Length ? _parts[index] : Unknown;

    /// <summary>The same after <paramref name="origin"/> made another object: the older one is no longer known by it.</summary>
    public Brand Aged(object origin)
    {
        if (_parts.Length > 0)
        {
            return Of([.. _parts.Select(part => part.Aged(origin))]);
        }

        return Equals(_origin, origin) ? Unknown : this;
    }

    /// <summary>What is known on two paths alike.</summary>
    public Brand Joined(Brand other)
    {
        if (Equals(other))
        {
            return this;
        }

        return _parts.Length > 0 && _parts.Length == other._parts.Length
            ? Of([.. _parts.Zip(other._parts, (part, another) => part.Joined(another))])
            : Unknown;
    }

    public bool Equals(Brand? other) =>
        other is not null && Equals(_origin, other._origin) && _parts.SequenceEqual(other._parts);

    public override bool Equals(object? obj) => obj is Brand other && Equals(other);

    public override int GetHashCode() => (_origin?.GetHashCode() ?? 0) + _parts.Length;
}
