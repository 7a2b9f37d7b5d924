// A deposit with the official client: node sdk-deposit.js L1 L2 ARTIFACT KEYFILE
'use strict';
const { messenger, optimism, ethers } = require('./sdk.js');

async function main() {
	const sdk = await messenger(...process.argv.slice(2));
	const l2 = sdk.l2Provider;
	const who = await sdk.l2Signer.getAddress();
	const before = await l2.getBalance(who);
	const tx = await sdk.depositETH(ethers.utils.parseEther('0.001'));
	await tx.wait();
	await sdk.waitForMessageStatus(tx.hash, optimism.MessageStatus.RELAYED);
	const gained = (await l2.getBalance(who)).sub(before);
	if (!gained.eq(ethers.utils.parseEther('0.001')))
		throw new Error(`the L2 balance grew by ${gained}`);
	console.log(`relayed ${tx.hash}`);
}

main().then(() => process.exit(0), (e) => {
	console.error(e);
	process.exit(1);
});
