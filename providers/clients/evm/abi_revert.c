/* What a revert says. */
#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/clients/evm/abi.h"

/* Custom errors of the contracts that opl2 deals with, by signature. */
static const char *const known_errors[] = {
	"AlreadyFinalized()",
	"AlreadyInitialized()",
	"AnchorRootNotFound()",
	"AnchorStateRegistry_InvalidAnchorGame()",
	"AnchorStateRegistry_Unauthorized()",
	"BadAuth()",
	"BadExtraData()",
	"BadTarget()",
	"Blacklisted()",
	"BlockNumberMatches()",
	"BondTransferFailed()",
	"CallPaused()",
	"CannotDefendRootClaim()",
	"ClaimAboveSplit()",
	"ClaimAlreadyChallenged()",
	"ClaimAlreadyExists()",
	"ClaimAlreadyResolved()",
	"ClockNotExpired()",
	"ClockTimeExceeded()",
	"ContentLengthMismatch()",
	"DeploymentDoesNotExist(string)",
	"DuplicateStep()",
	"ETHLockbox_DifferentSuperchainConfig()",
	"ETHLockbox_InsufficientBalance()",
	"ETHLockbox_NoWithdrawalTransactions()",
	"ETHLockbox_Paused()",
	"ETHLockbox_Unauthorized()",
	"FfiFailed(string)",
	"GameAlreadyExists(bytes32)",
	"GameDepthExceeded()",
	"GameNotFinalized()",
	"GameNotInProgress()",
	"GameNotOver()",
	"GameNotResolved()",
	"GameOver()",
	"GamePaused()",
	"GasEstimation()",
	"IncorrectBondAmount()",
	"IncorrectDisputeGameFactory()",
	"InsufficientBond()",
	"InvalidBondDistributionMode()",
	"InvalidChallengePeriod()",
	"InvalidClockExtension()",
	"InvalidDeployment(string)",
	"InvalidDisputeGame()",
	"InvalidDisputedClaimIndex()",
	"InvalidGameArgsLength()",
	"InvalidGameType()",
	"InvalidHeaderRLP()",
	"InvalidLocalIdent()",
	"InvalidMerkleProof()",
	"InvalidOutputRootProof()",
	"InvalidParent()",
	"InvalidParentGame()",
	"InvalidPrestate()",
	"InvalidProof()",
	"InvalidProposalStatus()",
	"InvalidSplitDepth()",
	"L1HeadTooOld()",
	"L2BlockNumberChallenged()",
	"L2ToL1MessagePasserCGT_NotAllowedOnCGTMode()",
	"LargeCalldata()",
	"LiquidityController_Unauthorized()",
	"MaxDepthTooLarge()",
	"NativeAssetLiquidity_InsufficientBalance()",
	"NativeAssetLiquidity_Unauthorized()",
	"NoCreditToClaim()",
	"NoImplementation(uint32)",
	"NoValue()",
	"NonReentrant()",
	"OPContractsManagerUtils_ConfigLoadFailed(string)",
	"OPContractsManagerUtils_DowngradeNotAllowed(address)",
	"OPContractsManagerUtils_ExtraTagInProd(address)",
	"OPContractsManagerUtils_OZv5InitializableUnsupported()",
	"OPContractsManagerUtils_ProxyMustLoad(string)",
	"OPContractsManagerUtils_UnsupportedGameType()",
	"OPContractsManagerV2_CannotUpgradeToCustomGasToken()",
	"OPContractsManagerV2_DuplicateUpgradeInstruction(string)",
	"OPContractsManagerV2_InvalidGameConfigs()",
	"OPContractsManagerV2_InvalidUpgradeInput()",
	"OPContractsManagerV2_InvalidUpgradeInstruction(string)",
	"OPContractsManagerV2_InvalidUpgradeSequence(string,string)",
	"OPContractsManagerV2_OnlyDelegateCall()",
	"OPContractsManagerV2_SuperchainConfigNeedsUpgrade()",
	"OnlyCustomGasToken()",
	"OptimismPortal_AlreadyFinalized()",
	"OptimismPortal_BadTarget()",
	"OptimismPortal_CallPaused()",
	"OptimismPortal_CalldataTooLarge()",
	"OptimismPortal_GasEstimation()",
	"OptimismPortal_GasLimitTooLow()",
	"OptimismPortal_ImproperDisputeGame()",
	"OptimismPortal_InvalidDisputeGame()",
	"OptimismPortal_InvalidInteropState()",
	"OptimismPortal_InvalidLockboxState()",
	"OptimismPortal_InvalidMerkleProof()",
	"OptimismPortal_InvalidOutputRootProof()",
	"OptimismPortal_InvalidProofTimestamp()",
	"OptimismPortal_InvalidRootClaim()",
	"OptimismPortal_MigratingToSameRegistry()",
	"OptimismPortal_NoReentrancy()",
	"OptimismPortal_NotAllowedOnCGTMode()",
	"OptimismPortal_NotUsingInterop()",
	"OptimismPortal_ProofNotOldEnough()",
	"OptimismPortal_Unproven()",
	"OutOfGas()",
	"OutOfOrderResolution()",
	"ParentGameNotResolved()",
	"ProposalNotValidated()",
	"ProxyAdminOwnedBase_NotProxyAdmin()",
	"ProxyAdminOwnedBase_NotProxyAdminOrProxyAdminOwner()",
	"ProxyAdminOwnedBase_NotProxyAdminOwner()",
	"ProxyAdminOwnedBase_ProxyAdminNotFound()",
	"ReservedGameType()",
	"SmallGasLimit()",
	"SuperchainConfig_AlreadyPaused(address)",
	"SuperchainConfig_NotAlreadyPaused(address)",
	"SuperchainConfig_OnlyGuardian()",
	"SystemConfig_InvalidFeatureState()",
	"TransferFailed()",
	"Unauthorized()",
	"UnexpectedGameType()",
	"UnexpectedList()",
	"UnexpectedRootClaim(bytes32)",
	"UnexpectedString()",
	"UnknownChainId()",
	"Unproven()",
	"ValidStep()",
};

