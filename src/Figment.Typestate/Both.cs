namespace Figment.Typestate;

/// <summary>Two linear values as one result: taken apart by deconstruction, <c>var (entry, inode) = …</c>. A tuple cannot hold a ref struct.</summary>
[Linear, Infallible]
public readonly ref struct Both<[Linear] TFirst, [Linear] TSecond>(TFirst first, TSecond second)
    where TFirst : allows ref struct
    where TSecond : allows ref struct
{
    private readonly TFirst _first = first;
    private readonly TSecond _second = second;

    public void Deconstruct(out TFirst first, out TSecond second)
    {
        first = _first;
        second = _second;
    }
}
