#!/bin/sh
# Becomes a systemd that sees nothing of this machine's services, and changes nothing of this machine: its tmpfiles rules
# would empty /tmp. `state`, if it is there, is /var/lib/systemd, and `home` is copied to /home/you.
set -eu
mount --make-rprivate /
# Without this the directory of credentials is empty.
mount --make-rshared /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/share /mnt/etc
mount --bind "$1" /mnt/share
cp -a /etc/. /mnt/etc
mount --bind /mnt/etc /etc
for directory in /tmp /var/tmp /var/log /run /usr/local /home; do
  mount -t tmpfs tmpfs "${directory}"
done
mkdir /usr/local/bin
cp /mnt/share/bin/* /usr/local/bin/
if [ -d /mnt/share/state ]; then
  mount --bind /mnt/share/state /var/lib/systemd
fi
if [ -d /mnt/share/home ]; then
  cp -r /mnt/share/home /home/you
fi
mkdir -p /run/systemd/system
cp -r /mnt/share/units/* /run/systemd/system/
exec /lib/systemd/systemd --system --unit=pfx-test.target
