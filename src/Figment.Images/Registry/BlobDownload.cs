using System.Net;
using System.Security.Cryptography;
using Figment.Images.Manifests;
using Figment.Images.Store;

namespace Figment.Images.Registry;

/// <summary>
/// Brings one layer's blob into the store. What came before a cut connection, or before this process ended, stays in <c>partial</c> and is gone on with (Range);
/// the digest is computed over all of it.
/// </summary>
internal sealed class BlobDownload(RegistryClient client, StoreFolders folders, StoreLocks locks, RetrySettings settings, TimeProvider time, IProgress<PullProgress>? progress, string subject)
{
    private const int BufferBytes = 128 * 1024;
    private const long ReportBytes = 1024 * 1024;

    /// <summary>The path of the complete, verified blob.</summary>
    public async Task<string> EnsureAsync(BlobDescriptor blob, CancellationToken cancellation)
    {
        string path = folders.Blob(blob.Digest!);
        using var turn = await locks.BlobAsync(blob.Digest!, cancellation).ConfigureAwait(false);
        if (File.Exists(path))
        {
            return path;
        }

        string partial = Path.Combine(folders.Partial, Digests.Hex(blob.Digest!));
        await client.WithPatienceAsync(inner => TryDownloadAsync(blob, partial, inner), cancellation).ConfigureAwait(false);
        OnStore(blob, partial, () =>
        {
            File.Move(partial, path);
            AtomicFile.SyncFolder(folders.Blobs);
        });
        return path;
    }

    /// <summary>One try; all that came in earlier ones counts.</summary>
    private async Task<bool> TryDownloadAsync(BlobDescriptor blob, string partial, CancellationToken cancellation)
    {
        bool resumed;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var file = OnStore(blob, partial, () => new FileStream(partial, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0));
        await using (file.ConfigureAwait(false))
        {
            OnStore(blob, partial, () => TakeUp(file, blob, hash));
            resumed = file.Position > 0;
            if (file.Position < blob.Size)
            {
                await ReceiveAsync(blob, file, hash, partial, cancellation).ConfigureAwait(false);
            }

            OnStore(blob, partial, () => file.Flush(flushToDisk: true));
        }

        string found = Digests.Of(hash.GetHashAndReset());
        if (found != blob.Digest)
        {
            // Nothing of it can be trusted: the next try begins anew.
            File.Delete(partial);
            throw resumed ? new TransientException($"blob {blob.Digest} did not go on as it began") : client.Mismatch(blob, found);
        }

        return true;
    }

    /// <summary>Hashes what is there; more than there should be is thrown away.</summary>
    private static void TakeUp(FileStream file, BlobDescriptor blob, IncrementalHash hash)
    {
        if (file.Length > blob.Size)
        {
            file.SetLength(0);
        }

        byte[] buffer = new byte[BufferBytes];
        for (int count = file.Read(buffer); count > 0; count = file.Read(buffer))
        {
            hash.AppendData(buffer, 0, count);
        }
    }

    private async Task ReceiveAsync(BlobDescriptor blob, FileStream file, IncrementalHash hash, string partial, CancellationToken cancellation)
    {
        using var response = await client.SendBlobAsync(blob, file.Position, cancellation).ConfigureAwait(false);
        bool goesOn = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == file.Position;
        if (file.Position > 0 && !goesOn)
        {
            // The registry knows no ranges, or another one: all of it comes again.
            OnStore(blob, partial, () => file.SetLength(0));
            _ = hash.GetHashAndReset();
            if (response.StatusCode != HttpStatusCode.OK)
            {
                throw new TransientException($"it answers {(int)response.StatusCode} to a request for the rest of {blob.Digest}");
            }
        }

        var body = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            await CopyAsync(blob, body, file, hash, partial, cancellation).ConfigureAwait(false);
        }

        if (file.Position < blob.Size)
        {
            throw new TransientException($"blob {blob.Digest} ended after {file.Position} of {blob.Size} bytes");
        }
    }

    private async Task CopyAsync(BlobDescriptor blob, Stream body, FileStream file, IncrementalHash hash, string partial, CancellationToken cancellation)
    {
        using var stall = new CancellationTokenSource(settings.StallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stall.Token, cancellation);
        byte[] buffer = new byte[BufferBytes];
        long reported = file.Position;
        while (true)
        {
            int count;
            try
            {
                count = await body.ReadAsync(buffer, either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (stall.IsCancellationRequested && !cancellation.IsCancellationRequested)
            {
                throw new TransientException($"blob {blob.Digest} stopped coming for {settings.StallTimeout.TotalSeconds} s");
            }

            if (count == 0)
            {
                return;
            }

            stall.CancelAfter(settings.StallTimeout);
            if (file.Position + count > blob.Size)
            {
                OnStore(blob, partial, () => file.SetLength(0));
                throw new ImageException(ImageErrorKind.DigestMismatch, $"blob {blob.Digest} of {subject}", $"more came than the {blob.Size} bytes that the manifest says", "Pull again; if it stays so, the registry's copy is damaged");
            }

            OnStore(blob, partial, () => file.Write(buffer, 0, count));
            hash.AppendData(buffer, 0, count);
            if (file.Position - reported >= ReportBytes || file.Position == blob.Size)
            {
                reported = file.Position;
                progress?.Report(new PullProgress(blob.Digest!, PullPhase.Downloading, reported, blob.Size));
            }
        }
    }

    private void OnStore(BlobDescriptor blob, string partial, Action work) =>
        OnStore(blob, partial, () =>
        {
            work();
            return true;
        });

    /// <summary>Tells the store's failures from the connection's. On a full disk the partial blob goes, so that it does not fill it.</summary>
    private T OnStore<T>(BlobDescriptor blob, string partial, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (IOException failure)
        {
            if (StoreFaults.IsFull(failure))
            {
                File.Delete(partial);
            }

            throw StoreFaults.Translate(failure, $"blob {blob.Digest} of {subject}", folders.Root, blob.Size);
        }
    }
}
