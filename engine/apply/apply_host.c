/* Who may change processes: engine/run/host.h. */
#include "engine/apply/apply_impl.h"

#include "engine/run/host.h"

static const char *
first_acting(const struct applier *ap)
{
	for (size_t i = 0; i < ap->ntasks; i++)
		if (ap->tasks[i].acts && host_keeps_kind(ap->tasks[i].c->kind))
			return ap->tasks[i].c->addr;
	return NULL;
}

int
apply_claim_host(struct applier *ap)
{
	const char *addr = first_acting(ap);

	if (!addr)
		return 0;
	if (ap->r->elsewhere && !ap->p->take_over)
		return host_refuse(ap->r->elsewhere, addr, ap->ds);
	return run_claim_host(ap->r, ap->ds);
}
