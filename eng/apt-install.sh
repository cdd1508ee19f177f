#!/bin/sh
# Installs Debian packages without starting their services: eng/apt-install.sh [PACKAGE...|-f FILE]...
# Does nothing, and says nothing, if all of them are installed. -f reads a list such as eng/test-packages.txt.
set -eu

wanted=""
lists=""
while [ $# -gt 0 ]; do
  case "$1" in
    -f)
      [ $# -ge 2 ] || { echo "apt-install: -f needs a file" >&2; exit 2; }
      lists="$lists $2"
      wanted="$wanted $(sed -e 's/#.*//' "$2" | tr '\n' ' ')"
      shift 2
      ;;
    -*) echo "apt-install: unknown option $1; use apt-install.sh [PACKAGE...|-f FILE]..." >&2; exit 2 ;;
    *) wanted="$wanted $1"; shift ;;
  esac
done

# A command may be there without its Debian package (Node.js from another source): then the package is not forced on the machine.
provided() {
  case "$1" in
    nodejs) command -v node >/dev/null ;;
    default-jdk-headless) command -v javac >/dev/null ;;
    docker.io) command -v dockerd >/dev/null ;;
    *) return 1 ;;
  esac
}

missing=""
for package in $wanted; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || provided "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "apt-install: these Debian packages are missing and will be installed; their services are not started:$missing" >&2
for package in $missing; do
  # shellcheck disable=SC2086 # a list of files
  [ -z "$lists" ] || sed -n "s/^\\($package\\)  *# */  \\1: /p" $lists >&2
done
if [ "$(id -u)" != 0 ]; then
  echo "apt-install: only root can do that. Run: sudo apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

# Maintainer scripts ask policy-rc.d whether they may start a service; 101 is "forbidden" (Debian Policy, invoke-rc.d). One that was there stays.
policy=/usr/sbin/policy-rc.d
made_policy=""
log=$(mktemp)
trap 'rm -f "$log"; [ -z "$made_policy" ] || rm -f "$policy"' EXIT
trap 'exit 130' INT TERM
if [ ! -e "$policy" ]; then
  made_policy=yes
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
elif "$policy" apt-install start >/dev/null 2>&1; then
  echo "apt-install: $policy is there and allows service starts; services may be started" >&2
fi

install_missing() {
  # shellcheck disable=SC2086 # a list of words
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 $missing >"$log" 2>&1
}

# The package lists may be old, or absent: refreshed only if the installation fails without. What apt says is shown only if it fails with them.
install_missing || { apt-get update -q -o DPkg::Lock::Timeout=300 >"$log" 2>&1 && install_missing; } || {
  cat "$log" >&2
  echo "apt-install: apt could not install$missing; what it said is above" >&2
  exit 1
}
