/*
 * Processes of releases before there were roles: what the presets of that time
 * named them, and the flags that told the rest. Nothing is added here any
 * more.
 */
#include "cmd/opl2/chain/part.h"

#include <string.h>

#include "engine/io/jx.h"
#include "engine/base/mem.h"
#include "providers/runtime/process_def.h"
#include "state/state.h"

static const struct {
	const char *name;
	enum process_role role;
} names[] = {
	{ "l1", ROLE_L1 },
	{ "op-geth", ROLE_ENGINE },
	{ "op-node", ROLE_SEQUENCER },
	{ "op-batcher", ROLE_BATCHER },
	{ "op-proposer", ROLE_PROPOSER },
	{ "op-challenger", ROLE_CHALLENGER },
	{ "da-server", ROLE_DA },
	{ "meeda-adapter", ROLE_DA },
	{ "metrics", ROLE_METRICS },
};

static void
add_proposals(struct part *p, const json_t *args)
{
	p->propose_to =
		jx_get(args, "game-factory-address") ? "games" : "oracle";
	p->game_type = jx_int(args, "game-type", 0);
	p->interval_ms = process_ms(args, "proposal-interval", 0);
}

void
part_before_roles(struct part *p, const struct state *state)
{
	const char *slash = strrchr(p->name, '/');
	const char *last = slash ? slash + 1 : p->name;
	const json_t *args = jx_get(p->e->config, "args");
	const struct state_entry *key = state_get(state, "key.sequencer");

	for (size_t i = 0; i < COUNTOF(names); i++)
		if (!strcmp(names[i].name, last))
			p->role = names[i].role;
	if (p->role == ROLE_SEQUENCER && slash)
		p->role = ROLE_NODE;
	if (p->role == ROLE_SEQUENCER && key)
		p->signs_as = jx_str(key->attrs, "address", NULL);
	if (p->role == ROLE_PROPOSER)
		add_proposals(p, args);
	if (p->role == ROLE_BATCHER)
		p->da_server = jx_get(args, "altda.da-server");
}
