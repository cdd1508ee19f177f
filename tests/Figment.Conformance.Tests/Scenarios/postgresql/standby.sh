# Copies the primary, then follows it.
PATH=/usr/lib/postgresql/15/bin:$PATH
# A primary that is still being made refuses, or does not answer yet.
until pg_basebackup --no-sync -h primary -U postgres -D "$PGDATA" -X stream -R -c fast; do
  rm -rf "$PGDATA"
  sleep 0.2
done
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off -c shared_buffers=16MB
