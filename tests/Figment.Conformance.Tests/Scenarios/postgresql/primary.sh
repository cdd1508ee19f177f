# A new cluster that lets its own network in, for replication too.
PATH=/usr/lib/postgresql/15/bin:$PATH
initdb --no-sync --auth=trust --encoding=UTF8 --locale=C >/dev/null
echo "host all,replication all samenet trust" >>"$PGDATA/pg_hba.conf"
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c fsync=off -c shared_buffers=16MB
