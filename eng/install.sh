#!/usr/bin/env bash
# eng/install.sh           installs on this node, as root, what ./figment builds: programs, systemd's units, the group figment, shell completion
# eng/install.sh --remove  takes all of it away; applications must be down, and their state (/var/lib/figment) stays
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
# shellcheck source=prepare.sh
. "$root/eng/prepare.sh"
programs=/usr/lib/figment
units=/usr/lib/systemd/system
completions=/usr/share/bash-completion/completions
installed=("$programs" /usr/bin/figment "$units/figmentd.service" "$units/figmentd.socket" /usr/lib/sysusers.d/figment.conf "$completions/figment")

if [ "$(id -u)" -ne 0 ]; then
  say "this writes to /usr: run it as root: sudo ${BASH_SOURCE[0]} $*"
  exit 1
fi
has_systemd() { [ -d /run/systemd/system ]; }

case "${1:-}" in
  "") ;;
  --remove)
    if compgen -G '/run/figment/apps/*/keeper.pid' >/dev/null; then
      say 'applications are up; take them down first: figment ls, figment down -p NAME'
      exit 1
    fi
    if has_systemd; then
      systemctl disable --quiet --now figmentd.socket figmentd.service
    fi
    rm -rf "${installed[@]}"
    if has_systemd; then
      systemctl daemon-reload
    fi
    say 'removed; images, volumes and journal are in /var/lib/figment'
    exit 0
    ;;
  *)
    sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}" >&2
    exit 2
    ;;
esac

prepare_packages "$root/eng/packages.txt"
are_programs_current || prepare_sdk
prepare_programs
prepare_criu
mkdir -p "$programs" "$units" /usr/lib/sysusers.d "$completions"
# Beside the old ones first, then in their place: what runs keeps its file.
rm -rf "$programs.new" "$programs.old"
mkdir "$programs.new"
tar -C "$FIGMENT_BIN_DIR" --exclude='*.dbg' --exclude='*.pdb' -c . | tar -C "$programs.new" -x
[ ! -e "$programs" ] || mv "$programs" "$programs.old"
mv "$programs.new" "$programs"
rm -rf "$programs.old"
ln -sf "$programs/figment" /usr/bin/figment
install -m 644 "$root/eng/systemd/figmentd.service" "$root/eng/systemd/figmentd.socket" "$units/"
install -m 644 "$root/eng/systemd/figment.sysusers" /usr/lib/sysusers.d/figment.conf
getent group figment >/dev/null || groupadd --system figment
"$programs/figment" completion bash >"$completions/figment"
if has_systemd; then
  systemctl daemon-reload
  systemctl enable --quiet figmentd.socket
  # A daemon that runs is replaced: applications go on meanwhile.
  systemctl stop figmentd.service
  systemctl restart figmentd.socket
  say 'installed; figmentd starts with the first command. Members of the group figment may use it: usermod -aG figment USER'
else
  say 'installed; figmentd starts with the first command of root (no systemd here)'
fi
