// Across the bridge with the official SDK and ethers 5:
//
//   npm install
//   opl2 -chdir=../devnet address -json >chain.json
//   export KEY_FILE=../devnet/.opl2/keys/key.dev-0    # or PRIVATE_KEY
//   node bridge.js balance
//   node bridge.js deposit 0.02
//   node bridge.js withdraw 0.001
//   node bridge.js finish 0x...     # goes on with a withdrawal by its L2 hash
//
// Where an L1 endpoint is a secret it is not in chain.json: L1_RPC_URL gives
// it. The key is read from the file or the environment and stays there.
'use strict';
const fs = require('fs');
const { ethers } = require('ethers');
const optimism = require('@eth-optimism/sdk');

const { MessageStatus } = optimism;
const eth = (wei) => `${ethers.utils.formatEther(wei)} ETH`;

function chain() {
	const book = JSON.parse(fs.readFileSync(process.env.CHAIN || 'chain.json', 'utf8'));
	const l1 = process.env.L1_RPC_URL || book.l1.rpc;
	const l2 = process.env.L2_RPC_URL || book.l2.rpc;
	if (!l1 || !l2)
		throw new Error('chain.json has no endpoint: set L1_RPC_URL and L2_RPC_URL');
	return {
		book,
		l1: new ethers.providers.StaticJsonRpcProvider(l1),
		l2: new ethers.providers.StaticJsonRpcProvider(l2),
	};
}

function key() {
	const file = process.env.KEY_FILE;
	const text = file ? fs.readFileSync(file, 'utf8').trim() : process.env.PRIVATE_KEY;
	if (!text)
		throw new Error('set KEY_FILE or PRIVATE_KEY');
	return text;
}

// What this version of the SDK has to be told of a chain that it does not know.
// It goes by dispute games when a DisputeGameFactory is given, so that is left
// out where outputs are in an oracle.
function contracts(book) {
	const zero = ethers.constants.AddressZero;
	const at = (name) => (book.l1.contracts[name] || { address: zero }).address;
	const games = process.env.GAMES === '1';
	return {
		l1: {
			AddressManager: at('AddressManager'),
			L1CrossDomainMessenger: at('L1CrossDomainMessenger'),
			L1StandardBridge: at('L1StandardBridge'),
			OptimismPortal: at('OptimismPortal'),
			L2OutputOracle: at('L2OutputOracle'),
			OptimismPortal2: games ? at('OptimismPortal') : zero,
			DisputeGameFactory: games ? at('DisputeGameFactory') : zero,
			StateCommitmentChain: zero,
			CanonicalTransactionChain: zero,
			BondManager: zero,
		},
	};
}

async function balances(m) {
	console.log(`L1: ${eth(await m.l1Signer.getBalance())}, L2: ${eth(await m.l2Signer.getBalance())}`);
}

async function until(m, hash, status, what) {
	console.log(`waits until it is ${what}`);
	await m.waitForMessageStatus(hash, status);
}

async function deposit(m, amount) {
	const tx = await m.depositETH(ethers.utils.parseEther(amount));
	console.log(`deposit ${tx.hash} on L1`);
	await tx.wait();
	await until(m, tx.hash, MessageStatus.RELAYED, 'relayed to L2');
}

// Each step is skipped when it has been done, so it can be run again.
async function finish(m, hash) {
	let status = await m.getMessageStatus(hash);
	if (status < MessageStatus.READY_TO_PROVE)
		await until(m, hash, MessageStatus.READY_TO_PROVE, 'ready to prove');
	status = await m.getMessageStatus(hash);
	if (status === MessageStatus.READY_TO_PROVE) {
		const tx = await m.proveMessage(hash);
		console.log(`proved by ${tx.hash} on L1`);
		await tx.wait();
	}
	if (status !== MessageStatus.RELAYED) {
		await until(m, hash, MessageStatus.READY_FOR_RELAY, 'final');
		const tx = await m.finalizeMessage(hash);
		console.log(`finalized by ${tx.hash} on L1`);
		await tx.wait();
	}
	await until(m, hash, MessageStatus.RELAYED, 'relayed to L1');
}

async function withdraw(m, amount) {
	const tx = await m.withdrawETH(ethers.utils.parseEther(amount));
	console.log(`withdrawal ${tx.hash} on L2`);
	await tx.wait();
	await finish(m, tx.hash);
}

async function main([command, value]) {
	const commands = { balance: balances, deposit, withdraw, finish };
	if (!commands[command] || (command !== 'balance' && !value))
		throw new Error('usage: node bridge.js balance | deposit ETH | withdraw ETH | finish HASH');
	const { book, l1, l2 } = chain();
	const m = new optimism.CrossChainMessenger({
		l1SignerOrProvider: new ethers.Wallet(key(), l1),
		l2SignerOrProvider: new ethers.Wallet(key(), l2),
		l1ChainId: book.l1.chain_id,
		l2ChainId: book.l2.chain_id,
		contracts: contracts(book),
	});
	await commands[command](m, value);
	if (command !== 'balance')
		await balances(m);
}

main(process.argv.slice(2)).then(() => process.exit(0), (e) => {
	console.error(e.message);
	process.exit(1);
});
