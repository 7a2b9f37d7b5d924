/* What forge's last words mean, and what to do about them. */
#include "providers/clients/forge/forge_run.h"

#include "engine/base/buf.h"
#include "engine/base/limits.h"

static const struct {
	const char *text, *hint;
} reverts[] = {
	{ "MaxDepthTooLarge",
	  "lower 'fault_game_max_depth' of the deploy config to 125 or less" },
	{ "InvalidSplitDepth", "'fault_game_split_depth' must be at least 2 "
			       "and below 'fault_game_max_depth' - 1" },
	{ "InvalidClockExtension",
	  "raise 'fault_game_max_clock_duration' or lower "
	  "'fault_game_clock_extension' and "
	  "'preimage_oracle_challenge_period'" },
	{ "gas limit too",
	  "'l2_genesis_block_gas_limit' must be from 21000000 to 200000000" },
	{ "Create2 call failed",
	  "contracts with this salt already exist on the L1: use another salt "
	  "for the deployment" },
	{ "already deployed", "contracts with this salt already exist on the "
			      "L1: use another salt for the deployment" },
	{ "DeploymentDoesNotExist",
	  "the artifact lacks a contract that the script needs" },
	{ "FfiFailed",
	  "the scripts call 'bash', 'git', 'jq' and 'cast': all four must be "
	  "in the project's 'tool_dirs'" },
	{ "no supported fork active",
	  "at least the delta fork must be active at genesis ('0s')" },
	{ "vm.getDeployedCode", "the published artifacts do not have the "
				"version that the drivers need" },
};

static const char *const unreachable[] = {
	"error sending request",   "tcp connect error", "Connection refused",
	"Connection reset",        "connection closed", "operation timed out",
	"error trying to connect",
};

static bool
has_any(const char *text, const char *const *needles, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strstr(text, needles[i]))
			return true;
	return false;
}

/* From the last "Error: " at the start of a line; else the last line. */
static const char *
last_words(struct arena *a, const char *text)
{
	const char *p = text, *found = NULL, *end;

	while ((p = strstr(p, "Error: ")) != NULL) {
		if (p == text || p[-1] == '\n')
			found = p + strlen("Error: ");
		p++;
	}
	if (!found) {
		size_t n = strlen(text);

		while (n > 0 && isspace((unsigned char)text[n - 1]))
			n--;
		end = text + n;
		for (p = end; p > text && p[-1] != '\n'; p--)
			;
		return arena_strndup(a, p, (size_t)(end - p));
	}
	end = found + strcspn(found, "\n");
	return arena_strndup(a, found, (size_t)(end - found));
}

static char *
blot(struct arena *a, const char *text, const char *secret)
{
	CLEANUP(buf_done) struct buf b = BUF_INIT(4 * LIM_TOOL_TAIL);
	size_t n = secret ? strlen(secret) : 0;
	size_t len = strlen(text);
	const char *hit;

	if (len > LIM_TOOL_TAIL)
		text += len - LIM_TOOL_TAIL;
	/* forge prints a URL with or without its final slash. */
	if (n > 1 && secret[n - 1] == '/')
		n--;
	while (n && (hit = memmem(text, strlen(text), secret, n)) != NULL) {
		buf_add(&b, text, (size_t)(hit - text));
		buf_adds(&b, "***");
		text = hit + n;
	}
	buf_adds(&b, text);
	return arena_strdup(a, buf_str(&b));
}

enum outcome
forge_explain(struct effect_ctx *ctx, const char *raw, const char *secret)
{
	char *text = blot(ctx->arena, raw, secret);
	const char *words = last_words(ctx->arena, text);
	size_t i;

	if (has_any(text, unreachable, COUNTOF(unreachable)) &&
	    !strstr(words, "script failed")) {
		diag_err(ctx->ds, "E0482", "forge cannot connect to the L1: %s",
			 words);
		diag_detail(ctx->ds, text);
		diag_hint(ctx->ds,
			  "check that the L1 answers, then rerun apply");
		return OC_RETRY;
	}
	diag_err(ctx->ds, "E0480", "a deployment script failed: %s", words);
	diag_detail(ctx->ds, text);
	for (i = 0; i < COUNTOF(reverts); i++)
		if (strstr(words, reverts[i].text)) {
			diag_hint(ctx->ds, "%s", reverts[i].hint);
			return OC_FAIL;
		}
	diag_hint(ctx->ds, "nothing was sent; the end of the script's output "
			   "shows where it stopped");
	return OC_FAIL;
}
