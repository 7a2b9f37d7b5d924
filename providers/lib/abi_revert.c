/* What a revert says. */
#include "engine/base/hash.h"
#include "engine/base/jx.h"
#include "engine/base/mem.h"
#include "providers/lib/abi.h"

/* Custom errors of the contracts that opl2 deals with, by signature. */
static const char *const known_errors[] = {
	"AlreadyFinalized()",
	"AlreadyInitialized()",
	"AnchorRootNotFound()",
	"BadAuth()",
	"BadTarget()",
	"Blacklisted()",
	"CallPaused()",
	"ClockNotExpired()",
	"ContentLengthMismatch()",
	"DeploymentDoesNotExist(string)",
	"FfiFailed(string)",
	"GameAlreadyExists(bytes32)",
	"GameNotInProgress()",
	"GameNotResolved()",
	"GasEstimation()",
	"IncorrectBondAmount()",
	"InsufficientBond()",
	"InvalidDeployment(string)",
	"InvalidDisputeGame()",
	"InvalidGameType()",
	"InvalidMerkleProof()",
	"InvalidProof()",
	"LargeCalldata()",
	"NoImplementation(uint32)",
	"NonReentrant()",
	"OutOfGas()",
	"OutOfOrderResolution()",
	"ProposalNotValidated()",
	"SmallGasLimit()",
	"TransferFailed()",
	"Unauthorized()",
	"UnexpectedList()",
	"UnexpectedRootClaim(bytes32)",
	"UnexpectedString()",
	"Unproven()",
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
		return xstrdup(json_string_value(json_array_get(args, 0)));
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
