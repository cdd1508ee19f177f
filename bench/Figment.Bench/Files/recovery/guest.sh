#!/bin/busybox sh
# The first process of the guest: the node's root, read-only over 9p, under a layer in memory; the network; then the member, which is all that this machine is for.
set -eu
/bin/busybox mkdir -p /proc /dev /lower /upper /new
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in virtio_pci 9pnet_virtio 9p overlay; do
  /bin/busybox modprobe "$module"
done
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 root /lower
/bin/busybox mount -t tmpfs -o mode=755 tmpfs /upper
/bin/busybox mkdir /upper/up /upper/work
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/up,workdir=/upper/work overlay /new

# From the command line: where the kernel's package lies in the node's root, this machine's address, and what it runs.
value() { /bin/busybox sed -n "s/.*bench\.$1=\([^ ]*\).*/\1/p" /proc/cmdline; }
modules=$(value kernel)/root/lib/modules/$(/bin/busybox uname -r)/kernel
for module in net/core/failover drivers/net/net_failover drivers/net/virtio_net; do
  /bin/busybox insmod "/lower$modules/$module.ko"
done
/bin/busybox ip link set lo up
/bin/busybox ip addr add "$(value address)/24" dev eth0
/bin/busybox ip link set eth0 up
member=$(value member)
hosts=$(value hosts)
for folder in proc dev; do
  /bin/busybox mount --move "/$folder" "/new/$folder"
done
/bin/busybox mount -t tmpfs tmpfs /new/tmp
# shellcheck disable=SC2086 # three words
IFS=,; set -- $hosts
exec /bin/busybox switch_root /new "$member" 1 "$@"
