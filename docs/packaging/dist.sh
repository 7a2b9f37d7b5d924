#!/bin/bash
# What `make dist` makes of the last commit, in build/dist: the source, a Debian
# package for each architecture, for this machine's a bundle that runs on any Linux
# and a container image of it; what is in them, and digests.
#
#   dist.sh VERSION ARCH...      as Debian calls them: amd64, arm64
#
# The same commit gives the same bytes in every folder: times are the commit's,
# and the compiler does not write down where it ran.
set -euo pipefail
cd "$(dirname "$0")/../.."
package=docs/packaging
here=$PWD/$package
this=$(dpkg --print-architecture)
version=$1
shift
out=$PWD/build/dist
umask 022

for c in git dpkg-buildpackage dh lintian jq cmake; do
	command -v $c >/dev/null || {
		echo "make dist needs '$c': install debhelper, lintian, jq, cmake" \
			"and musl-dev" >&2
		exit 1
	}
done
[ -z "$(git status --porcelain --untracked-files=no)" ] ||
	echo "make dist: what is not committed is not in it" >&2
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH LC_ALL=C TZ=UTC
# What this make was told is not for those that are started here.
unset MAKEFLAGS MAKELEVEL MFLAGS
rm -rf "$out"
mkdir -p "$out/build"

source=opl2-$version
git -c tar.umask=0022 archive --format=tar --prefix="$source/" HEAD >"$out/build/source.tar"
gzip -9nc "$out/build/source.tar" >"$out/$source.tar.gz"

logged() { # logged NAME COMMAND...: shows what it said when it fails
	local log=$out/build/$1.log
	shift
	"$@" >"$log" 2>&1 || {
		tail -n 40 "$log" >&2
		return 1
	}
}
tree() { # tree DIR: a fresh one, for a build
	mkdir -p "$1"
	tar -C "$1" -xf "$out/build/source.tar"
}
# Another architecture's package is built in a small Debian of its own,
# build/root-ARCH, in its folder /src.
run=()
place() { # place ARCH: sets $at, $seen as those commands see it, and $run
	at=$out/build/deb seen=$out/build/deb run=() cross=()
	[ "$1" != "$this" ] || return 0
	logged "root-$1" "$here/root.sh" "$PWD/build/root-$1" "$1"
	at=$PWD/build/root-$1/src/deb seen=/src/deb cross=("-a$1" "-Pcross,nocheck")
	run=(unshare --mount --pid --fork "--mount-proc=$PWD/build/root-$1/proc"
		chroot "$PWD/build/root-$1")
	rm -rf "$at"
}

deb() { # deb ARCH
	local at seen cross deb=opl2_${version}_$1.deb
	place "$1"
	tree "$at"
	cp -R $package/debian "$at/$source/debian"
	sed -i "s/@VERSION@/$version/; s/@COMMIT@/$(git rev-parse HEAD)/
		s/@DATE@/$(date -Rd "@$SOURCE_DATE_EPOCH")/
		s/@MAINTAINER@/$(git log -1 --format='%an <%ae>')/" \
		"$at/$source"/debian/{changelog,control}
	logged "deb-$1" "${run[@]}" env -C "$seen/$source" dpkg-buildpackage -b -us -uc \
		"-j$(nproc)" "${cross[@]}"
	"${run[@]}" env -C "$seen" "$source/$package/sbom.sh" "$deb" \
		>"$out/${deb%.deb}.spdx.json"
	mv "$at/$deb" "$out/"
	lintian --allow-root --fail-on error,warning --tag-display-limit 0 "$out/$deb"
}

bundle() { # of this machine's architecture
	local libraries=$PWD/build/musl/$this name=opl2-$version-linux-$this
	tree "$out/build/bundle"
	logged libraries "$here/libraries.sh" "$this" "$libraries"
	logged bundle "$here/bundle.sh" "$version" "$this" "$out/build/bundle/$source" \
		"$libraries" "$out/build"
	mv "$out/build/$name.tar.gz" "$out/"
	"$here/sbom.sh" "$out/$name.tar.gz" "$version" "$this" "$libraries/libraries" \
		>"$out/$name.spdx.json"
	"$here/oci.sh" "$version" "$(git rev-parse HEAD)" "$out/build" "$this"
	mv "$out/build/opl2-$version-oci.tar" "$out/"
}

for arch; do deb "$arch"; done
bundle
(cd "$out" && sha256sum -- *.* >SHA256SUMS)
rm -rf "$out/build"
cat "$out/SHA256SUMS"
