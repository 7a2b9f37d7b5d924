#include "providers/clients/http/server_down.h"

#include <string.h>

#include "engine/base/compiler.h"

#define STORE                                                                  \
	"While it is away no batch can be stored: the L2 goes on, its safe "   \
	"head waits, and what is not on the L1 when the sequencing window "    \
	"ends is lost. What the server itself loses, no node can derive."

static const struct {
	const char *type, *name, *stake, *todo;
} servers[] = {
	{ "rpc", "the RPC", NULL,
	  "see whether it runs and whether the URL is right; rpc_fallback "
	  "names others to turn to" },
	{ "beacon", "the beacon node",
	  "While it is away no node can read the blobs that batches are in.",
	  "start it, or give the URL where it is" },
	{ "da_server", "the DA server", STORE,
	  "start the DA server, or give the URL where it is" },
	{ "meeda", "the Meeda server", STORE,
	  "start the Meeda server (its light node), or give the URL where it "
	  "is" },
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
