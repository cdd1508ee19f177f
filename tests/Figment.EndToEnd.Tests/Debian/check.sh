#!/bin/bash
# Runs in the guest. ROOT is the checkout, as the node has it. The first boot ends in the middle, as if the power had failed; the second finds what is left.
exec >/dev/ttyS0 2>&1 </dev/null
root=$1
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
marker=/var/lib/figment/second-boot

say() { echo "check: $*"; }
end() { say "ended with $1"; echo o >/proc/sysrq-trigger; sleep 60; }
fail() {
  say "FAILED: $*"
  tail -n 30 /run/figment/apps/*/keeper.log
  journalctl -q -n 30 --no-pager -u figmentd.service
  end 1
}

# holds WHAT COMMAND...: the command succeeds.
holds() {
  local what=$1
  shift
  "$@" && say "ok: $what" || fail "$what"
}
# is WHAT EXPECTED ACTUAL
is() { [ "$2" = "$3" ] && say "ok: $1" || fail "$1: $3 instead of $2"; }
states() { figment ps -a -p "$1" --json | sed -n 's/.*"state": "\([A-Za-z]*\)".*/\1/p' | sort | uniq -c | tr -s ' ' | paste -sd,; }
alive() { figment ps -p "$1" --json | grep -cE '"state": "(Running|Frozen)"'; }
addresses() { figment ps -a -p "$1" --json | sed -n 's/.*"value": "\([0-9.]*\)".*/\1/p' | paste -sd' '; }
process() { figment inspect "$2" -p "$1" --json | sed -n 's/.*"pid": \([0-9]*\).*/\1/p' | head -1; }
eventually() { for _ in $(seq 120); do "$@" && return; sleep 0.5; done; return 1; }
programs() { pgrep -x nginx; pgrep -x redis-server; }
serves() { curl -sS --max-time 60 --retry 20 --retry-delay 1 --retry-connrefused http://127.0.0.1:8080/ | grep -q Guestbook; }

say "kernel $(uname -r), $(systemctl --version | head -1)"
holds 'installation' "$root/eng/install.sh"
if [ -e $marker ]; then
  again() { [ "$(states guestbook)" = ' 3 Imaginary' ]; }
  eventually again
  is 'after the power came back everything is imaginary again' ' 3 Imaginary' "$(states guestbook)"
  is 'on the addresses it had' "$(cat $marker)" "$(addresses guestbook)"
  holds 'no program runs' test -z "$(programs)"
  holds 'a request is answered' serves
  holds 'down' figment down -p guestbook
  is 'and leaves no link' '' "$(ip -br link | grep ^fg)"
  is 'no control group' '' "$(find /sys/fs/cgroup -path '*figment*' -name '*guestbook*' | head -3)"
  holds 'removal' "$root/eng/install.sh" --remove
  holds 'of everything but the state' test ! -e /usr/bin/figment -a ! -e /usr/lib/figment -a -e /var/lib/figment/journal.db
  end 0
fi

holds 'control groups are of version 2 alone' test -e /sys/fs/cgroup/cgroup.controllers
holds 'no daemon before the first command' test -z "$(pgrep -x figmentd)"
holds 'up of the guestbook' figment up "$root/examples/guestbook"
is 'systemd started the daemon' active "$(systemctl is-active figmentd.service)"
is 'all is imaginary' ' 3 Imaginary' "$(states guestbook)"
holds 'no program runs' test -z "$(programs)"
holds 'a request is answered' serves
is 'what it needed runs' ' 3 Running' "$(states guestbook)"
figment why redis-1 -p guestbook
holds 'why names the caller' eval 'figment why redis-1 -p guestbook | grep -q "from app-1"'

mkdir -p /run/limits
cat >/run/limits/compose.yaml <<'Y'
services:
  small:
    command: sleep 1000000
    mem_limit: 64m
    cpus: 0.5
    pids_limit: 20
    x-figment: { root: host }
  hungry:
    command: ["python3", "-c", "x = b'x' * (200 << 20); import time; time.sleep(1000)"]
    mem_limit: 64m
    restart: "no"
    x-figment: { root: host }
Y
holds 'up with limits' figment up -f /run/limits/compose.yaml
started() { [ -n "$(process limits small-1)" ]; }
holds 'and its start' eventually started
group=/sys/fs/cgroup$(sed 's/^0:://' "/proc/$(process limits small-1)/cgroup")
say "its control group: $group"
is 'memory is limited' 67108864 "$(cat "$group/memory.max")"
is 'processor time is limited' '50000 100000' "$(cat "$group/cpu.max")"
is 'processes are limited' 20 "$(cat "$group/pids.max")"
holds 'what needs more memory is killed' eventually eval 'figment inspect hungry-1 -p limits --json | grep -q "\"exitCode\": 137"'
figment top -p limits | cat
holds 'top measures' eval 'figment top -p limits --json | grep -q "\"memoryBytes\": [1-9]"'
holds 'down with limits' figment down -p limits

# The clock is set back by an hour while machines stand still. redis' own ticking takes over 1 % of an emulated core, so it is a heartbeat.
mkdir -p /run/still
cat >/run/still/compose.yaml <<'Y'
services:
  cache:
    command: redis-server --save "" --protected-mode no
    ports: ["127.0.0.1:6399:6379"]
    x-figment: { root: host, idle: { freeze-after: 1s, reclaim-after: 1s, ignore: heartbeat } }
  ticker:
    command: ["python3", "-uc", "import time\nwhile True:\n  time.sleep(20)\n  print('tick')"]
    x-figment: { root: host, start: eager, idle: { freeze-after: 1s } }
Y
holds 'up of what is to be frozen' figment up -f /run/still/compose.yaml
is 'it answers' PONG "$(redis-cli -p 6399 ping)"
frozen() { [ "$(states still)" = ' 2 Frozen' ]; }
holds 'both are frozen by the unified tree' eventually frozen
reclaimed() { grep -q 'cache-1: gave memory back' /run/figment/apps/still/keeper.log; }
holds 'a frozen machine gives memory back' eventually reclaimed
grep 'gave memory back' /run/figment/apps/still/keeper.log
date -s "@$(($(date +%s) - 3600))"
is 'a frozen machine answers after the clock was set back' PONG "$(redis-cli -p 6399 ping)"
ticks() { figment logs --no-prefix -p still ticker-1 | wc -l; }
before=$(ticks)
more() { [ "$(ticks)" -gt "$before" ]; }
holds 'a sleep of a frozen machine ends at its time' eventually more
holds 'both are frozen again' eventually frozen
holds 'no interval has a negative length' eval '! figment bill -p still --json | grep -q "\"wallUs\": -"'
figment bill -p still
date -s "@$(($(date +%s) + 3600))"
holds 'down with the clock right again' figment down -p still

daemon=$(pgrep -x figmentd)
kill -9 "$daemon"
holds 'a request is answered without the daemon' serves
holds 'systemd starts the daemon again' eventually eval "pgrep -x figmentd | grep -qv '^$daemon\$'"
is 'which knows what runs' 3 "$(alive guestbook)"
systemctl stop figmentd.service
holds 'programs outlive the unit' pgrep -x redis-server
holds 'a request is answered while the unit is stopped' serves
is 'the next command starts it' 3 "$(alive guestbook)"

addresses guestbook >$marker
sync $marker
say 'the power fails'
echo b >/proc/sysrq-trigger
sleep 60
