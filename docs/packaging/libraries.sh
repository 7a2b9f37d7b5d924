#!/bin/bash
# Builds the libraries of opl2 for programs that run on any Linux: static, against
# musl, from the sources of this machine's Debian and with what opl2 uses alone.
#
#   libraries.sh ARCH DIR      ARCH is this machine's, as Debian calls it
#
# DIR gets bin/musl-cc, which is a compiler that finds them, include, lib,
# licences, and `libraries`: lines "NAME VERSION" of the source packages. It stays
# as it is until this file changes; remove it for newer versions.
#
# glibc would do but for names: its getaddrinfo() loads what nsswitch.conf says,
# which must be of the same glibc. musl's is whole in itself.
set -euo pipefail
arch=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
case $arch in
amd64) gnu=x86_64-linux-gnu musl=x86_64-linux-musl target=linux-x86_64 ;;
arm64) gnu=aarch64-linux-gnu musl=aarch64-linux-musl target=linux-aarch64 ;;
*)
	echo "libraries.sh: there is no bundle for $arch" >&2
	exit 1
	;;
esac
this=$(sha256sum <"$0" | cut -c1-64)
[ "$(cat "$dir/built-by" 2>/dev/null)" != "$this" ] || exit 0
for f in /usr/bin/$gnu-gcc /usr/lib/$musl/musl-gcc.specs /usr/bin/cmake; do
	[ -e "$f" ] || {
		echo "no $f: install gcc, cmake and musl-dev" >&2
		exit 1
	}
done
rm -rf "$dir"
mkdir -p "$dir"/{bin,include,kernel,lib,licences,log,src,apt/{parts,lists/partial}}

# --- sources ---

# As the machine's own configuration of apt says, but for sources.
for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
	[ ! -f "$f" ] || sed -n 's/^deb /deb-src /p' "$f" >"$dir/apt/parts/$(basename "$f")"
done
for f in /etc/apt/sources.list.d/*.sources; do
	[ ! -f "$f" ] || sed 's/^Types:.*/Types: deb-src/' "$f" >"$dir/apt/parts/$(basename "$f")"
done
mv "$dir/apt/parts/sources.list" "$dir/apt/parts/main.list" 2>/dev/null || :
apt=(-o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$dir/apt/parts"
	-o Dir::State::Lists="$dir/apt/lists" -o Dir::Cache::pkgcache=
	-o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)

