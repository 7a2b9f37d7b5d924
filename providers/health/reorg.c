#include "providers/health/reorg.h"

#include <string.h>
#include <strings.h>

#include "engine/io/jx.h"

/*
 * A window that ran out shows by blocks that derivation made itself. A head of
 * the L1 that went back is a reorganisation if the block it went back from is
 * no longer there, else a node that lags behind another.
 */
const char *
reorg_cause(const json_t *clues, bool window_over, const char *hash_now)
{
	const json_t *back = jx_get(clues, "back");

	if (jx_get(clues, "forced") || window_over)
		return "E1104";
	if (jx_get(clues, "reorg"))
		return "E1105";
	if (!back || !hash_now)
		return "W1107";
	return strcasecmp(hash_now, jx_str(back, "hash", "")) ? "E1105"
							      : "E1106";
}

const char *
reorg_cure(const char *code)
{
	if (!strcmp(code, "E1104"))
		return "keep the batcher running and 'max_channel_duration' "
		       "far below the window; 'opl2 status' shows how much is "
		       "left";
	if (!strcmp(code, "E1105"))
		return "no action: op-node follows the L1; a larger "
		       "'sequencer.l1-confs' makes this rarer";
	if (!strcmp(code, "E1106"))
		return "set l1_rpc to a single L1 node, not a load balancer; "
		       "then 'opl2 apply'";
	return NULL;
}
