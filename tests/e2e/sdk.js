// The official client of the bridge: what the sdk-*.js here share.
'use strict';
const fs = require('fs');
const { ethers } = require('ethers');
const optimism = require('@eth-optimism/sdk');

// A messenger for the contracts of an artifact, with the key of a file.
// games: outputs are claims of dispute games.
async function messenger(l1Url, l2Url, artifact, keyFile, games = false) {
	const at = JSON.parse(fs.readFileSync(artifact, 'utf8'));
	const key = fs.readFileSync(keyFile, 'utf8').trim();
	const l1 = new ethers.providers.StaticJsonRpcProvider(l1Url);
	const l2 = new ethers.providers.StaticJsonRpcProvider(l2Url);
	const zero = ethers.constants.AddressZero;
	return new optimism.CrossChainMessenger({
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
				OptimismPortal2: games ? at.OptimismPortalProxy : zero,
				DisputeGameFactory: games ? at.DisputeGameFactoryProxy : zero,
			},
		},
	});
}

module.exports = { messenger, optimism, ethers };
