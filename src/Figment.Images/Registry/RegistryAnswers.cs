using System.Net;

namespace Figment.Images.Registry;

/// <summary>Reading answers, with limits.</summary>
internal static class RegistryAnswers
{
    /// <summary>What the server asked for; a date is left to the usual delay.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter?.Delta;

    public static bool IsTransient(HttpStatusCode status) =>
        status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    public static async Task<byte[]> ReadWholeAsync(HttpResponseMessage response, long bytesMax, string subject, CancellationToken cancellation)
    {
        const int BufferBytes = 16 * 1024;
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            using var content = new MemoryStream();
            byte[] buffer = new byte[BufferBytes];
            for (int count = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false); count > 0; count = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false))
            {
                content.Write(buffer, 0, count);
                if (content.Length > bytesMax)
                {
                    throw new ImageException(ImageErrorKind.TooLarge, subject, $"an answer has more than {bytesMax} bytes", "See whether this is the registry it should be");
                }
            }

            return content.ToArray();
        }
    }
}
