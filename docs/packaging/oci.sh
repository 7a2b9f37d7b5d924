#!/bin/bash
# Makes a container image of a bundle, as an OCI image layout in an archive: "OCI
# Image Format Specification" v1.
#
#   oci.sh VERSION COMMIT DIR ARCH
#
# DIR has the folder opl2-VERSION-linux-ARCH and gets opl2-VERSION-oci.tar. The
# image has one layer: the bundle below /usr, a user who is nobody in particular,
# and the certificate authorities of Debian's package. Needs SOURCE_DATE_EPOCH.
set -euo pipefail
version=$1 commit=$2 dir=$(realpath "$3") arch=$4
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
layout=$work/layout
mkdir -p "$layout/blobs/sha256"
created=$(date -ud "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)
user=65532

digest() { sha256sum <"$1" | cut -c1-64; }
ustar() { # ustar OPTION...: the same bytes for the same files
	tar --format=ustar --sort=name "--mtime=@$SOURCE_DATE_EPOCH" \
		--numeric-owner --mode=go-w "$@"
}
descriptor() { # descriptor TYPE FILE: of a blob, as JSON
	jq -cn --arg type "$1" --arg digest "sha256:$(digest "$2")" \
		--argjson size "$(stat -c %s "$2")" \
		'{mediaType: $type, digest: $digest, size: $size}'
}
type=application/vnd.oci.image

layer() { # $work/layer.tar and .gz
	local root=$work/root
	mkdir -p "$root"/{etc/ssl/certs,opl2,tmp,work}
	cp -R "$dir/opl2-$version-linux-$arch" "$root/usr"
	printf '%s\n' root:x:0:0:root:/root:/sbin/nologin \
		"opl2:x:$user:$user:opl2:/opl2:/sbin/nologin" >"$root/etc/passwd"
	printf '%s\n' root:x:0: "opl2:x:$user:" >"$root/etc/group"
	# Not the machine's own list: who runs it may have added to that.
	dpkg -L ca-certificates | grep '\.crt$' | sort | xargs cat \
		>"$root/etc/ssl/certs/ca-certificates.crt"
	[ -s "$root/etc/ssl/certs/ca-certificates.crt" ]
	(cd "$root" && ustar --owner=0 --group=0 -cf "$work/layer.tar" etc usr &&
		ustar --owner=0 --group=0 --mode=1777 -rf "$work/layer.tar" tmp &&
		ustar --owner=$user --group=$user -rf "$work/layer.tar" opl2 work)
	gzip -9nc "$work/layer.tar" >"$work/layer.gz"
}

layer
jq -cn --arg arch "$arch" --arg created "$created" --arg version "$version" \
	--arg commit "$commit" --arg user "$user:$user" \
	--arg diff "sha256:$(digest "$work/layer.tar")" '{
	created: $created, architecture: $arch, os: "linux",
	config: {
		User: $user, WorkingDir: "/work", Entrypoint: ["/usr/bin/opl2"],
		Env: ["PATH=/usr/bin:/bin", "HOME=/opl2"],
		Labels: {
			"org.opencontainers.image.title": "opl2",
			"org.opencontainers.image.version": $version,
			"org.opencontainers.image.revision": $commit,
			"org.opencontainers.image.licenses": "MIT"
		}
	},
	rootfs: { type: "layers", diff_ids: [$diff] },
	history: [{ created: $created, created_by: "docs/packaging/oci.sh" }]
}' >"$work/config"
jq -cn --argjson config "$(descriptor $type.config.v1+json "$work/config")" \
	--argjson layer "$(descriptor $type.layer.v1.tar+gzip "$work/layer.gz")" \
	--arg type $type.manifest.v1+json '{
	schemaVersion: 2, mediaType: $type, config: $config, layers: [$layer]
}' >"$work/manifest"
for f in config layer.gz manifest; do
	cp "$work/$f" "$layout/blobs/sha256/$(digest "$work/$f")"
done
jq -cn --arg type $type.index.v1+json --arg arch "$arch" --arg version "$version" \
	--argjson manifest "$(descriptor $type.manifest.v1+json "$work/manifest")" '{
	schemaVersion: 2, mediaType: $type, manifests: [$manifest + {
		platform: { architecture: $arch, os: "linux" },
		annotations: { "org.opencontainers.image.ref.name": $version }
	}]
}' >"$layout/index.json"
echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
ustar --owner=0 --group=0 -C "$layout" -cf "$dir/opl2-$version-oci.tar" \
	oci-layout index.json blobs
