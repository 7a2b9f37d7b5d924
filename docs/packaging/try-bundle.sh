#!/bin/bash
# Runs a bundle in other systems, by chroot: a test by hand, as root, of minutes.
#
#   try-bundle.sh FILE.tar.gz
#
# The systems are an old Debian, and one without any glibc, of musl and BusyBox and
# with the layout of Alpine: Debian's packages of them, not Alpine itself. That is
# tried once more with certificate authorities where Red Hat's systems have them.
# They are made in build/roots, which stays. Their network is theirs alone: a name
# server, and a web server and a git server by https.
set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
roots=$top/build/roots
[ -f "${1-}" ] || { echo "usage: try-bundle.sh FILE.tar.gz" >&2 && exit 2; }
bundle=$(realpath "$1")
name=$(basename "$bundle" .tar.gz)

n=0 bad=0
ok() { # ok RC TITLE
	n=$((n + 1))
	[ "$1" = 0 ] && echo "ok $n - $2" && return
	bad=$((bad + 1))
	echo "not ok $n - $2"
	sed 's/^/# /' "$work/out"
}
skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# --- the systems, with the network of this machine ---

debian11() {
	[ ! -e "$roots/debian11/made" ] || return 0
	rm -rf "$roots/debian11"
	# shellcheck disable=SC2016
	debootstrap --variant=minbase bullseye "$roots/debian11" "$(apt-get indextargets \
		--format '$(REPO_URI)' | grep -v security | head -n 1)" &&
		touch "$roots/debian11/made"
}
musl() {
	[ ! -e "$roots/musl/made" ] || return 0
	rm -rf "$roots/musl" "$roots/deb"
	mkdir -p "$roots/deb" "$roots/musl"/{bin,dev,etc,lib,proc,sbin,tmp,usr/bin} &&
		(cd "$roots/deb" && apt-get download musl busybox-static &&
			for d in *.deb; do dpkg-deb -x "$d" . || exit; done) &&
		cp -L "$roots"/deb/lib/ld-musl-*.so.1 "$roots/musl/lib" &&
		cp "$roots/deb/bin/busybox" "$roots/musl/bin" &&
		chroot "$roots/musl" /bin/busybox --install -s /bin &&
		touch "$roots/musl/made"
}
if [ -z "${TRY_BUNDLE-}" ]; then
	for c in apt-get busybox debootstrap git jq openssl python3 unshare; do
		command -v $c >/dev/null && [ "$(id -u)" = 0 ] || {
			echo "1..0 # SKIP needs to be root, and $c"
			exit 0
		}
	done
	mkdir -p "$roots"
	debian11 >"$roots/debian11.log" 2>&1
	musl >"$roots/musl.log" 2>&1
	export TRY_BUNDLE=1
	exec unshare --net --mount --pid --fork --mount-proc "$0" "$bundle"
fi

# --- what they ask for ---

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit
busybox ip link set lo up
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 PYTHONDONTWRITEBYTECODE=1
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@example.org
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@example.org
mkdir -p www/git pack
echo hello >pack/hello.txt
tar -cJf www/pack.tar.xz pack
digest=$(sha256sum <www/pack.tar.xz | cut -c1-64)
git init -q -b main www/git/repo
echo hello >www/git/repo/hello.txt
git -C www/git/repo add -A && git -C www/git/repo commit -qm one
commit=$(git -C www/git/repo rev-parse HEAD)
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=try -keyout ca.key \
	-out ca.pem 2>out
openssl req -newkey rsa:2048 -nodes -subj /CN=site -keyout site.key \
	-out site.csr 2>>out
openssl x509 -req -in site.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
	-extfile <(echo subjectAltName=DNS:www.opl2.test,DNS:git.opl2.test) \
	-out site.pem 2>>out
cat site.key >>site.pem
mkfifo hold
exec 7<>hold 4< <(exec python3 "$top/tests/fake/httpd.py" www <hold 7>&-) \
	5< <(exec python3 "$top/tests/fake/githttpd.py" www/git <hold 7>&-)
