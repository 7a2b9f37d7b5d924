#!/bin/bash
# Prints what is in a package of opl2 as SPDX 2.3: its files and its libraries.
# Those of a Debian package are of its Depends and Built-Using, and are on the
# machine that built it; those of a bundle are lines "NAME VERSION" of a file.
# Needs SOURCE_DATE_EPOCH.
#
#   sbom.sh FILE.deb
#   sbom.sh FILE.tar.gz VERSION ARCH LIBRARIES
set -euo pipefail
package=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir/root"
if [ $# = 1 ]; then
	dpkg-deb -x "$package" "$dir/root"
	version=$(dpkg-deb -f "$package" Version)
	arch=$(dpkg-deb -f "$package" Architecture)
else
	tar -C "$dir/root" --strip-components=1 -xzf "$package"
	version=$2 arch=$3
fi

field() { dpkg-deb -f "$package" "$1"; }
licence() { # licence PACKAGE
	case $1 in
	libarchive*) echo BSD-2-Clause ;;
	libcurl4* | curl) echo curl ;;
	libgit2*) echo 'GPL-2.0-only WITH GCC-exception-2.0' ;;
	libc6 | glibc | libmicrohttpd*) echo LGPL-2.1-or-later ;;
	libgmp* | gmp | libnettle* | nettle | libhogweed*)
		echo 'LGPL-3.0-or-later OR GPL-2.0-or-later' ;;
	libjansson* | jansson | libsecp256k1* | libyaml* | http-parser | musl) echo MIT ;;
	xz-utils) echo 0BSD ;;
	libssl3* | openssl) echo Apache-2.0 ;;
	zlib*) echo Zlib ;;
	*) echo NOASSERTION ;;
	esac
}
# NAME, VERSION, how opl2 uses it, LICENCE.
of_bundle() { # of_bundle FILE
	while read -r name version; do
		printf '%s\t%s\tSTATIC_LINK\t%s\n' "$name" "$version" "$(licence "$name")"
	done <"$1"
}
of_deb() {
	field Depends | tr ',' '\n' | awk '{print $1}' | while read -r name; do
		version=$(dpkg-query -W -f '${Version}\n' "$name:$arch" | head -n 1)
		printf '%s\t%s\tDEPENDS_ON\t%s\n' "$name" "$version" "$(licence "$name")"
	done
	field Built-Using | tr ',' '\n' | tr -d '(=)' | while read -r name version; do
		printf '%s\t%s\tSTATIC_LINK\t%s\n' "$name" "$version" "$(licence "$name")"
	done
}
files() ( # NAME, SHA-1 (SPDX wants it), SHA-256
	cd "$dir/root" && find . -type f | sort | while read -r f; do
		printf '%s\t%s\t%s\n' "$f" "$(sha1sum <"$f" | cut -c1-40)" \
			"$(sha256sum <"$f" | cut -c1-64)"
	done
)
digest=$(sha256sum <"$package" | cut -c1-64)
files >"$dir/files"
if [ $# = 1 ]; then of_deb; else of_bundle "$4"; fi >"$dir/libraries"
jq -n --rawfile files "$dir/files" --rawfile libraries "$dir/libraries" \
	--arg name "$(basename "$package")" --arg digest "$digest" \
	--arg version "$version" --arg arch "$arch" \
	--arg created "$(date -ud "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ)" \
	--arg all "$(cut -f2 "$dir/files" | sort | tr -d '\n' | sha1sum | cut -c1-40)" '
def rows: split("\n") | map(select(. != "") | split("\t"));
def id: gsub("[^A-Za-z0-9.-]"; "-");
def purl($name; $version; $arch): [{
	referenceCategory: "PACKAGE-MANAGER", referenceType: "purl",
	referenceLocator: "pkg:deb/debian/\($name)@\($version | @uri)?arch=\($arch)" }];
def file_id: "SPDXRef-File-\(.[1])-\(.[0] | id)";
def library_id: "SPDXRef-\(if .[2] == "STATIC_LINK" then "Source" else "Library" end)-\(.[0] | id)";
($files | rows) as $files | ($libraries | rows) as $libraries | {
	spdxVersion: "SPDX-2.3",
	dataLicense: "CC0-1.0",
	SPDXID: "SPDXRef-DOCUMENT",
	name: $name,
	documentNamespace: "https://spdx.org/spdxdocs/\($name)-\($digest)",
	creationInfo: { created: $created, creators: ["Tool: opl2-sbom-\($version)"] },
	packages: ([{
		SPDXID: "SPDXRef-Package", name: "opl2", versionInfo: $version,
		packageFileName: $name, downloadLocation: "NOASSERTION",
		primaryPackagePurpose: "APPLICATION",
		filesAnalyzed: true,
		packageVerificationCode: { packageVerificationCodeValue: $all },
		checksums: [{ algorithm: "SHA256", checksumValue: $digest }],
		licenseDeclared: "MIT", licenseConcluded: "NOASSERTION",
		licenseInfoFromFiles: ["NOASSERTION"],
		copyrightText: "2026 The opl2 authors"
	}] + ($libraries | map({
		SPDXID: library_id, name: .[0], versionInfo: .[1],
		downloadLocation: "NOASSERTION", filesAnalyzed: false,
		primaryPackagePurpose: "LIBRARY",
		licenseDeclared: .[3], licenseConcluded: "NOASSERTION",
		copyrightText: "NOASSERTION",
		externalRefs: purl(.[0]; .[1];
			if .[2] == "STATIC_LINK" then "source" else $arch end)
	}))),
	files: ($files | map({
		SPDXID: file_id, fileName: .[0],
		checksums: [{ algorithm: "SHA1", checksumValue: .[1] },
			{ algorithm: "SHA256", checksumValue: .[2] }],
		licenseConcluded: "NOASSERTION", licenseInfoInFiles: ["NOASSERTION"],
		copyrightText: "NOASSERTION"
	})),
	relationships: ([{
		spdxElementId: "SPDXRef-DOCUMENT", relationshipType: "DESCRIBES",
		relatedSpdxElement: "SPDXRef-Package"
	}] + ($files | map({
		spdxElementId: "SPDXRef-Package", relationshipType: "CONTAINS",
		relatedSpdxElement: file_id
	})) + ($libraries | map({
		spdxElementId: "SPDXRef-Package", relationshipType: .[2],
		relatedSpdxElement: library_id
	})))
}'
