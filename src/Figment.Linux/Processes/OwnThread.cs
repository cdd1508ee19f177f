using System.Runtime.ExceptionServices;

namespace Figment.Linux.Processes;

/// <summary>Runs code on a thread made for it, which ends afterwards: what the kernel keeps for a thread (namespaces, what it traces) goes with it, however the code ended.</summary>
internal static class OwnThread
{
    public static T Run<T>(string name, Func<T> body)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = body();
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }
        })
        {
            IsBackground = true,
            Name = name,
        };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
