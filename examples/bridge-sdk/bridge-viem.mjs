// Across the bridge with viem and its op-stack actions:
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
// Outputs can be in an oracle or in dispute games: the portal's version tells.
// No gas limit is written here, for what a step costs depends on the L1's fork.
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import {
	BaseError, ContractFunctionRevertedError, ExecutionRevertedError,
	createPublicClient, createWalletClient, defineChain, formatEther, hexToBigInt,
	http, parseAbi, parseEther, parseEventLogs, slice,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import {
	chainConfig, getL2TransactionHashes, getWithdrawals,
	publicActionsL1, publicActionsL2, walletActionsL1, walletActionsL2,
} from 'viem/op-stack';

const portalAbi = parseAbi([
	'event WithdrawalFinalized(bytes32 indexed withdrawalHash, bool success)',
	'function finalizedWithdrawals(bytes32 withdrawalHash) view returns (bool)',
	// With an oracle, and with games.
	'function provenWithdrawals(bytes32 withdrawalHash) view returns (bytes32, uint128 timestamp, uint128)',
	'function provenWithdrawals(bytes32 withdrawalHash, address prover) view returns (address, uint64 timestamp)',
	'function respectedGameType() view returns (uint32)',
]);
const factoryAbi = parseAbi([
	'struct Game { uint256 index; bytes32 metadata; uint64 timestamp; bytes32 rootClaim; bytes extraData; }',
	'function gameCount() view returns (uint256)',
	'function findLatestGames(uint32 gameType, uint256 start, uint256 n) view returns (Game[])',
]);
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

// Each layer: { chain, read, write }, the clients of viem.
async function layersOf(file, signer) {
	const { l1, l2 } = file.endsWith('.json')
		? fromBook(JSON.parse(fs.readFileSync(file, 'utf8'))) : await fromModule(file);
	const layer = (chain, url, readActions, writeActions) => ({
		chain,
		read: createPublicClient({
			chain,
			transport: http(url),
			// A local L1 has no Multicall3, which viem asks for outputs with.
			batch: { multicall: { deployless: true } },
		}).extend(readActions),
		write: createWalletClient({ account: signer, chain, transport: http(url) }).extend(writeActions),
	});
	return {
		signer,
		l1: layer(l1, process.env.L1_RPC_URL, publicActionsL1(), walletActionsL1()),
		l2: layer(l2, process.env.L2_RPC_URL, publicActionsL2(), walletActionsL2()),
	};
}

async function mined(layer, hash) {
	const receipt = await layer.read.waitForTransactionReceipt({ hash, timeout: 600_000 });
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
			const reverted = e instanceof BaseError && e.walk((cause) =>
				cause instanceof ContractFunctionRevertedError || cause instanceof ExecutionRevertedError);
			if (!reverted || Date.now() > end)
				throw e;
		}
	}
}

const read = ({ l1, l2 }, contract, abi, functionName, args = []) => l1.read.readContract({
	abi, address: l2.chain.contracts[contract][l1.chain.id].address, functionName, args,
});

const hasGames = async ({ l1, l2 }) =>
	(await l1.read.getPortalVersion({ targetChain: l2.chain })).major >= 3;

// Gas for the call on the other side. Left to viem it is asked of a node with
// an address that may own nothing there to pay for it.
const callGas = (layer, to) => layer.read.estimateGas({ to });

async function balance({ signer, l1, l2 }) {
	const [on1, on2] = await Promise.all([l1, l2].map((layer) => layer.read.getBalance(signer)));
	console.log(`L1: ${eth(on1)}, L2: ${eth(on2)}`);
}

async function deposit({ signer, l1, l2 }, amount) {
	const to = signer.address;
	const gas = await callGas(l2, to);
	const args = await l2.read.buildDepositTransaction({ mint: parseEther(amount), to, gas });
	const tx = await l1.write.depositTransaction(args);
	console.log(`deposit ${tx} on L1`);
	const [hash] = getL2TransactionHashes(await mined(l1, tx));
	console.log(`waits until it is relayed to L2 by ${hash}`);
	await mined(l2, hash);
}

