#!/bin/sh
# make-tree.sh FOLDER FILES PROGRAM...: a minimal root with programs of the node, what they are linked with, and the folder FILES at its own path.
set -eu
root=$1
files=$2
shift 2
mkdir -p "$root/tmp" "$root/etc" "$root/dev" "$root/proc" "$root/sys" "$root/run" "$root/var/log" "$root$files"
chmod 1777 "$root/tmp"
cp /etc/passwd /etc/group /etc/nsswitch.conf "$root/etc/"
cp -r "$files/." "$root$files/"
ln -s usr/bin "$root/bin"
ln -s usr/sbin "$root/sbin"
ln -s usr/lib "$root/lib"
ln -s usr/lib64 "$root/lib64"
mkdir -p "$root/usr/bin" "$root/usr/sbin" "$root/usr/lib" "$root/usr/lib64"
for program in "$@"; do
  path=$(command -v "$program")
  cp -L "$path" "$root$path"
  for library in $(ldd "$path" 2>/dev/null | grep -o '/[^ ]*' || true); do
    [ -e "$root$library" ] || { mkdir -p "$root$(dirname "$library")" && cp -L "$library" "$root$library"; }
  done
done
