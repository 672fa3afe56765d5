#!/bin/sh
# start-guest.sh DISK CORE ARGUMENTS... becomes the guest's kernel, with its console on this process's standard output.
# Descriptor 3 is the guest's ttyS0: a FIFO on its disk, so that every harness can write to it, one line at a time. It is
# open for writing as well, so that it never ends; what the guest writes there goes nowhere.
set -eu
disk=$1 core=$2
shift 2
echo "$$" >"$disk/pid.new"
mv "$disk/pid.new" "$disk/pid"
# What costs others one process start costs a guest fifteen, so it must not wait for its turn as long as they do. Where
# the kernel divides its time among sessions first, only that file counts.
renice --priority -10 --pid "$$" >/dev/null
echo -10 2>/dev/null >/proc/self/autogroup || true
exec taskset --cpu-list "$core" linux.uml "$@" 3<>"$disk/line" 4>/dev/null </dev/null
