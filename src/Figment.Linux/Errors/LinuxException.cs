using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Figment.Linux.Errors;

/// <summary>A call of the kernel's failed. The message says which call, on which object, and the error by name.</summary>
public sealed class LinuxException : IOException
{
    public LinuxException(Errno error, string call, string on)
        : base($"{call} {on}: {error} ({Marshal.GetPInvokeErrorMessage((int)error)})")
    {
        Error = error;
        Call = call;
    }

    public Errno Error { get; }

    /// <summary>The call, as its man page is named.</summary>
    public string Call { get; }

    /// <summary>Throws with the calling thread's errno if <paramref name="result"/> is negative, else returns it.</summary>
    public static int ThrowIfNegative(int result, string call, string on) =>
        result >= 0 ? result : throw Last(call, on);

    /// <inheritdoc cref="ThrowIfNegative(int,string,string)"/>
    public static nint ThrowIfNegative(nint result, string call, string on) =>
        result >= 0 ? result : throw Last(call, on);

    /// <inheritdoc cref="ThrowIfNegative(int,string,string)"/>
    public static int ThrowIfNegative(int result, string call, [InterpolatedStringHandlerArgument(nameof(result))] FailureText on) =>
        result >= 0 ? result : throw new LinuxException(on.Error, call, on.Take());

    /// <inheritdoc cref="ThrowIfNegative(int,string,string)"/>
    public static nint ThrowIfNegative(nint result, string call, [InterpolatedStringHandlerArgument(nameof(result))] FailureText on) =>
        result >= 0 ? result : throw new LinuxException(on.Error, call, on.Take());

    /// <summary>The exception for the calling thread's errno, as the last P/Invoke with SetLastError left it.</summary>
    public static LinuxException Last(string call, string on) => new((Errno)Marshal.GetLastPInvokeError(), call, on);

    /// <inheritdoc cref="Last(string,string)"/>
    public static LinuxException Last(string call, FailureText on) => new(on.Error, call, on.Take());
}
