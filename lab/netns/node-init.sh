#!/bin/sh
# node-init.sh DISK NAME ADDRESS/PREFIX: the first process of a node, in fresh namespaces.
# When it ends, the kernel ends everything in the node with it.
set -eu
disk=$1 name=$2 address=$3

# /proc is still the machine's: this is the process id that the harness knows this process by.
read -r pid _ </proc/self/stat

# Copies of this machine's mounts would keep other people's namespaces alive.
umount --recursive --lazy /run/netns 2>/dev/null || true

mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t overlay -o "lowerdir=/etc,upperdir=$disk/etc,workdir=$disk/work/etc" overlay /etc
mount -t overlay -o "lowerdir=/usr/lib/ocf,upperdir=$disk/ocf,workdir=$disk/work/ocf" overlay /usr/lib/ocf
mount -t overlay -o "lowerdir=/usr/local,upperdir=$disk/local,workdir=$disk/work/local" overlay /usr/local
echo "$pid" >"$disk/pid.new"
mv "$disk/pid.new" "$disk/pid"
# A directory of the node alone, not an overlay: PostgreSQL's data lie here, and the labs' own disks lie in the machine's.
mount --bind "$disk/var" /var
mount -t tmpfs -o mode=1777 tmpfs /tmp

hostname "$name"
# Only the wall clock of a node is its own, not the time that passes.
if [ -e /etc/faketimerc ]; then export FAKETIME_DONT_FAKE_MONOTONIC=1 FAKETIME_CACHE_DURATION=1; fi
mkdir -p /run/lock /run/pha-lab
install -d -m 1755 /run/resource-agents
install -d -m 2775 -o postgres -g postgres /run/postgresql

# The harness has plugged in the cable when it says so; if it died before, there is no node.
read -r _
exec </dev/null
ip link set lo up
ip link set eth0 up
ip address add "$address" brd + dev eth0
echo booted >/run/pha-lab/booted

if [ -x /etc/pha-lab/boot ]; then
  setsid /etc/pha-lab/boot >/var/log/pha-lab-boot.log 2>&1 &
fi
install -d -m 755 /run/sshd
/usr/sbin/sshd -E /var/log/sshd.log || echo "sshd did not start"
/usr/local/sbin/cluster-stack start || echo "the cluster stack did not start"

# Reaps what the node's processes leave behind, for as long as the node has power.
while :; do
  sleep 1000000 &
  wait "$!" || true
done
