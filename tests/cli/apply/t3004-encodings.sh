#!/bin/bash
# ABI values and EIP-1559 transactions, made at random, against ethers and
# viem: what they write opl2 reads, and what opl2 writes is theirs byte by byte.
# OPL2_SEED repeats a run. Skipped without npm.
seed=${OPL2_SEED:-$(($(date +%s) % 1000000))}
# lib.sh clears the environment that npm needs to reach its registry.
sdk=$(mktemp -d "${TMPDIR:-/tmp}/opl2-encodings.XXXXXX")
(cd "$sdk" && timeout 120 npm install --silent --no-audit --no-fund \
	--prefix . ethers@6.13.4 viem@2.21.0) >/dev/null 2>&1
installed=$?
. "$(dirname "$0")/../lib.sh"
trap 'rm -rf "$T_DIR" "$sdk"' EXIT

[ $installed -eq 0 ] && command -v node >/dev/null ||
	skip_all 'no node, or no ethers and viem from npm'
export NODE_PATH=$sdk/node_modules
echo "# seed $seed"

cat >"$T_DIR/cases.js" <<'J'
// Cases for tests/unit/codec.c on stdout, one a line; argv: what, how many, seed.
const { AbiCoder, Wallet, Transaction, getAddress } = require('ethers');
const { encodeAbiParameters, decodeAbiParameters, parseAbiParameters, parseTransaction } = require('viem');
const { privateKeyToAccount } = require('viem/accounts');
const [what, count, seed] = process.argv.slice(2);
let state = BigInt(seed) * 2654435761n + 1n;
const random = (n) => { // xorshift64*, so that a seed means the same anywhere
	state ^= state >> 12n; state ^= (state << 25n) & 0xffffffffffffffffn; state ^= state >> 27n;
	return Number(((state * 2685821657736338717n) & 0xffffffffffffffffn) >> 11n) % n;
};
const pick = (list) => list[random(list.length)];
const bytes = (n) => '0x' + Array.from({ length: n }, () => random(256).toString(16).padStart(2, '0')).join('');
// Lengths and numbers around what encodings care for.
const length = () => pick([0, 1, 2, 31, 32, 33, 55, 56, 64, 100, 300]);
const uint = (bits) => {
	const most = (1n << BigInt(bits)) - 1n;
	return pick([0n, 1n, 127n, 128n, 255n, 256n, most, most >> 1n,
		BigInt(bytes(bits / 8)), BigInt(bytes(1 + random(bits / 8)))]) & most;
};
const int = (bits) => {
	const v = uint(bits), half = 1n << BigInt(bits - 1);
	return v >= half ? v - 2n * half : v;
};
const text = () => Array.from({ length: random(40) }, () => pick(['a', ' ', '0', 'ß', '€', '"', '\\', '𝄞', '\n'])).join('');

const type = (depth) => {
	const of = depth > 0 ? random(11) : random(7);
	if (of === 0) return 'uint' + 8 * (1 + random(32));
	if (of === 1) return 'int' + 8 * (1 + random(32));
	if (of === 2) return 'address';
	if (of === 3) return 'bool';
	if (of === 4) return 'bytes' + (1 + random(32));
	if (of === 5) return 'bytes';
	if (of === 6) return 'string';
	if (of < 9) return type(depth - 1) + pick(['[]', '[]', '[1]', '[3]']);
	return '(' + Array.from({ length: 1 + random(3) }, () => type(depth - 1)).join(',') + ')';
};
const members = (tuple) => { // of "(a,(b,c)[])"
	const out = []; let depth = 0, at = 1;
	for (let i = 1; i < tuple.length; i++) {
		if (tuple[i] === '(') depth++;
		if ((tuple[i] === ',' || tuple[i] === ')') && depth === 0) { out.push(tuple.slice(at, i)); at = i + 1; }
		if (tuple[i] === ')') depth--;
	}
	return out;
};
const value = (t) => {
	const array = t.match(/^(.*)\[(\d*)\]$/s);
	if (array) return Array.from({ length: array[2] ? Number(array[2]) : random(4) }, () => value(array[1]));
	if (t[0] === '(') return members(t).map(value);
	if (t.startsWith('uint')) return uint(Number(t.slice(4))).toString();
	if (t.startsWith('int')) return int(Number(t.slice(3))).toString();
	if (t === 'address') return getAddress(bytes(20));
	if (t === 'bool') return random(2) === 1;
	if (t === 'bytes') return bytes(length());
	if (t === 'string') return text();
	return bytes(Number(t.slice(5)));
};
const whole = (t, v) => // numbers as viem wants them
	Array.isArray(v) ? v.map((x, i) => whole(t.match(/\[\d*\]$/) ? t.replace(/\[\d*\]$/, '') : members(t)[i], x))
		: /^u?int/.test(t) ? (Number(t.match(/\d+/)[0]) > 48 ? BigInt(v) : Number(v)) : v;