// viem's waitToProve asks each game for its l2SequenceNumber. Games of 2024
// have none; in what all were made with the block comes first.
async function nextGame(layers, block) {
	for (; ; await sleep(layers.l1.read.pollingInterval)) {
		const type = await read(layers, 'portal', portalAbi, 'respectedGameType');
		const count = await read(layers, 'disputeGameFactory', factoryAbi, 'gameCount');
		const [game] = count === 0n ? [] : await read(layers, 'disputeGameFactory',
			factoryAbi, 'findLatestGames', [type, count - 1n, 1n]);
		const l2BlockNumber = game ? hexToBigInt(slice(game.extraData, 0, 32)) : -1n;
		if (l2BlockNumber >= block)
			return { ...game, l2BlockNumber };
	}
}

async function provable(layers, receipt) {
	const { l1, l2 } = layers;
	if (await hasGames(layers))
		return {
			game: await nextGame(layers, receipt.blockNumber),
			withdrawal: getWithdrawals(receipt)[0],
		};
	// An oracle without its first output reverts, however long that takes.
	return patiently(() => l1.read.waitToProve({ receipt, targetChain: l2.chain }), Infinity);
}

async function prove(layers, receipt) {
	const { l1, l2 } = layers;
	console.log('waits until it is ready to prove');
	// Another game, should the one before be none to prove against.
	const tx = await patiently(async () =>
		l1.write.proveWithdrawal(await l2.read.buildProveWithdrawal(await provable(layers, receipt))));
	console.log(`proved by ${tx} on L1`);
	await mined(l1, tx);
}

async function finalize({ l1, l2 }, withdrawal) {
	const { withdrawalHash } = withdrawal;
	console.log('waits until it is final');
	await l1.read.waitToFinalize({ withdrawalHash, targetChain: l2.chain });
	const tx = await patiently(() => l1.write.finalizeWithdrawal({ withdrawal, targetChain: l2.chain }));
	console.log(`finalized by ${tx} on L1`);
	const { logs } = await mined(l1, tx);
	const [event] = parseEventLogs({ abi: portalAbi, logs });
	// The portal sends once, whether or not its receiver takes it.
	if (!event.args.success)
		throw new Error(`the call of withdrawal ${withdrawalHash} failed`);
}

// With games, what counts is one's own proof.
async function isProven(layers, withdrawalHash) {
	const prover = await hasGames(layers) ? [layers.signer.address] : [];
	const [, timestamp] = await read(layers, 'portal', portalAbi,
		'provenWithdrawals', [withdrawalHash, ...prover]);
	return timestamp > 0n;
}

// Each step is skipped when it has been done, so it can be run again. viem's
// getWithdrawalStatus fails where waitToProve does, so the portal is asked.
async function finish(layers, hash) {
	const receipt = await mined(layers.l2, hash);
	const [withdrawal] = getWithdrawals(receipt);
	if (!withdrawal)
		throw new Error(`transaction ${hash} has no withdrawal`);
	const { withdrawalHash } = withdrawal;
	if (!await read(layers, 'portal', portalAbi, 'finalizedWithdrawals', [withdrawalHash])) {
		if (!await isProven(layers, withdrawalHash))
			await prove(layers, receipt);
		await finalize(layers, withdrawal);
	}
	console.log('relayed to L1');
}

async function withdraw(layers, amount) {
	const { signer, l1, l2 } = layers;
	const to = signer.address;
	const gas = await callGas(l1, to);
	const args = await l1.read.buildInitiateWithdrawal({ value: parseEther(amount), to, gas });
	const hash = await l2.write.initiateWithdrawal(args);
	console.log(`withdrawal ${hash} on L2`);
	await finish(layers, hash);
}

async function main([command, value]) {
	const commands = { balance, deposit, withdraw, finish };
	if (!commands[command] || (command !== 'balance' && !value))
		throw new Error('usage: node bridge-viem.mjs balance | deposit ETH | withdraw ETH | finish HASH');
	const layers = await layersOf(process.env.CHAIN || 'chain.json', account());
	await commands[command](layers, value);
	if (command !== 'balance')
		await balance(layers);
}

main(process.argv.slice(2)).then(() => process.exit(0), (e) => {
	console.error(e.shortMessage || e.message);
	process.exit(1);
});
