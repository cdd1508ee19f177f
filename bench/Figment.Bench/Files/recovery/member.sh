#!/bin/sh
# member.sh NUMBER HOST HOST HOST: the member of that number of a ZooKeeper ensemble of three, as Debian starts it, in the foreground. Its data stay in $DATA, else /data.
set -eu
number=$1
data=${DATA:-/data}
mkdir -p "$data"
echo "$number" >"$data/myid"
cat >"$data/zoo.cfg" <<END
dataDir=$data
clientPort=2181
tickTime=2000
initLimit=10
syncLimit=5
quorumListenOnAllIPs=true
admin.enableServer=false
4lw.commands.whitelist=mntr
server.1=$2:2888:3888
server.2=$3:2888:3888
server.3=$4:2888:3888
END
export JMXDISABLE=true JVMFLAGS=-Xmx128m ZOO_LOG_DIR=/tmp
exec /usr/share/zookeeper/bin/zkServer.sh start-foreground "$data/zoo.cfg"
