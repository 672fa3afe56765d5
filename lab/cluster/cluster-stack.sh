#!/bin/sh
# cluster-stack start|stop|status: Corosync and Pacemaker of this node, as systemd's units would run them.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
run=/run/pha-lab
mkdir -p "$run"
# Only the wall clock of a node is its own, not the time that passes.
if [ -e /etc/faketimerc ]; then export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_CACHE_DURATION=1; fi

alive() { # PROGRAM: whether the process of its pid file is still that program
  pid=$(cat "$run/$1.pid" 2>/dev/null) || return 1
  # The kernel keeps 15 characters of a name.
  [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$(printf '%.15s' "$1")" ] && ! grep -q '^State:.Z' "/proc/$pid/status"
}

launch() { # PROGRAM ARGUMENTS...
  program=$1
  setsid "$@" </dev/null >>"/var/log/cluster/$program.console" 2>&1 &
  echo "$!" >"$run/$program.pid"
}

start() {
  if [ -e /etc/pha-lab/outside ]; then exit 0; fi
  if ! alive corosync; then launch corosync -f; fi
  # Pacemaker asks Corosync once and then again only after a second.
  tries=0
  until corosync-cfgtool -s >/dev/null 2>&1; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ]; then
      echo "corosync does not answer; see /var/log/cluster" >&2
      exit 1
    fi
    sleep 0.05
  done
  # It leaves when Corosync does.
  if corosync-cmapctl -g quorum.device.model >/dev/null 2>&1 && ! alive corosync-qdevice; then
    launch corosync-qdevice -f
  fi
  if ! alive pacemakerd; then
    set -a
    if [ -r /etc/default/pacemaker ]; then . /etc/default/pacemaker; fi
    set +a
    launch pacemakerd
  fi
}

end() { # PROGRAM: asks it to end and waits until it has
  if alive "$1"; then kill -TERM "$pid"; fi
  while alive "$1"; do sleep 0.05; done
  rm -f "$run/$1.pid"
}

case "${1:-}" in
start) start ;;
stop)
  end pacemakerd
  end corosync-qdevice
  end corosync
  ;;
status) alive corosync && alive pacemakerd ;;
*)
  echo "usage: cluster-stack start|stop|status" >&2
  exit 2
  ;;
esac