read -r web <&4
read -r git <&5
exec 6< <(exec python3 "$here/site.py" site.pem opl2.test "443=$web" "444=$git" \
	<hold 7>&-)
read -r _ <&6

spec() {
	cat <<-YAML
		opl2: 1
		name: try
		resources:
		  archive: { a: { url: "https://www.opl2.test/pack.tar.xz", sha256: $digest } }
		  git_checkout:
		    g: { url: "https://git.opl2.test:444/repo", ref: main, commit: $commit }
		  process: { p: { command: [/bin/sh, -c, "exec sleep 1000"] } }
	YAML
}

# --- in each ---

root=
chroot=$(command -v chroot)
in_root() { # in_root COMMAND: with a clean environment; output in $work/out
	timeout 400 env -i PATH="/opt/$name/bin:/usr/bin:/bin" HOME=/try TERM=dumb \
		"$chroot" "$root" /bin/sh -c "cd /try && $1" >"$work/out" 2>&1 </dev/null
}
try_in() { # try_in NAME TITLE CA-FILE
	local title=$2 f
	root=$roots/$1
	[ -e "$root/made" ] || {
		skip "$title" "it cannot be made here: build/roots/$1.log"
		return
	}
	rm -rf "$root/opt" "$root/try"
	mkdir -p "$root/opt" "$root/try" "$root/dev" "$root/proc"
	mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
	mountpoint -q "$root/dev" || mount --rbind /dev "$root/dev"
	tar -C "$root/opt" -xzf "$bundle"
	echo '127.0.0.1 localhost' >"$root/etc/hosts"
	echo 'nameserver 127.0.0.1' >"$root/etc/resolv.conf"
	for f in etc/ssl/certs/ca-certificates.crt etc/pki/tls/certs/ca-bundle.crt; do
		rm -f "$root/$f"
	done
	spec >"$root/try/opl2.yaml"

	in_root 'opl2 version -json'
	ok $? "$title: opl2 version -json"
	jq -c . "$work/out" | sed 's/^/# /'
	jq -es '.[0].libraries["opl2-worker"].libcurl' "$work/out" >/dev/null
	ok $? "$title: the worker says its libraries"
	for f in supervise meeda metrics ui; do
		in_root "/opt/$name/libexec/opl2/opl2-$f --help; [ \$? -lt 126 ]"
		ok $? "$title: opl2-$f starts"
	done
	in_root 'mkdir d && opl2 -chdir=d init devnet && opl2 -chdir=d validate'
	ok $? "$title: opl2 init devnet"
	in_root 'opl2 -chdir=d plan; [ $? -lt 100 ]' && grep -q '^Plan: ' "$work/out"
	ok $? "$title: opl2 plan"
	grep '^Plan: ' "$work/out" | sed 's/^/# /'
	! in_root 'opl2 apply -auto-approve -target=archive.a' &&
		grep -qi certificate "$work/out"
	ok $? "$title: an authority that the system does not have is not trusted"
	mkdir -p "$root/$(dirname "$3")"
	cp ca.pem "$root/$3"
	in_root 'opl2 apply -auto-approve -target=archive.a -target=git_checkout.g &&
		grep -rq hello .opl2/src/g'
	ok $? "$title: names and https, with the authorities of $3"
	in_root 'opl2 apply -auto-approve && opl2 status && opl2 destroy -auto-approve'
	ok $? "$title: a process is supervised"
	in_root 'opl2 stop'
}
try_in debian11 "Debian 11" /etc/ssl/certs/ca-certificates.crt
try_in musl 'musl and BusyBox' /etc/ssl/certs/ca-certificates.crt
try_in musl "Red Hat's place" /etc/pki/tls/certs/ca-bundle.crt
exec 7>&-
echo "1..$n"
exit $((bad > 0))
