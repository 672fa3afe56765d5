#!/bin/sh
# The least that Pacemaker needs to promote a standby, and nothing that keeps data safe: no position is compared, no
# history, no state of the replication. What any agent takes longer than this is its own. For benchmarks.
#
# OCF_RESKEY_pgctl, OCF_RESKEY_pgdata, and OCF_RESKEY_nodes: the first of them that runs is promoted.
set -u
# None of them is set for meta-data.
signal=${OCF_RESKEY_pgdata:-}/standby.signal
# Pacemaker's own working directory is closed to the server's account.
cd /

control() { setpriv --reuid=postgres --regid=postgres --init-groups "$OCF_RESKEY_pgctl" -D "$OCF_RESKEY_pgdata" "$@" >&2; }

alive() { read -r pid 2>/dev/null <"$OCF_RESKEY_pgdata/postmaster.pid" && kill -0 "$pid" 2>/dev/null; }

start() {
  alive && return 0
  install -o postgres -g postgres -m 600 /dev/null "$signal"
  control start -w -l "$OCF_RESKEY_logfile" || return 1
  score=100
  for node in $OCF_RESKEY_nodes; do
    [ "$node" = "$(uname -n)" ] && break
    score=$((score - 1))
  done
  crm_attribute --promotion="$OCF_RESOURCE_INSTANCE" --lifetime=reboot --update="$score"
}

stop() { ! alive || control stop -w -m fast; }

monitor() {
  alive || return 7
  [ -e "$signal" ] || return 8
}

case "${1:-}" in
meta-data)
  cat <<END
<?xml version="1.0"?>
<resource-agent name="floor">
<version>1.0</version>
<longdesc lang="en">The least that promotes a PostgreSQL standby. For benchmarks only.</longdesc>
<shortdesc lang="en">for benchmarks only</shortdesc>
<parameters/>
<actions>
<action name="start" timeout="60s"/>
<action name="stop" timeout="60s"/>
<action name="promote" timeout="60s"/>
<action name="demote" timeout="60s"/>
<action name="monitor" timeout="60s" interval="4s"/>
<action name="meta-data" timeout="5s"/>
</actions>
</resource-agent>
END
  ;;
start) start ;;
stop) stop ;;
monitor) monitor ;;
promote) control promote -w ;;
# A server that was killed is only stopped: starting it would recover it first.
demote) ! alive || { stop && start; } ;;
*) exit 3 ;;
esac
