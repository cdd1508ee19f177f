#!/bin/busybox sh
# The first process of the guest: the node's root, read-only over 9p, under a layer in memory; a disk for the state; then systemd.
set -eu
/bin/busybox mkdir -p /proc /sys /dev /lower /upper /new
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs dev /dev
for module in virtio_pci virtio_blk 9pnet_virtio 9p overlay crc32c_generic ext4; do
  /bin/busybox modprobe "$module"
done
/bin/busybox mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 root /lower
/bin/busybox mount -t tmpfs -o mode=755 tmpfs /upper
/bin/busybox mkdir /upper/up /upper/work
/bin/busybox mount -t overlay -o lowerdir=/lower,upperdir=/upper/up,workdir=/upper/work overlay /new

# From the command line: where the kernel's package and the check lie in the node's root.
kernel=$(/bin/busybox sed -n 's/.*figment\.kernel=\([^ ]*\).*/\1/p' /proc/cmdline)
check=$(/bin/busybox sed -n 's/.*figment\.check=\([^ ]*\).*/\1/p' /proc/cmdline)
version=$(/bin/busybox uname -r)
/bin/busybox mkdir -p /new/var/lib/figment /new/usr/lib/modules
/bin/busybox mount -t tmpfs -o mode=755 tmpfs /new/run
/bin/busybox ln -s "$kernel/root/lib/modules/$version" "/new/usr/lib/modules/$version"
/bin/busybox cp "/new$check"/* /new/etc/systemd/system/
/bin/busybox mount -t ext4 /dev/vda /new/var/lib/figment
# What would make systemd take itself for one in a container, or wait for disks of the node.
/bin/busybox rm -f /new/.dockerenv /new/run/.containerenv /new/etc/fstab
/bin/busybox umount /proc
exec /bin/busybox switch_root /new /lib/systemd/systemd
