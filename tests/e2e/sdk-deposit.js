// A deposit with the official client: node sdk-deposit.js L1 L2 ARTIFACT KEYFILE
'use strict';
const fs = require('fs');
const { ethers } = require('ethers');
const optimism = require('@eth-optimism/sdk');

async function main() {
	const [l1Url, l2Url, artifact, keyFile] = process.argv.slice(2);
	const at = JSON.parse(fs.readFileSync(artifact, 'utf8'));
	const key = fs.readFileSync(keyFile, 'utf8').trim();
	const l1 = new ethers.providers.StaticJsonRpcProvider(l1Url);
	const l2 = new ethers.providers.StaticJsonRpcProvider(l2Url);
	const zero = ethers.constants.AddressZero;
	const messenger = new optimism.CrossChainMessenger({
		l1SignerOrProvider: new ethers.Wallet(key, l1),
		l2SignerOrProvider: new ethers.Wallet(key, l2),
		l1ChainId: (await l1.getNetwork()).chainId,
		l2ChainId: (await l2.getNetwork()).chainId,
		contracts: {
			l1: {
				AddressManager: at.AddressManager,
				L1CrossDomainMessenger: at.L1CrossDomainMessengerProxy,
				L1StandardBridge: at.L1StandardBridgeProxy,
				OptimismPortal: at.OptimismPortalProxy,
				L2OutputOracle: at.L2OutputOracleProxy,
				StateCommitmentChain: zero,
				CanonicalTransactionChain: zero,
				BondManager: zero,
				OptimismPortal2: zero,
				DisputeGameFactory: zero,
			},
		},
	});
	const who = await messenger.l2Signer.getAddress();
	const before = await l2.getBalance(who);
	const tx = await messenger.depositETH(ethers.utils.parseEther('0.001'));
	await tx.wait();
	await messenger.waitForMessageStatus(tx.hash, optimism.MessageStatus.RELAYED);
	const gained = (await l2.getBalance(who)).sub(before);
	if (!gained.eq(ethers.utils.parseEther('0.001')))
		throw new Error(`the L2 balance grew by ${gained}`);
	console.log(`relayed ${tx.hash}`);
}

main().then(() => process.exit(0), (e) => {
	console.error(e);
	process.exit(1);
});
