#!/bin/bash
# What `make dist` makes of the last commit, in build/dist: the source, a Debian
# package of this machine's architecture, what is in it, and digests.
#
#   dist.sh VERSION
#
# The same commit gives the same bytes in every folder: times are the commit's,
# and the compiler does not write down where it ran.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=docs/packaging
version=$1
out=$PWD/build/dist
umask 022

for c in git dpkg-buildpackage dh lintian jq; do
	command -v $c >/dev/null || {
		echo "make dist needs '$c': install debhelper, lintian and jq" >&2
		exit 1
	}
done
[ -z "$(git status --porcelain --untracked-files=no)" ] ||
	echo "make dist: what is not committed is not in it" >&2
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
rm -rf "$out"
mkdir -p "$out/build"

source=opl2-$version
git -c tar.umask=0022 archive --format=tar --prefix="$source/" HEAD >"$out/build/source.tar"
gzip -9nc "$out/build/source.tar" >"$out/$source.tar.gz"

tar -C "$out/build" -xf "$out/build/source.tar"
tree=$out/build/$source
cp -R "$tree/$here/debian" "$tree/debian"
sed -i "s/@VERSION@/$version/; s/@COMMIT@/$(git rev-parse HEAD)/
	s/@DATE@/$(date -Rd "@$SOURCE_DATE_EPOCH")/
	s/@MAINTAINER@/$(git log -1 --format='%an <%ae>')/" \
	"$tree"/debian/{changelog,control}
# What this make was told is not for that one.
(cd "$tree" && env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
	dpkg-buildpackage -b -us -uc "-j$(nproc)") \
	>"$out/build/log" 2>&1 || {
	tail -n 40 "$out/build/log" >&2
	exit 1
}
lintian --allow-root --fail-on error,warning --tag-display-limit 0 \
	"$out"/build/opl2_*.deb
mv "$out"/build/opl2_*.deb "$out/"
for deb in "$out"/*.deb; do
	$here/sbom.sh "$deb" >"${deb%.deb}.spdx.json"
done
(cd "$out" && sha256sum -- *.* >SHA256SUMS)
rm -rf "$out/build"
cat "$out/SHA256SUMS"
