// A part of a withdrawal with the official client:
//   node sdk-withdraw.js start L1 L2 ARTIFACT KEYFILE ETHER   prints the hash
//   node sdk-withdraw.js finish L1 L2 ARTIFACT KEYFILE TXHASH [games]
'use strict';
const { messenger, optimism, ethers } = require('./sdk.js');

async function start(sdk, ether) {
	const tx = await sdk.withdrawETH(ethers.utils.parseEther(ether));
	await tx.wait();
	console.log(tx.hash);
}

// It calls a withdrawal ready one L1 block too early: then once more.
async function patiently(send) {
	for (let left = 10; ; left--) {
		try {
			return await (await send()).wait();
		} catch (e) {
			if (left === 0)
				throw e;
			await new Promise((done) => setTimeout(done, 2000));
		}
	}
}

async function finish(sdk, hash) {
	const { MessageStatus } = optimism;
	await sdk.waitForMessageStatus(hash, MessageStatus.READY_TO_PROVE);
	await patiently(() => sdk.proveMessage(hash));
	await sdk.waitForMessageStatus(hash, MessageStatus.READY_FOR_RELAY);
	await patiently(() => sdk.finalizeMessage(hash));
	await sdk.waitForMessageStatus(hash, MessageStatus.RELAYED);
	console.log(`relayed ${hash}`);
}

async function main() {
	const [step, l1, l2, artifact, keyFile, what, games] = process.argv.slice(2);
	const sdk = await messenger(l1, l2, artifact, keyFile, games === 'games');
	await (step === 'start' ? start(sdk, what) : finish(sdk, what));
}

main().then(() => process.exit(0), (e) => {
	console.error(e);
	process.exit(1);
});
