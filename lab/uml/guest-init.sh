#!/bin/sh
# The first process of a guest, on the machine's own root, which is read-only here. What the kernel does not know of its
# command line is this script's environment:
#   PHA_DISK       the node's disk, a directory of the machine
#   PHA_NAME       its host name
#   PHA_ADDRESS    its address with the prefix length
#   PHA_SCRIPTS    the directory of this script
#   PHA_DATABASES  where its own disk (ubda) belongs
# It lays the node's layers over the machine's root and goes on in guest-run.sh.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root
disk=$PHA_DISK root=/mnt/root

# By its file: modprobe looks for modules where only the layers will put them.
insmod "/usr/lib/uml/modules/$(uname -r)/kernel/fs/overlayfs/overlay.ko"
mount -t tmpfs -o mode=0755 tmpfs /mnt
mkdir "$root"

layers=0
lay() { # TARGET LOWER: what is changed stays in memory, as hostfs has no extended attributes for an upper layer
  layers=$((layers + 1))
  mkdir -p "/mnt/$layers/upper" "/mnt/$layers/work"
  mount -t overlay -o "lowerdir=$2,upperdir=/mnt/$layers/upper,workdir=/mnt/$layers/work" overlay "$1"
}

lay "$root" /
lay "$root/etc" "$disk/etc:/etc"
lay "$root/usr/lib/ocf" "$disk/ocf:/usr/lib/ocf"
lay "$root/usr/local" "$disk/local:/usr/local"
mount -t hostfs -o "$disk/var" none "$root/var"
mount -t ext4 /dev/ubda "$root$PHA_DATABASES"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t devtmpfs devtmpfs "$root/dev"
mkdir -p "$root/dev/shm" "$root/dev/pts"
mount -t devpts devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
mount -t tmpfs -o mode=0755 tmpfs "$root/run"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/run/orders" "$root/mnt/machine"
mount -t hostfs -o "$disk/orders" none "$root/run/orders"
# What this machine's root has its shells start would cost a guest up to a minute for each ssh.
rm -f "$root/root/.bashrc"
: >"$root/root/.bashrc"
# Where the kernel looks for its modules.
rm -rf "$root/usr/lib/modules"
ln -s uml/modules "$root/usr/lib/modules"

cd "$root"
pivot_root . mnt/machine
exec chroot . /bin/sh "/mnt/machine$PHA_SCRIPTS/guest-run.sh" </dev/null >/dev/console 2>&1
