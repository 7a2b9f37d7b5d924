#include "providers/clients/evm/revert_note.h"

#include <string.h>

#include "engine/base/compiler.h"

#define PROVE_AGAIN "prove it again: 'opl2 withdraw prove TXHASH'"
#define LATER       "try again a block later; 'opl2 withdraw status TXHASH' says when"

static const struct revert_note notes[] = {
	/* proving */
	{ "invalid output root proof",
	  "the output that the proof is for is not the one that the L1 has",
	  PROVE_AGAIN },
	{ "has already been proven",
	  "it is proven, and the output that it was proven by stands", NULL },
	{ "invalid withdrawal inclusion proof",
	  "the L2's storage at that output does not have the withdrawal",
	  PROVE_AGAIN },
	{ "MerkleTrie:",
	  "the output is older than the withdrawal, which is not in it yet",
	  "wait for the next output" },
	{ "InvalidMerkleProof()",
	  "the L2's storage at that output does not have the withdrawal",
	  PROVE_AGAIN },
	{ "InvalidProof()",
	  "the proof is of another game, or the game claims a wrong root",
	  PROVE_AGAIN },
	{ "InvalidDisputeGame()",
	  "the game was lost: its root was proven wrong", PROVE_AGAIN },
	/* finalizing, output oracle */
	{ "has not been proven yet", "the portal has no proof of it",
	  "'opl2 withdraw prove TXHASH'" },
	{ "timestamp less than L2 Oracle starting timestamp",
	  "the proof is older than the output oracle: that was replaced",
	  PROVE_AGAIN },
	{ "withdrawal finalization period has not elapsed",
	  "the proof is not old enough; the wait is longer than the period, "
	  "not as long",
	  LATER },
	{ "output root proven is not the same as current output root",
	  "the output that it was proven by was replaced", PROVE_AGAIN },
	{ "output proposal finalization period has not elapsed",
	  "the output is not old enough; the wait is longer than the period, "
	  "not as long",
	  LATER },
	{ "has already been finalized", "it was finalized before", NULL },
	/* finalizing, dispute games */
	{ "Unproven()", "the portal has no proof of it by this account",
	  "'opl2 withdraw prove TXHASH', or give the role that proved it" },
	{ "has not matured yet",
	  "the proof is not old enough; the wait is longer than the portal's "
	  "delay, not as long",
	  LATER },
	{ "ProposalNotValidated()",
	  "the game that it was proven by has not been won by its defender: "
	  "it runs, or nobody has ended it",
	  "'opl2 withdraw status TXHASH' says until when" },
	{ "output proposal in air-gap",
	  "the game was won too short a time ago: the guardian is given time "
	  "to object",
	  LATER },
	{ "Blacklisted()", "the guardian has blacklisted the game",
	  PROVE_AGAIN },
	{ "InvalidGameType()", "games of that type do not count any more",
	  PROVE_AGAIN },
	{ "dispute game created before respected game type was updated",
	  "the game is older than the game type that counts now", PROVE_AGAIN },
	{ "withdrawal timestamp less than dispute game creation timestamp",
	  "the proof is older than its game", PROVE_AGAIN },
	{ "AlreadyFinalized()", "it was finalized before", NULL },
	/* ending a game */
	{ "ClockNotExpired()", "the game's clock has not run out", LATER },
	{ "OutOfOrderResolution()",
	  "other claims of the game have to be resolved first", NULL },
	{ "ClaimAlreadyResolved()", "somebody else has resolved it", NULL },
	{ "GameNotInProgress()", "somebody else has ended the game", NULL },
	/* all of the bridge */
	{ "CallPaused()", "the guardian has paused the bridge",
	  "wait until it is unpaused; 'opl2 withdraw status TXHASH' says" },
	{ "paused", "the guardian has paused the bridge",
	  "wait until it is unpaused" },
	{ "BadTarget()",
	  "the portal and the L2 contracts call no one of "
	  "themselves",
	  "give another recipient" },
	{ "SafeCall: Not enough gas",
	  "the call on the L1 is not given the gas that the withdrawal names",
	  NULL },
	/* depositing */
	{ "SmallGasLimit()", "the L2 call is given too little gas",
	  "raise -l2-gas" },
	{ "gas limit too small", "the L2 call is given too little gas",
	  "raise -l2-gas" },
	{ "OutOfGas()", "the deposits of one L1 block may not use more L2 gas",
	  "try again a block later" },
	{ "exceeds balance", "the account has not so many tokens", NULL },
	{ "insufficient allowance",
	  "the bridge may not take so many tokens from the account", NULL },
	{ "wrong remote token",
	  "the two tokens are not a pair: each has to name the other",
	  "look at -erc20 and -l2-token" },
};

const struct revert_note *
revert_note(const char *reason)
{
	for (size_t i = 0; i < COUNTOF(notes); i++)
		if (strstr(reason, notes[i].match))
			return &notes[i];
	return NULL;
}
