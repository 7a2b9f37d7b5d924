#include "providers/health/games.h"

#include <string.h>
#include <strings.h>

#include "engine/base/buf.h"
#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/contracts/game_status.h"

/* The newest block of the chain's own node; -1: unknown. */
static int64_t
newest_block(const json_t *seen)
{
	const json_t *own = json_array_get(jx_get(seen, "nodes"), 0);

	return jx_int(jx_at(own, "/answer/sync/unsafe_l2"), "number", -1);
}

bool
health_claim_won(const json_t *claim)
{
	return jx_int(jx_get(claim, "game"), "status", 0) == GAME_WON;
}

bool
health_claim_stands(const json_t *claim)
{
	return !health_claim_won(claim) &&
	       jx_int(jx_get(claim, "game"), "claims", 1) < 2;
}

/* How long there is to dispute it. */
static void
add_clock(struct buf *b, const json_t *seen, const json_t *claim)
{
	const json_t *g = jx_get(claim, "game");
	int64_t end = jx_int(g, "time", 0) + jx_int(g, "clock_s", 0);
	int64_t left = end - jx_int(seen, "now", 0);
	char when[CLOCK_MINUTE];

	if (health_claim_won(claim))
		buf_adds(b, "; it was won, and withdrawals can be finalized "
			    "with it");
	else if (!health_claim_stands(claim))
		buf_addf(b, "; it is disputed, with %lld claims",
			 (long long)jx_int(g, "claims", 0));
	else if (left <= 0)
		buf_adds(b, "; nobody has disputed it, and its clock has run "
			    "out");
	else if (jx_get(g, "clock_s"))
		buf_addf(b,
			 "; nobody has disputed it, and its clock runs for "
			 "%lldh%02lldm, until %s",
			 (long long)left / 3600, (long long)left / 60 % 60,
			 (utc_minute(end, when), when));
}

char *
health_bad_claim(const json_t *seen, const json_t *claim)
{
	const json_t *g = jx_get(claim, "game");
	const char *root = jx_str(g, "root", ""), *own;
	long long block = (long long)jx_int(g, "block", -1);
	int64_t newest = newest_block(seen);
	struct buf b = BUF_INIT(4096);

	own = jx_str(jx_get(claim, "answer"), "output_root", NULL);
	if (own ? strcasecmp(own, root) == 0 : newest < 0 || block <= newest)
		return NULL;
	buf_addf(&b, "game %s, made by %s, claims %s for block %lld; ",
		 jx_str(g, "game", "?"), jx_str(g, "creator", "?"), root,
		 block);
	if (own)
		buf_addf(&b, "the node computes %s", own);
	else
		buf_addf(&b, "the node's newest block is %lld",
			 (long long)newest);
	add_clock(&b, seen, claim);
	return buf_take(&b);
}

bool
health_output_is_own(const json_t *seen)
{
	const json_t *l1 = jx_at(seen, "/l1/answer");
	const json_t *newest = json_array_get(jx_get(l1, "games"), 0);
	const char *own = jx_str(jx_get(seen, "expected"), "proposer", NULL);
	const char *creator = jx_str(newest, "creator", NULL);

	return !own || !creator || strcasecmp(own, creator) == 0 ||
	       jx_int(newest, "index", -1) !=
		       jx_int(jx_get(l1, "output"), "index", -2);
}
