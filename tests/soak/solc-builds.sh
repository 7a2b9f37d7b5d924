#!/bin/bash
# Both builds of a compiler make the same bytecode: SOLC_NATIVE=PATH of a native
# solc (SOLC_VERSION, 0.8.15), taken as the presets take it, against npm's.
. "$(dirname "$0")/../e2e/lib.sh"

[ -n "${SOLC_NATIVE:-}" ] || { echo "1..0 # SKIP SOLC_NATIVE is not set"; exit 0; }
VERSION=${SOLC_VERSION:-0.8.15}
SUM=$(sha256sum <"$SOLC_NATIVE" | head -c 64)
cd "$WORK" || bail 'no folder'
mkdir www && cp "$SOLC_NATIVE" www/solc
mkfifo hold && exec 7<>hold && rm hold
python3 "$ROOT/tests/fake/httpd.py" www <&7 >port &
SERVER=$!
trap 'kill $SERVER; [ -n "${OPL2_E2E_DIR:-}" ] || rm -rf "$WORK"' EXIT
wait_for 10 test -s port || bail 'no server'

cp "$ROOT/schemas/presets/chain/solc.js" .
cat >opl2.yaml <<Y
opl2: 1
name: solc
resources:
  toolchain:
    node:
      program: node
      version: ">=18"
      from: { npm: { package: "node-\${host.npm_platform}", version: 20.18.0 } }
    native:
      program: solc
      version: "$VERSION"
      host: false
      from: { archive: { url: "http://127.0.0.1:$(cat port)/solc", sha256: $SUM, unpack: false } }
    javascript:
      program: solc
      version: "$VERSION"
      host: false
      from:
        npm: { package: solc, version: $VERSION }
        script: asset:solc.js
        node: "\${toolchain.node.path}"
outputs:
  native: "\${toolchain.native.path}"
  javascript: "\${toolchain.javascript.path}"
Y

solc() { # solc NAME ARGUMENTS...: the program of a toolchain
	local name=$1
	shift
	"$(opl2 output -raw "$name")" "$@"
}
one_version() {
	solc native --version >a && solc javascript --version >b &&
		grep -F "$VERSION" a && cmp a b
}
# Contracts of this repository, as forge would hand them over.
input() { # input OPTIMIZED
	for f in "$ROOT"/schemas/presets/devnet/driver/*.sol; do
		jq -nR --arg n "scripts/${f##*/}" '{($n): {content: [inputs] |
			join("\n")}}' <"$f"
	done | jq -s --argjson o "$1" '{language: "Solidity", sources: add,
		settings: {optimizer: {enabled: $o, runs: 999999}, evmVersion:
		"london", outputSelection: {"*": {"*": ["evm.bytecode.object",
		"evm.deployedBytecode.object", "metadata"]}}}}'
}
compile() { # compile NAME OPTIMIZED: what comes out, and its time
	local begin=${EPOCHREALTIME/./}
	input "$2" | solc "$1" --standard-json >"$1.json" || return 1
	printf '# %s: %s ms\n' "$1" \
		$(((${EPOCHREALTIME/./} - begin) / 1000)) >>times.txt
	jq -e '[.errors // [] | .[] | select(.severity == "error")] == [] and
		(.contracts | length > 0)' "$1.json" >/dev/null &&
		jq -S .contracts "$1.json" >"$1.code"
}
same() { # same OPTIMIZED
	compile native "$1" && compile javascript "$1" &&
		grep -q '"object": "[0-9a-f]' native.code &&
		cmp native.code javascript.code
}

ok 'both can be had' opl2 apply -auto-approve
ok 'they tell the same version' one_version
ok 'and make the same bytecode and metadata' same false
ok 'optimised, too' same true
cat times.txt
done_testing
