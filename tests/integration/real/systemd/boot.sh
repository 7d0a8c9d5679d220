#!/bin/sh
# Becomes a systemd that sees nothing of this machine's services: its tmpfiles rules would empty /tmp.
set -eu
mount --make-rprivate /
# Without this the directory of credentials is empty.
mount --make-rshared /
mount -t tmpfs tmpfs /mnt
mkdir /mnt/share
mount --bind "$1" /mnt/share
for directory in /tmp /var/tmp /run /usr/local/bin; do
  mount -t tmpfs tmpfs "${directory}"
done
cp /mnt/share/bin/* /usr/local/bin/
mkdir -p /run/systemd/system
cp -r /mnt/share/units/* /run/systemd/system/
exec /lib/systemd/systemd --system --unit=pfx-test.target
