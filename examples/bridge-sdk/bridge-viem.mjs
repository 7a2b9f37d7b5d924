// Across the bridge with viem, from its op-stack actions alone:
//
//   npm install
//   opl2 -chdir=../devnet address -json >chain.json
//   export KEY_FILE=../devnet/.opl2/keys/key.dev-0    # or PRIVATE_KEY
//   node bridge-viem.mjs balance
//   node bridge-viem.mjs deposit 0.02
//   node bridge-viem.mjs withdraw 0.001
//   node bridge-viem.mjs finish 0x...     # goes on with a withdrawal by its L2 hash
//
// CHAIN names another file than chain.json; it can also be the module that
// `opl2 address -viem >chain.mjs` prints. Where an L1 endpoint is a secret it
// is in neither: L1_RPC_URL gives it. The key is read from the file or the
// environment and stays there.
//
// Outputs in an oracle or in dispute games: viem asks the portal which.
// No gas limit is written here, for what a step costs depends on the L1's fork.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
	BaseError, ContractFunctionRevertedError, createWalletClient, defineChain,
	formatEther, http, parseAbi, parseEther, parseEventLogs, publicActions,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import {
	chainConfig, getL2TransactionHashes, getWithdrawals,
	publicActionsL1, publicActionsL2, walletActionsL1, walletActionsL2,
} from 'viem/op-stack';

const portalEvents = parseAbi(['event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success)']);
const nativeCurrency = { name: 'Ether', symbol: 'ETH', decimals: 18 };
const eth = (wei) => `${formatEther(wei)} ETH`;

// The definitions of both chains, made from the address book.
function fromBook(book) {
	const at = (name) => book.l1.contracts[name] && { [book.l1.chain_id]: book.l1.contracts[name] };
	const chain = (layer, name) => ({
		id: layer.chain_id,
		name,
		nativeCurrency,
		rpcUrls: { default: { http: layer.rpc ? [layer.rpc] : [] } },
	});
	return {
		l1: defineChain(chain(book.l1, `${book.name} L1`)),
		l2: defineChain({
			...chainConfig,
			...chain(book.l2, book.name),
			contracts: {
				...chainConfig.contracts,
				portal: at('OptimismPortal'),
				l2OutputOracle: at('L2OutputOracle'),
				disputeGameFactory: at('DisputeGameFactory'),
			},
			sourceId: book.l1.chain_id,
		}),
	};
}

async function fromModule(file) {
	const all = Object.values(await import(pathToFileURL(path.resolve(file))));
	const l2 = all.find((chain) => chain.sourceId);
	return { l1: all.find((chain) => chain.id === l2.sourceId), l2 };
}

function account() {
	const file = process.env.KEY_FILE;
	const text = file ? fs.readFileSync(file, 'utf8').trim() : process.env.PRIVATE_KEY;
	if (!text)
		throw new Error('set KEY_FILE or PRIVATE_KEY');
	return privateKeyToAccount(text.startsWith('0x') ? text : `0x${text}`);
}

async function clients() {
	const file = process.env.CHAIN || 'chain.json';
	const { l1, l2 } = file.endsWith('.json')
		? fromBook(JSON.parse(fs.readFileSync(file, 'utf8'))) : await fromModule(file);
	const client = (chain, url) => createWalletClient({
		account: account(),
		chain,
		transport: http(url),
		// A local L1 has no Multicall3, which viem asks for outputs with.
		batch: { multicall: { deployless: true } },
	}).extend(publicActions);
	return {
		l1: client(l1, process.env.L1_RPC_URL).extend(publicActionsL1()).extend(walletActionsL1()),
		l2: client(l2, process.env.L2_RPC_URL).extend(publicActionsL2()).extend(walletActionsL2()),
	};
}

async function mined(client, hash) {
	const receipt = await client.waitForTransactionReceipt({ hash, timeout: 600_000 });
	if (receipt.status !== 'success')
		throw new Error(`transaction ${hash} failed`);
	return receipt;
}

// A revert that passes by itself: the latest block of the L1 is older than the
// time that viem counts with.
async function patiently(action, seconds = 300) {
	for (const end = Date.now() + seconds * 1000; ; await sleep(2000)) {
		try {
			return await action();
		} catch (e) {
			const reverted = e instanceof BaseError &&
				e.walk((cause) => cause instanceof ContractFunctionRevertedError);
			if (!reverted || Date.now() > end)
				throw e;
		}
	}
}

async function balance({ l1, l2 }) {
	const [on1, on2] = await Promise.all([l1, l2].map((client) => client.getBalance(client.account)));
	console.log(`L1: ${eth(on1)}, L2: ${eth(on2)}`);
}

async function deposit({ l1, l2 }, amount) {
	const args = await l2.buildDepositTransaction({ mint: parseEther(amount), to: l1.account.address });
	const tx = await l1.depositTransaction(args);
	console.log(`deposit ${tx} on L1`);
	const [hash] = getL2TransactionHashes(await mined(l1, tx));
	console.log(`waits until it is relayed to L2 by ${hash}`);
	await mined(l2, hash);
}

async function prove({ l1, l2 }, receipt) {
	console.log('waits until it is ready to prove');
	// An oracle without its first output reverts, however long that takes.
	const ready = await patiently(() => l1.waitToProve({ receipt, targetChain: l2.chain }), Infinity);
	const args = await l2.buildProveWithdrawal(ready);
	const tx = await patiently(() => l1.proveWithdrawal(args));
	console.log(`proved by ${tx} on L1`);
	await mined(l1, tx);
}

async function finalize({ l1, l2 }, withdrawal) {
	const { withdrawalHash } = withdrawal;
	console.log('waits until it is final');
	await l1.waitToFinalize({ withdrawalHash, targetChain: l2.chain });
	const tx = await patiently(() => l1.finalizeWithdrawal({ withdrawal, targetChain: l2.chain }));
	console.log(`finalized by ${tx} on L1`);
	const { logs } = await mined(l1, tx);
	const [event] = parseEventLogs({ abi: portalEvents, logs });
	// The portal sends once, whether or not its receiver takes it.
	if (!event.args.success)
		throw new Error(`the call of withdrawal ${withdrawalHash} failed`);
}

// Each step is skipped when it has been done, so it can be run again.
async function finish(layers, hash) {
	const { l1, l2 } = layers;
	const receipt = await mined(l2, hash);
	const status = () => patiently(
		() => l1.getWithdrawalStatus({ receipt, targetChain: l2.chain }), Infinity);
	if (['waiting-to-prove', 'ready-to-prove'].includes(await status()))
		await prove(layers, receipt);
	if (await status() !== 'finalized')
		await finalize(layers, getWithdrawals(receipt)[0]);
	console.log('relayed to L1');
}

async function withdraw(layers, amount) {
	const { l1, l2 } = layers;
	const args = await l1.buildInitiateWithdrawal({ to: l1.account.address, value: parseEther(amount) });
	const hash = await l2.initiateWithdrawal(args);
	console.log(`withdrawal ${hash} on L2`);
	await finish(layers, hash);
}

async function main([command, value]) {
	const commands = { balance, deposit, withdraw, finish };
	if (!commands[command] || (command !== 'balance' && !value))
		throw new Error('usage: node bridge-viem.mjs balance | deposit ETH | withdraw ETH | finish HASH');
	const layers = await clients();
	await commands[command](layers, value);
	if (command !== 'balance')
		await balance(layers);
}

main(process.argv.slice(2)).then(() => process.exit(0), (e) => {
	console.error(e.shortMessage || e.message);
	process.exit(1);
});
