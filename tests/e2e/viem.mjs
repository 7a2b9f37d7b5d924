// The example of a bridge with viem, run as its users run it, and what came of
// it, counted to the wei:
//
//   node viem.mjs deposit L1 L2 CHAIN KEYFILE [ETHER]
//   node viem.mjs withdraw L1 L2 CHAIN KEYFILE [ETHER]
//
// CHAIN is what `opl2 address -json` prints, or the module of -viem. The
// example is in $BRIDGE, with what npm installs there; nobody else may use the
// account meanwhile.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const bridge = process.env.BRIDGE;
const [step, l1, l2, chain, keyFile, ether = '0.001'] = process.argv.slice(2);
const require = createRequire(path.resolve(bridge, 'package.json'));
const { parseEther } = require('viem');
const { privateKeyToAddress } = require('viem/accounts');

async function example(...args) {
	const run = spawn('node', [path.resolve(bridge, 'bridge-viem.mjs'), ...args], {
		env: { ...process.env, CHAIN: chain, KEY_FILE: keyFile, L1_RPC_URL: l1, L2_RPC_URL: l2 },
		stdio: ['ignore', 'pipe', 'inherit'],
		timeout: 600_000,
	});
	const ended = once(run, 'close');
	let output = '';
	for await (const text of run.stdout.setEncoding('utf8')) {
		process.stdout.write(text);
		output += text;
	}
	const [status, signal] = await ended;
	assert.equal(status, 0, `${args[0]} ended with ${status ?? signal}`);
	return output;
}

async function rpc(url, method, ...params) {
	const answer = await fetch(url, {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
		signal: AbortSignal.timeout(10_000),
	});
	const { result, error } = await answer.json();
	assert.ok(result, `${method}: ${error?.message ?? 'nothing'}`);
	return result;
}

const who = privateKeyToAddress(`0x${fs.readFileSync(keyFile, 'utf8').trim().replace(/^0x/, '')}`);
const balances = async () => ({
	l1: BigInt(await rpc(l1, 'eth_getBalance', who, 'latest')),
	l2: BigInt(await rpc(l2, 'eth_getBalance', who, 'latest')),
});

// What the transactions on the L1 that the example named have cost.
async function fees(output, count) {
	const hashes = [...output.matchAll(/(0x[0-9a-f]{64}) on L1/g)].map((found) => found[1]);
	assert.equal(hashes.length, count, `${hashes.length} transactions on the L1`);
	const receipts = await Promise.all(hashes.map((hash) => rpc(l1, 'eth_getTransactionReceipt', hash)));
	return receipts.reduce((sum, receipt) =>
		sum + BigInt(receipt.gasUsed) * BigInt(receipt.effectiveGasPrice), 0n);
}

async function deposit(before, amount) {
	const output = await example('deposit', ether);
	const after = await balances();
	assert.equal(after.l2 - before.l2, amount);
	assert.equal(before.l1 - after.l1, amount + await fees(output, 1));
}

async function withdraw(before, amount) {
	const output = await example('withdraw', ether);
	const after = await balances();
	assert.ok(before.l2 - after.l2 > amount, `the L2 balance fell by ${before.l2 - after.l2}`);
	assert.equal(after.l1 - before.l1, amount - await fees(output, 2));
	const [, hash] = output.match(/^withdrawal (0x[0-9a-f]{64}) on L2$/m);
	assert.equal(await fees(await example('finish', hash), 0), 0n);
	assert.deepEqual(await balances(), after, 'a step was taken twice');
}

await { deposit, withdraw }[step](await balances(), parseEther(ether));
console.log(`${step} of ${ether} ETH: relayed`);
