#!/bin/bash
# build.sh OUT: OUT is a link to kubebox in the cache, which a new clone finds
# again. It is built when it is not there: minutes, and 2 GB of Go's own caches.
# build.sh -kept OUT does not build unless OPL2_KUBEBOX is set.
set -eu
kept=
[ "$1" = -kept ] && { kept=${OPL2_KUBEBOX:-no} && shift; }
out=$(realpath -ms "$1")
cd "$(dirname "$0")"
version=$(sed -n 's#^require k8s.io/kubernetes v##p' go.mod)
sum=$(cat ./*.go go.mod go.sum | sha256sum | cut -c 1-12)
to=${XDG_CACHE_HOME:-$HOME/.cache}/opl2/test-tools/kubebox-$version-$(uname -m)-$sum

# Debian's Go may be too old to know that a go.mod names the toolchain to use.
go_of_mod() { # prints the Go to build with
	local want tmp dir
	want=$(sed -n 's/^toolchain //p' go.mod)
	if go version | grep -qE 'go1\.(2[1-9]|[3-9][0-9])'; then
		echo go
		return
	fi
	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' RETURN
	dir=$(cd "$tmp" && go mod download -json \
		"golang.org/toolchain@v0.0.1-$want.linux-$(go env GOARCH)" | jq -r .Dir)
	chmod -R +x "$dir/bin" "$dir/pkg/tool"
	echo "$dir/bin/go"
}

if [ ! -x "$to" ]; then
	if [ "$kept" = no ]; then
		rm -f "$out"
		exit 0
	fi
	go=$(go_of_mod)
	mkdir -p "${to%/*}"
	set=k8s.io/component-base/version minor=${version#*.}
	# Without its version the server says that it is 0.0.0.
	GOTOOLCHAIN=auto nice "$go" build -mod=readonly \
		-trimpath -buildvcs=false -o "$to.$$" -ldflags "-s -w \
		-X $set.gitVersion=v$version -X $set.gitMajor=${version%%.*} \
		-X $set.gitMinor=${minor%%.*}" . || { rm -f "$to.$$"; exit 1; }
	mv "$to.$$" "$to"
fi
ln -sf "$to" "$out"
