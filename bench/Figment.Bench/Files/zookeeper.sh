#!/bin/sh
# zookeeper.sh FOLDER: one ZooKeeper, as Debian starts it, in the foreground. Its data stay in a new folder below FOLDER.
set -eu
mkdir -p "$1"
data=$(mktemp -d "$1/XXXXXX")
cat >"$data/zoo.cfg" <<END
dataDir=$data
clientPort=2181
tickTime=2000
admin.enableServer=false
4lw.commands.whitelist=srvr
END
export JMXDISABLE=true JVMFLAGS=-Xmx128m ZOO_LOG_DIR="$data"
exec /usr/share/zookeeper/bin/zkServer.sh start-foreground "$data/zoo.cfg"
