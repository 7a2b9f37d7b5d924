#!/bin/bash
# Makes a folder with a small Debian, of this machine's release, in which opl2 can
# be built for another architecture: not all libraries' development files for two
# of them can be on one system. As root.
#
#   root.sh DIR ARCH
#
# What it has of that architecture is what debian/control says.
set -euo pipefail
dir=$1 arch=$2
here=$(cd "$(dirname "$0")" && pwd)
[ ! -e "$dir/made" ] || exit 0
[ "$(id -u)" = 0 ] && command -v mmdebstrap >/dev/null || {
	echo "root.sh: be root, and install mmdebstrap" >&2
	exit 1
}
needs=$(sed -n '/^Build-Depends:/,/^[A-Z].*:/s/^ \([a-z0-9-]*-dev\),*$/\1/p' \
	"$here/debian/control")
natives=$(sed -n 's/^ \([a-z0-9-]*\):native <cross>,*$/\1/p' "$here/debian/control")
# Not crossbuild-essential, with its own copy of libc, which may be an older one.
packages="debhelper build-essential cmake ca-certificates jq musl-dev
	gcc-$(dpkg-architecture "-a$arch" -qDEB_HOST_GNU_TYPE 2>/dev/null | tr _ -)
	libc6-dev:$arch musl-dev:$arch $natives"
for p in $needs; do packages+=" $p:$arch"; done
sources=()
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; do
	[ ! -s "$f" ] || sources+=("$f")
done
# shellcheck disable=SC1091
. /etc/os-release
rm -rf "$dir"
mmdebstrap --mode=root --variant=minbase --format=directory \
	--architectures="$(dpkg --print-architecture),$arch" \
	--include="$(xargs <<<"$packages" | tr ' ' ,)" \
	"$VERSION_CODENAME" "$dir" "${sources[@]}"
cp /etc/resolv.conf "$dir/etc/resolv.conf"
mkdir -p "$dir/src"
touch "$dir/made"