const plain = (v) => Array.isArray(v) ? v.map(plain) : typeof v === 'bigint' || typeof v === 'number' ? v.toString() : v;
const say = (o) => console.log(JSON.stringify(o));
const same = (a, b, what) => { if (a !== b) { console.error(what, a, b); process.exit(1); } };

const abi = () => {
	const types = '(' + Array.from({ length: 1 + random(4) }, () => type(3)).join(',') + ')';
	const values = value(types), list = members(types);
	const data = AbiCoder.defaultAbiCoder().encode(list, values);
	// viem has names for members of tuples, which it finds by itself.
	const params = list.map((t, i) => ({ name: 'v' + i, type: t }));
	const named = (p) => p.type[0] !== '(' ? p : { name: p.name,
		type: 'tuple' + p.type.slice(p.type.lastIndexOf(')') + 1),
		components: members(p.type.slice(0, p.type.lastIndexOf(')') + 1)).map((t) => named({ type: t })) };
	same(encodeAbiParameters(params.map(named), whole(types, values)), data, 'ethers and viem differ on ' + types);
	say({ ask: { encode: types, values }, want: { is: data } });
	say({ ask: { decode: types, data }, want: { is: values } });
	// Cut short it is no encoding any more.
	say({ ask: { decode: types, data: data.slice(0, data.length - 64) }, want: { is: null } });
};
const tx = async () => {
	const key = bytes(32), max = uint(128);
	const o = { chain_id: (1n + uint(32)).toString(), nonce: uint(32).toString(), gas: uint(48).toString(),
		max_fee: max.toString(), priority: (max >> BigInt(random(8))).toString(),
		to: random(5) === 0 ? null : getAddress(bytes(20)), value: uint(pick([8, 64, 128, 256])).toString(), data: bytes(length()) };
	const fields = { type: 2, chainId: BigInt(o.chain_id), nonce: Number(o.nonce), gasLimit: BigInt(o.gas),
		maxFeePerGas: max, maxPriorityFeePerGas: BigInt(o.priority), to: o.to, value: BigInt(o.value), data: o.data };
	const raw = await new Wallet(key).signTransaction(fields), read = Transaction.from(raw);
	const { type: _, gasLimit, ...rest } = fields;
	same(await privateKeyToAccount(key).signTransaction({ ...rest, type: 'eip1559', gas: gasLimit,
		to: o.to ?? undefined, data: o.data === '0x' ? undefined : o.data }), raw, 'ethers and viem differ');
	say({ ask: { sign: o, key: key.slice(2) }, want: { is: raw, hash: read.hash } });
	say({ ask: { read: raw }, want: { is: { ...o, from: read.from }, hash: read.hash } });
};
(async () => { for (let i = 0; i < Number(count); i++) await (what === 'abi' ? abi() : tx()); })();
J

agrees() { # agrees WHAT COUNT
	node "$T_DIR/cases.js" "$1" "$2" "$seed" >cases && [ "$(wc -l <cases)" -ge $((2 * $2)) ] &&
		jq -c .ask cases | "$BIN/unit/codec" >got || return
	jq -c .want cases | jq -cS . >want
	jq -cS . got | diff want - >differs && return
	echo "seed $seed"
	head -n 4 differs | cut -c1-2000
	jq -c .ask cases | sed -n "$(sed 's/[^0-9].*//;q' differs)p" | cut -c1-2000
	return 1
}
test_ok 'values of random types' 'agrees abi 400'
test_ok 'transactions' 'agrees tx 200'
done_testing
