#!/bin/bash
# The image opl2.test/pod:1 of pod.c, as containerd imports it. image.sh OUT.tar
set -eu
src=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
# getaddrinfo() is said to want libraries at run time; with DNS alone it does not.
gcc -static -Os -s -Wl,-w -o "$tmp/pod" "$src/pod.c"
tar -C "$tmp" --owner=0 --group=0 --mtime=@0 -cf "$tmp/layer.tar" pod
sum=$(sha256sum <"$tmp/layer.tar" | cut -d' ' -f1)
cat >"$tmp/config.json" <<Y
{"architecture":"$(dpkg --print-architecture)","os":"linux",
"config":{"Entrypoint":["/pod"]},
"rootfs":{"type":"layers","diff_ids":["sha256:$sum"]}}
Y
echo '[{"Config":"config.json","RepoTags":["opl2.test/pod:1"],"Layers":["layer.tar"]}]' \
	>"$tmp/manifest.json"
tar -C "$tmp" -cf "$1" manifest.json config.json layer.tar