static const char *
panic_meaning(const char *code)
{
	static const struct {
		const char *code, *text;
	} table[] = {
		{ "1", "assertion failed" },
		{ "17", "arithmetic overflow" },
		{ "18", "division by zero" },
		{ "33", "value out of an enum's range" },
		{ "34", "bad storage byte array" },
		{ "49", "pop of an empty array" },
		{ "50", "index out of bounds" },
		{ "65", "out of memory" },
		{ "81", "call of an uninitialised function" },
	};

	for (size_t i = 0; i < COUNTOF(table); i++)
		if (strcmp(table[i].code, code) == 0)
			return table[i].text;
	return "unknown panic";
}

/* A Safe gives no more than a number. */
static const char *
safe_meaning(const char *code)
{
	static const struct {
		const char *code, *text;
	} table[] = {
		{ "GS010", "not enough gas for the Safe's call" },
		{ "GS013", "the call that the Safe makes failed" },
		{ "GS020", "too few signatures" },
		{ "GS024", "a contract's signature is not valid" },
		{ "GS025", "an owner has not approved it" },
		{ "GS026", "a signature by an account that is not an owner" },
		{ "GS031", "only the Safe itself can do this" },
	};

	for (size_t i = 0; i < COUNTOF(table); i++)
		if (strcmp(table[i].code, code) == 0)
			return table[i].text;
	return NULL;
}

static char *
error_text(const char *text)
{
	const char *meaning = safe_meaning(text);

	return meaning ? xasprintf("%s: %s", text, meaning) : xstrdup(text);
}

/* The arguments if the data is an instance of the signature. */
static json_t *
match(const char *signature, const uint8_t *p, size_t n)
{
	uint8_t selector[4];

	abi_selector(signature, selector);
	if (n < 4 || memcmp(p, selector, 4) != 0)
		return NULL;
	return abi_decode(strchr(signature, '('), p + 4, n - 4, NULL);
}

static char *
custom_error(const char *signature, const json_t *args)
{
	char *list = jx_dump_line(args);
	char *out = xasprintf("%.*s(%.*s)", (int)strcspn(signature, "("),
			      signature, (int)strlen(list) - 2, list + 1);

	free(list);
	return out;
}

char *
abi_revert_reason(const uint8_t *p, size_t n)
{
	CLEANUP(put_json) json_t *args = NULL;
	char selector[9];

	if (n == 0)
		return xstrdup("reverted without a reason");
	if ((args = match("Error(string)", p, n)))
		return error_text(json_string_value(json_array_get(args, 0)));
	if ((args = match("Panic(uint256)", p, n))) {
		const char *code = json_string_value(json_array_get(args, 0));

		return xasprintf("panic %s: %s", code, panic_meaning(code));
	}
	for (size_t i = 0; i < COUNTOF(known_errors); i++)
		if ((args = match(known_errors[i], p, n)))
			return custom_error(known_errors[i], args);
	hex_encode(p, n < 4 ? n : 4, selector);
	return xasprintf("custom error 0x%s (%zu bytes)", selector, n);
}
