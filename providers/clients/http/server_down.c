#include "providers/clients/http/server_down.h"

#include <string.h>

#include "engine/base/compiler.h"

#define STORE                                                                  \
	"Until it answers, no batch can be stored: an L2 that runs "           \
	"continues, its safe head stops, and batches that are not on the L1 "  \
	"when the sequencing window ends are lost. No node can derive data "   \
	"that the server loses."

static const struct {
	const char *type, *name, *stake, *todo;
} servers[] = {
	{ "rpc", "the RPC", NULL,
	  "check that it is running and that the URL is correct; rpc_fallback "
	  "sets alternatives" },
	{ "beacon", "the beacon node",
	  "Until it answers, no node can read the blobs that contain batches.",
	  "start it, or correct its URL" },
	{ "da_server", "the DA server", STORE,
	  "start the DA server, or correct its URL" },
	{ "meeda", "the Meeda server", STORE,
	  "start the Meeda server (its light node), or correct its URL" },
};

void
server_down(struct diags *ds, const char *type)
{
	struct diag *d = ds->last;
	const char *why = d ? strstr(d->summary, "': ") : NULL;
	char *text;

	for (size_t i = 0; why && i < COUNTOF(servers); i++) {
		if (strcmp(servers[i].type, type) != 0)
			continue;
		text = arena_printf(
			&ds->arena, "%s at %.*s does not answer: %s",
			servers[i].name, (int)(why + 1 - d->summary),
			d->summary, why + 3);
		d->summary = text;
		if (servers[i].stake)
			diag_detail(ds, servers[i].stake);
		diag_hint(ds, "%s", servers[i].todo);
		return;
	}
}
