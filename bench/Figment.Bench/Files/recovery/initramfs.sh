#!/bin/sh
# initramfs.sh KERNEL FILE: the initial file system of a member that is a virtual machine: that of the kernel's folder (tests/Figment.EndToEnd.Tests/Debian/kernel.sh), with guest.sh as first process.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
cp "$here/guest.sh" "$folder/init"
chmod 755 "$folder/init"
# Of several archives one after the other the kernel takes the last file of a name.
{ cat "$1/initramfs.gz"; (cd "$folder" && echo init | busybox cpio -o -H newc 2>/dev/null | gzip -1); } >"$2"
