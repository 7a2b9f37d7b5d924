#!/bin/bash
# Makes the bundle of opl2 that runs on any Linux: all programs, linked statically
# against musl, with what `make install` puts beside them.
#
#   bundle.sh VERSION ARCH TREE LIBRARIES DIR
#
# TREE is the source, which is built in; LIBRARIES what libraries.sh made. The
# bundle is DIR/opl2-VERSION-linux-ARCH, and an archive beside it.
# Needs SOURCE_DATE_EPOCH.
set -euo pipefail
version=$1 arch=$2 tree=$(realpath "$3") libraries=$(realpath "$4") dir=$(realpath "$5")
name=opl2-$version-linux-$arch
unset MAKEFLAGS MAKELEVEL MFLAGS
# A thread's stack is 128 KiB in musl, if nobody says otherwise.
PATH=$libraries/bin:$PATH make -C "$tree" "-j$(nproc)" install VARIANT=release \
	PIE= CC=musl-cc CFLAGS="-ffile-prefix-map=$tree=." \
	LDFLAGS='-s -Wl,-z,stack-size=1048576' \
	LDLIBS='-lgit2 -lhttp_parser -larchive -llzma -lcurl -lssl -lcrypto -lz' \
	STRIP= PREFIX= DESTDIR="$dir/$name"
# Registries of the machine that built it.
rm "$dir/$name/libexec/opl2/clients.env"
cp -R "$libraries/licences" "$dir/$name/share/doc/opl2/licences"
for f in "$dir/$name"/bin/* "$dir/$name"/libexec/opl2/*; do
	! readelf -lW "$f" | grep -e INTERP -e DYNAMIC || {
		echo "bundle.sh: ${f##*/} is not static" >&2
		exit 1
	}
done
tar -C "$dir" --format=ustar --sort=name "--mtime=@$SOURCE_DATE_EPOCH" \
	--owner=0 --group=0 --numeric-owner --mode=go-w -cf - "$name" |
	gzip -9n >"$dir/$name.tar.gz"
