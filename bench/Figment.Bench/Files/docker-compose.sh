#!/bin/sh
# docker-compose.sh FOLDER: prints the path of a docker compose of version 2. If the node has none (Debian 12 carries version 1), that of Debian 13, which needs nothing but a C library
# of Debian 12, is put below FOLDER through apt with lists of its own; nothing is installed.
set -eu
folder=$1
for place in "$HOME/.docker/cli-plugins" /usr/local/lib/docker/cli-plugins /usr/local/libexec/docker/cli-plugins /usr/lib/docker/cli-plugins /usr/libexec/docker/cli-plugins "$folder/root/usr/libexec/docker/cli-plugins"; do
  if [ -x "$place/docker-compose" ]; then
    echo "$place/docker-compose"
    exit 0
  fi
done
rm -rf "$folder"
mkdir -p "$folder/apt/lists/partial" "$folder/apt/archives/partial" "$folder/download"
: >"$folder/apt/status"
archive=$(apt-get indextargets --format '$(REPO_URI) $(ORIGIN)' 'Created-By: Packages' | sed -n 's/ Debian$//p' | head -1)
[ -n "$archive" ] || { echo "docker-compose.sh: apt knows no archive of Debian's; install docker compose version 2 yourself" >&2; exit 1; }
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive trixie main" >"$folder/apt/sources.list"
apt() {
  apt-get -q -o Dir::Etc::SourceList="$folder/apt/sources.list" -o Dir::Etc::SourceParts=- -o Dir::State="$folder/apt" -o Dir::State::Lists="$folder/apt/lists" \
    -o Dir::State::status="$folder/apt/status" -o Dir::Cache="$folder/apt" -o APT::Sandbox::User=root "$@" >&2
}
apt update
cd "$folder/download"
apt download docker-compose
dpkg-deb -x docker-compose_*.deb "$folder/root"
rm -r "$folder/apt" "$folder/download"
echo "$folder/root/usr/libexec/docker/cli-plugins/docker-compose"