# The newest version of a package that can be had: what a mirror lists it may not
# have yet.
fetch() { # fetch NAME
	local v
	for v in $(apt-cache "${apt[@]}" showsrc "$1" |
		awk -v p="$1" '$1 == "Package:" { mine = $2 == p }
			mine && $1 == "Version:" { print $2 }' | sort -Vru); do
		if (cd "$dir/src" && apt-get "${apt[@]}" source -qq "$1=$v" \
			>>"$dir/log/sources" 2>&1); then
			echo "$1 $v" >>"$dir/libraries"
			mv "$dir/src/$1"-*/ "$dir/src/$1"
			cp "$dir/src/$1/debian/copyright" "$dir/licences/$1"
			# Or make would think that what is generated is old.
			find "$dir/src/$1" -type f -exec touch -d @0 {} +
			return
		fi
		echo "libraries.sh: the source of $1 $v cannot be had" >&2
	done
	return 1
}

# --- the compiler ---

for d in linux asm-generic; do ln -s /usr/include/$d "$dir/kernel/$d"; done
ln -s "/usr/include/$gnu/asm" "$dir/kernel/asm"
# Found by its name alone, for some libraries write down how they were compiled.
cat >"$dir/bin/musl-cc" <<-X
	#!/bin/sh
	exec $gnu-gcc -static -ffile-prefix-map=$dir=. -isystem $dir/include \\
		-isystem $dir/kernel -L$dir/lib "\$@" \\
		-specs /usr/lib/$musl/musl-gcc.specs
X
chmod +x "$dir/bin/musl-cc"
export PATH="$dir/bin:$PATH" CC=musl-cc AR=$gnu-ar RANLIB=$gnu-ranlib
export CFLAGS='-O2 -fstack-protector-strong -ffunction-sections -fdata-sections'
export PKG_CONFIG=false LC_ALL=C TZ=UTC
unset MAKEFLAGS MAKELEVEL MFLAGS CPPFLAGS LDFLAGS

# --- libraries ---

jobs=-j$(nproc)
gnu_configure() { # configure without what depends on this machine
	./configure --host="$gnu" --build="$gnu" --prefix="$dir" --disable-shared \
		--enable-static "$@"
}
cmake_install() {
	cmake -S . -B build -DCMAKE_BUILD_TYPE=None -DBUILD_SHARED_LIBS=OFF \
		-DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR="${gnu%%-*}" \
		-DCMAKE_INSTALL_PREFIX="$dir" -DCMAKE_INSTALL_LIBDIR=lib \
		-DCMAKE_PREFIX_PATH="$dir" -DCMAKE_FIND_ROOT_PATH="$dir" \
		-DCMAKE_FIND_ROOT_PATH_MODE_LIBRARY=ONLY \
		-DCMAKE_FIND_ROOT_PATH_MODE_INCLUDE=ONLY \
		-DCMAKE_FIND_ROOT_PATH_MODE_PACKAGE=ONLY "$@"
	make -C build "$jobs" install
}
archive_of() { # archive_of NAME OPTION... FILE.c...
	local name=$1
	shift
	# shellcheck disable=SC2086
	$CC $CFLAGS -c "${@:2}"
	$AR rcs "$dir/lib/$name" ./*.o
}
build_zlib() {
	./configure --static --prefix="$dir"
	make "$jobs" libz.a
	cp libz.a "$dir/lib"
	cp zlib.h zconf.h "$dir/include"
}
build_xz-utils() {
	gnu_configure --disable-{xz,xzdec,lzmadec,lzmainfo,lzma-links,scripts,doc,nls}
	make -C src/liblzma "$jobs" install
}
build_gmp() { # of whose documents Debian has nothing
	mkdir -p doc
	echo 'all install:' >doc/Makefile.in
	gnu_configure
	make "$jobs" install
}
build_nettle() {
	gnu_configure --libdir="$dir/lib" --disable-openssl --disable-documentation \
		--enable-fat
	make "$jobs" libnettle.a libhogweed.a
	make install-static install-headers
}
build_jansson() {
	cmake_install -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON \
		-DJANSSON_EXAMPLES=OFF
}
build_libyaml() {
	cmake_install -DBUILD_TESTING=OFF
}
build_libsecp256k1() { # as its configure would have it
	archive_of libsecp256k1.a -Iinclude -DENABLE_MODULE_RECOVERY=1 \
		-DECMULT_WINDOW_SIZE=15 -DECMULT_GEN_PREC_BITS=4 \
		src/secp256k1.c src/precomputed_ecmult.c src/precomputed_ecmult_gen.c
	cp include/*.h "$dir/include"
}
build_http-parser() {
	archive_of libhttp_parser.a -I. http_parser.c
	cp http_parser.h "$dir/include"
}
# No modules, for a static program loads none, and no configuration of another
# OpenSSL.
build_openssl() {
	# shellcheck disable=SC2086
	./Configure $target --prefix="$dir" --libdir=lib --openssldir=/etc/ssl \
		no-shared no-tests no-dso no-engine no-module no-legacy \
		no-autoload-config no-comp no-ssl3 $CFLAGS
	make "$jobs" build_libs
	cp libssl.a libcrypto.a "$dir/lib"
	cp -r include/openssl "$dir/include"
}
# Where certificate authorities are is looked up at run time: authorities.h.
build_curl() {
	gnu_configure --with-openssl --with-zlib="$dir" --without-ca-bundle \
		--without-ca-path \
		--without-{brotli,zstd,nghttp2,libpsl,libidn2,libssh2,librtmp,gssapi} \
		--disable-{ldap,ldaps,manual,ftp,rtsp,dict,telnet,tftp,pop3,imap,smb} \
		--disable-{smtp,gopher,mqtt} LIBS='-lssl -lcrypto -lz'
	make -C lib "$jobs" install
	make -C include install
}
build_libgit2() {
	cmake_install -DBUILD_TESTS=OFF -DBUILD_CLI=OFF -DBUILD_EXAMPLES=OFF \
		-DUSE_SSH=OFF -DUSE_HTTPS=OpenSSL -DUSE_SHA256=OpenSSL \
		-DUSE_GSSAPI=OFF -DUSE_NTLMCLIENT=OFF -DUSE_ICONV=OFF \
		-DUSE_HTTP_PARSER=system -DREGEX_BACKEND=regcomp
}
build_libarchive() {
	gnu_configure --disable-{bsdtar,bsdcpio,bsdcat,acl,xattr} \
		--without-{bz2lib,libb2,iconv,lz4,zstd,xml2,expat,nettle,openssl}
	make "$jobs" libarchive.la
	make install-libLTLIBRARIES install-includeHEADERS
}
build_libmicrohttpd() {
	gnu_configure --disable-{https,doc,examples,tools,curl}
	make -C src/microhttpd "$jobs" install
	make -C src/include install
}

# In the order of their needs.
all='zlib xz-utils gmp nettle jansson libyaml libsecp256k1 http-parser openssl
	curl libgit2 libarchive libmicrohttpd'
apt-get "${apt[@]}" -qq update
for l in $all; do fetch "$l"; done
cp /usr/share/doc/musl-dev/copyright "$dir/licences/musl"
echo "musl $(dpkg-query -W -f '${Version}' "musl-dev:$arch")" >>"$dir/libraries"
for l in $all; do
	(cd "$dir/src/$l" && set -ex && "build_$l") >"$dir/log/$l" 2>&1 </dev/null || {
		echo "libraries.sh: $l does not build:" >&2
		tail -n 20 "$dir/log/$l" >&2
		exit 1
	}
done
rm -rf "$dir/src" "$dir/apt"
echo "$this" >"$dir/built-by"
