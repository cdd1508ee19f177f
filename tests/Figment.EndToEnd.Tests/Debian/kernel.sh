#!/bin/sh
# kernel.sh FOLDER: puts Debian's own kernel and its modules below FOLDER, without installing them, and an initial file system that boots the node's root from there.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=$1
[ ! -e "$folder/complete" ] || [ "$folder/complete" -ot "$0" ] || [ "$folder/complete" -ot "$here/init.sh" ] || exit 0
rm -rf "$folder"
mkdir -p "$folder/download" "$folder/initramfs/bin"
cd "$folder/download"
newest() { apt-cache depends linux-image-amd64 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*-amd64\)$/\1/p' | head -1; }
package=$(newest)
[ -n "$package" ] || { apt-get update -q >&2 && package=$(newest); }
[ -n "$package" ] || { echo "kernel.sh: apt knows no linux-image-amd64; see that Debian's main is among its sources" >&2; exit 1; }
apt-get download -q -o APT::Sandbox::User=root "$package" >&2
dpkg-deb -x "$package"_*.deb "$folder/root"
rm -r "$folder/download"
version=$(ls "$folder/root/lib/modules")
cp "$folder/root/boot/vmlinuz-$version" "$folder/vmlinuz"
depmod -b "$folder/root" "$version"

cd "$folder/initramfs"
mkdir -p "lib/modules/$version"
cp "$(command -v busybox)" bin/busybox
cp "$here/init.sh" init
cp "$folder/root/lib/modules/$version"/modules.* "lib/modules/$version/"
# What the root needs: its file systems over virtio. Everything else is loaded from there.
for module in virtio_pci virtio_blk 9pnet_virtio 9p overlay ext4 crc32c_generic; do
  modprobe -d "$folder/root" -S "$version" --show-depends "$module"
done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r file; do
  mkdir -p ".$(dirname "${file#"$folder/root"}")"
  cp "$file" ".${file#"$folder/root"}"
done
chmod 755 init
find . | busybox cpio -o -H newc 2>/dev/null | gzip -1 >"$folder/initramfs.gz"
touch "$folder/complete"
