#include "providers/clients/evm/revert_note.h"

#include <string.h>

#include "engine/base/compiler.h"

#define PROVE_AGAIN "prove it again: 'opl2 withdraw prove TXHASH'"
#define LATER                                                                  \
	"try again a block later; 'opl2 withdraw status TXHASH' shows when"

static const struct revert_note notes[] = {
	/* proving */
	{ "invalid output root proof",
	  "the output that the proof is for differs from the one on the L1",
	  PROVE_AGAIN },
	{ "has already been proven",
	  "it is already proven, and the output that proved it is valid",
	  NULL },
	{ "invalid withdrawal inclusion proof",
	  "the withdrawal is not in the L2's storage at that output",
	  PROVE_AGAIN },
	{ "MerkleTrie:",
	  "the output is older than the withdrawal, which is not in it yet",
	  "wait for the next output" },
	{ "InvalidMerkleProof()",
	  "the withdrawal is not in the L2's storage at that output",
	  PROVE_AGAIN },
	{ "InvalidProof()",
	  "the proof belongs to another game, or the game claims a wrong root",
	  PROVE_AGAIN },
	{ "InvalidDisputeGame()",
	  "the game was lost: its root was proven wrong", PROVE_AGAIN },
	/* finalizing, output oracle */
	{ "has not been proven yet", "it has not been proven to the portal",
	  "'opl2 withdraw prove TXHASH'" },
	{ "timestamp less than L2 Oracle starting timestamp",
	  "the proof is older than the output oracle, which was replaced",
	  PROVE_AGAIN },
	{ "withdrawal finalization period has not elapsed",
	  "the proof is not old enough; it must be older than the period",
	  LATER },
	{ "output root proven is not the same as current output root",
	  "the output that proved it was replaced", PROVE_AGAIN },
	{ "output proposal finalization period has not elapsed",
	  "the output is not old enough; it must be older than the period",
	  LATER },
	{ "has already been finalized", "it is already finalized", NULL },
	/* finalizing, dispute games */
	{ "Unproven()", "it has not been proven to the portal by this account",
	  "'opl2 withdraw prove TXHASH', or use the role that proved it" },
	{ "has not matured yet",
	  "the proof is not old enough; it must be older than the portal's "
	  "delay",
	  LATER },
	{ "ProposalNotValidated()",
	  "the defender has not won the game that proved it: the game is "
	  "running, or nobody has resolved it",
	  "'opl2 withdraw status TXHASH' shows until when" },
	{ "output proposal in air-gap",
	  "the game was won too recently: the guardian still has time to "
	  "object",
	  LATER },
	{ "Blacklisted()", "the guardian has blacklisted the game",
	  PROVE_AGAIN },
	{ "InvalidGameType()", "games of that type are no longer respected",
	  PROVE_AGAIN },
	{ "dispute game created before respected game type was updated",
	  "the game is older than the current game type", PROVE_AGAIN },
	{ "withdrawal timestamp less than dispute game creation timestamp",
	  "the proof is older than its game", PROVE_AGAIN },
	{ "AlreadyFinalized()", "it is already finalized", NULL },
	/* ending a game */
	{ "ClockNotExpired()", "the game's clock has not run out", LATER },
	{ "OutOfOrderResolution()",
	  "other claims of the game must be resolved first", NULL },
	{ "ClaimAlreadyResolved()", "another account has resolved it", NULL },
	{ "GameNotInProgress()", "another account has resolved the game",
	  NULL },
	/* all of the bridge */
	{ "CallPaused()", "the guardian has paused the bridge",
	  "wait until it is unpaused; see 'opl2 withdraw status TXHASH'" },
	{ "paused", "the guardian has paused the bridge",
	  "wait until it is unpaused" },
	{ "BadTarget()",
	  "the portal and the L2 contracts cannot call themselves",
	  "use another recipient" },
	{ "SafeCall: Not enough gas",
	  "the call on the L1 gets less gas than the withdrawal requires",
	  NULL },
	/* depositing */
	{ "SmallGasLimit()", "the L2 call gets too little gas",
	  "raise -l2-gas" },
	{ "gas limit too small", "the L2 call gets too little gas",
	  "raise -l2-gas" },
	{ "OutOfGas()", "the deposits in this L1 block cannot use more L2 gas",
	  "try again a block later" },
	{ "exceeds balance", "the account does not have enough tokens", NULL },
	{ "insufficient allowance",
	  "the account has not approved enough tokens for the bridge", NULL },
	{ "wrong remote token",
	  "the two tokens are not a pair: each must refer to the other",
	  "check -erc20 and -l2-token" },
};

const struct revert_note *
revert_note(const char *reason)
{
	for (size_t i = 0; i < COUNTOF(notes); i++)
		if (strstr(reason, notes[i].match))
			return &notes[i];
	return NULL;
}
