#!/usr/bin/env bash
# apt-install.sh PACKAGE...: installs Debian packages without letting any of them start a service.
set -euo pipefail
[ "$(id -u)" -eq 0 ] || { echo "apt-install.sh: must be root; run: sudo $0 $*" >&2; exit 1; }

policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  # invoke-rc.d asks this program before it starts anything; 101 forbids it (invoke-rc.d(8)).
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  trap 'rm -f "$policy"' EXIT
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
if ! apt-get install -y --no-install-recommends -q "$@" >"$log" 2>&1; then
  # The package lists of a fresh machine are empty or old.
  if ! { apt-get update -q && apt-get install -y --no-install-recommends -q "$@"; } >"$log" 2>&1; then
    cat "$log" >&2
    rm -f "$log"
    echo "apt-install.sh: apt-get could not install: $*" >&2
    exit 1
  fi
fi
rm -f "$log"
