#!/usr/bin/env bash
# eng/install-criu.sh FOLDER   CRIU 4.2 and the libraries it needs, in a folder of its own; nothing of the system is touched.
# It comes as packages of a newer Debian, from the mirror that this system's apt uses, checked by apt's own keys, and runs with the libraries beside it.
# Does nothing if it is there. Debian's own versions cannot be used: 3.17 fails on a vDSO of today's kernels, 4.1 on any TCP socket with Linux 6.16 and later.
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}" >&2; exit 2; }
folder=$1
suite=forky
least=4.2
say() { printf 'install-criu: %s\n' "$*" >&2; }

# Fails without a word if there is none, or one that is too old.
current() { [ -x "$folder/criu" ] && "$folder/criu" --version 2>/dev/null | sed -n 's/^Version: //p' | { read -r version && printf '%s\n' "$least" "$version" | sort -CV; }; }
! current || exit 0

keys=/usr/share/keyrings/debian-archive-keyring.gpg
command -v apt-get dpkg-deb >/dev/null && [ -e "$keys" ] || { say 'this is no Debian system; install CRIU 4.2 or newer from your distribution'; exit 1; }
mirror=$(apt-get --print-uris update | sed -n "s#^'\\([^']*/debian/\\)dists/.*#\\1#p" | sort -u | head -1)
[ -n "$mirror" ] || { say "apt knows no Debian mirror: see /etc/apt/sources.list"; exit 1; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/preferences" "$work/packages" "$work/root"
: >"$work/status"
echo "deb [signed-by=$keys] $mirror $suite main" >"$work/sources.list"
quiet_apt() {
  apt-get -qq -o Dir::Etc::SourceList="$work/sources.list" -o Dir::Etc::SourceParts="$work/parts" -o Dir::Etc::PreferencesParts="$work/preferences" \
    -o Dir::State::Lists="$work/lists" -o Dir::Cache="$work/cache" -o Dir::State::status="$work/status" -o APT::Sandbox::User=root "$@"
}
say "fetching CRIU with its libraries from $suite of the system's mirror (some 8 MB)"
quiet_apt update
# The set of packages that an empty system would need: CRIU runs on none of this system's libraries.
packages=$(quiet_apt install --simulate --no-install-recommends criu | awk '/^Inst/ { print $2 }')
# shellcheck disable=SC2086 # a list of words
(cd "$work/packages" && quiet_apt download $packages)
for package in "$work"/packages/*.deb; do
  dpkg-deb -x "$package" "$work/root"
done
(cd "$work/packages" && sha256sum ./*.deb) >"$work/root/packages.sha256"
rm -rf "$work/root/usr/share" "$work/root/etc" "$work/root/var"
cat >"$work/root/criu" <<'W'
#!/bin/sh
# CRIU with the libraries beside it; they are not passed on to what it restores.
here=$(dirname "$(readlink -f "$0")")
for loader in "$here"/usr/lib*/ld-linux-*.so.*; do :; done
exec "$loader" --library-path "$(echo "$here"/usr/lib/*-linux-gnu)" "$here/usr/sbin/criu" "$@"
W
chmod 755 "$work/root/criu"
"$work/root/criu" --version >/dev/null || { say 'CRIU was fetched but does not start'; exit 1; }
mkdir -p "$(dirname "$folder")"
rm -rf "$folder"
# mktemp's folder is for its owner alone.
chmod 755 "$work/root"
mv "$work/root" "$folder"
current || { say "$suite has a CRIU that is older than $least"; exit 1; }
say "$("$folder/criu" --version | head -1) in $folder"
