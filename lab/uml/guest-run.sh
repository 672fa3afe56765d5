#!/bin/sh
# The first process of a guest, in its own root: boots the node, and then carries out orders for as long as it has power.
# An order is a directory that the harness makes in /run/orders: run (a script) and in (its standard input) become out,
# err and, last, code. Its name, on a line of ttyS0, is the command to begin.
set -eu
hostname "$PHA_NAME"
mkdir -p /run/lock /run/pha-lab
install -d -m 1755 /run/resource-agents
install -d -m 2775 -o postgres -g postgres /run/postgresql
ip link set lo up
ip link set eth0 up
ip address add "$PHA_ADDRESS" brd + dev eth0

exec 3<>/dev/ttyS0
stty raw -echo <&3
echo booted >/run/orders/booted

(
  exec 3>&-
  if [ -x /etc/pha-lab/boot ]; then
    setsid /etc/pha-lab/boot >/var/log/pha-lab-boot.log 2>&1 &
  fi
  install -d -m 755 /run/sshd
  /usr/sbin/sshd -E /var/log/sshd.log || echo "sshd did not start"
  /usr/local/sbin/cluster-stack start || echo "the cluster stack did not start"
) &

carry_out() { # ORDER
  exec 3>&-
  cd /
  code=0
  sh "/run/orders/$1/run" <"/run/orders/$1/in" >"/run/orders/$1/out" 2>"/run/orders/$1/err" || code=$?
  # By renaming: a code that is there is complete, and so is everything before it.
  echo "$code" >"/run/orders/$1/code.new"
  mv "/run/orders/$1/code.new" "/run/orders/$1/code"
}

take_orders() {
  # With a parent that is gone at once, so that the first process reaps it.
  while read -r order <&3; do (carry_out "$order" &); done
}
take_orders &
exec 3>&-

# Reaps what the node's processes leave behind, for as long as the node has power.
while :; do
  sleep 1000000 &
  wait "$!" || true
done
