#!/bin/bash
# Debian's part of a node, unpacked into DIR and not installed: 40 MB of
# packages. Says no more than it has to. debs.sh DIR
set -eu
dir=$(realpath -m "$1")
tmp=$dir.$$
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp/deb"
cd "$tmp/deb"
# As root, apt wants to write as another user, and says so when it cannot.
apt-get download -qq containerd runc docker-registry conntrack iptables \
	containernetworking-plugins libip4tc2 libip6tc2 libxtables12 libnftnl11 \
	libnetfilter-conntrack3 libnfnetlink0 libmnl0 2>"$tmp/err" || {
	cat "$tmp/err" >&2
	exit 1
}
for deb in *.deb; do
	dpkg-deb -x "$deb" "$tmp/root"
done
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save \
	ip6tables-restore; do
	ln -sf xtables-nft-multi "$tmp/root/usr/sbin/$name"
done
rm -rf "$dir"
mv "$tmp/root" "$dir"
touch "$dir"
