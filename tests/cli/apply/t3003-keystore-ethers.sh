#!/bin/bash
# Keystores that ethers writes at this moment, with random keys and several
# costs: opl2 finds the same addresses in them. Skipped without npm.
# lib.sh clears the environment that npm needs to reach its registry.
sdk=$(mktemp -d "${TMPDIR:-/tmp}/opl2-ethers.XXXXXX")
(cd "$sdk" && timeout 120 npm install --silent --no-audit --no-fund \
	--prefix . ethers@6.13.4) >/dev/null 2>&1
installed=$?
. "$(dirname "$0")/../lib.sh"
trap 'rm -rf "$T_DIR" "$sdk"' EXIT

[ $installed -eq 0 ] && command -v node jq >/dev/null || skip_all 'no node or no ethers from npm'

cat >"$T_DIR/make.js" <<'J'
const { writeFileSync } = require('fs');
const { Wallet, encryptKeystoreJson } = require('ethers');
const costs = [[1024, 8, 1], [4096, 8, 6], [2048, 1, 1], [2, 8, 2]];
(async () => {
	const password = 'pass wörd ' + Math.random();
	writeFileSync('password', password + '\n', { mode: 0o600 });
	const want = {};
	for (const [i, [N, r, p]] of costs.entries()) {
		const { address, privateKey } = Wallet.createRandom();
		const text = await encryptKeystoreJson({ address, privateKey },
			Buffer.from(password), { scrypt: { N, r, p } });
		const store = JSON.parse(text);
		delete store.address;  // so that it has to be opened
		writeFileSync(`k${i}.json`, JSON.stringify(store));
		want[`k${i}`] = address;
	}
	writeFileSync('want.json', JSON.stringify(want));
})();
J
test_ok 'ethers writes them' 'NODE_PATH=$sdk/node_modules node "$T_DIR/make.js" && [ -s want.json ]'
test_ok 'the same keys are in them' '
	{ echo "resources:"; echo "  key:"
	for i in 0 1 2 3; do
		echo "    k$i: { source: { keystore: k$i.json, password_file: password } }"
	done
	echo "outputs:"
	for i in 0 1 2 3; do echo "  k$i: \"\${key.k$i.address}\""; done; } | spec &&
	run 0 opl2 apply -auto-approve && run 0 opl2 output -json &&
	cat "$OUT/stdout" want.json &&
	jq -e --slurpfile want want.json ". == \$want[0]" "$OUT/stdout"'
done_testing
