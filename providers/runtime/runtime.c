#include "providers/runtime/runtime.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/runtime/place.h"

#define RUNTIME(n) extern const struct runtime runtime_##n;
#include "providers/runtime/runtimes.def"
#undef RUNTIME

#define RUNTIME(n) &runtime_##n,
const struct runtime *const runtime_table[] = {
#include "providers/runtime/runtimes.def"
};
#undef RUNTIME

const size_t runtime_count = sizeof(runtime_table) / sizeof(*runtime_table);

const struct runtime *
runtime_find(const char *name)
{
	for (size_t i = 0; i < runtime_count; i++)
		if (!strcmp(runtime_table[i]->name, name))
			return runtime_table[i];
	return NULL;
}

const struct runtime *
runtime_of(const char *state_dir)
{
	return kube_place_there(state_dir) ? &runtime_kubernetes
					   : &runtime_local;
}

const char *
runtime_namespace(struct arena *a, const char *state_dir)
{
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *config = NULL;
	CLEANUP(freep) char *chain = NULL;

	diags_init(&quiet);
	if (!kube_place_there(state_dir) ||
	    kube_place_read(state_dir, &chain, &config, &quiet))
		return NULL;
	return arena_strdup(a, jx_str(config, "namespace", "default"));
}

int
runtime_settle(const char *state_dir, const char *chain, const json_t *runtime,
	       struct diags *ds)
{
	char now[24];

	snprintf(now, sizeof(now), "%llu", (unsigned long long)boot_ms());
	setenv(RUNTIME_BEGUN, now, 1);
	return kube_place_write(state_dir, chain, jx_get(runtime, "kubernetes"),
				ds);
}

int
runtime_prepare(const char *state_dir, const char *chain, const json_t *runtime,
		struct diags *ds)
{
	const json_t *config = jx_get(runtime, "kubernetes");

	return config ? kube_place_prepare(state_dir, chain, config, ds) : 0;
}

bool
runtime_differs(const char *state_dir, const json_t *runtime)
{
	const json_t *now = jx_get(runtime, "kubernetes");
	CLEANUP(diags_done) struct diags quiet;
	CLEANUP(put_json) json_t *was = NULL;
	CLEANUP(freep) char *chain = NULL;

	diags_init(&quiet);
	if (!now || !kube_place_there(state_dir))
		return now || kube_place_there(state_dir);
	return kube_place_read(state_dir, &chain, &was, &quiet) == 0 &&
	       strcmp(jx_str(was, "namespace", "default"),
		      jx_str(now, "namespace", "default")) != 0;
}

unsigned
runtime_port(struct runtime_chain *c, const char *process, const char *port,
	     struct diags *ds)
{
	CLEANUP(runtime_recall_done) struct runtime_recall r = { 0 };
	int rc = c->rt->recall(c, process, &r, ds);

	if (rc < 0)
		return 0;
	for (size_t i = 0; rc == 0 && i < r.def->nports; i++)
		if (!strcmp(r.def->ports[i].name, port))
			return r.def->ports[i].port;
	diag_err(ds, "E0911", "the process '%s' has no port '%s'", process,
		 port);
	return 0;
}

char *
runtime_loopback(struct runtime_chain *c, const char *process, const char *port,
		 struct diags *ds)
{
	unsigned n = runtime_port(c, process, port, ds);

	return n ? xasprintf("127.0.0.1:%u", n) : NULL;
}

int
runtime_open(const char *state_dir, struct runtime_chain **out,
	     struct diags *ds)
{
	return runtime_of(state_dir)->open(state_dir, out, ds);
}

void
runtime_closep(struct runtime_chain **c)
{
	if (*c)
		(*c)->rt->close(*c);
	*c = NULL;
}

int
runtime_read_status(const char *state_dir, const json_t *names, bool asked,
		    struct runtime_status **out, struct diags *ds)
{
	CLEANUP(runtime_closep) struct runtime_chain *c = NULL;

	if (runtime_open(state_dir, &c, ds))
		return -1;
	return c->rt->status(c, names, asked, out, ds);
}

void
runtime_recall_done(struct runtime_recall *r)
{
	process_def_put(r->def);
	process_def_put(r->ran);
	*r = (struct runtime_recall){ 0 };
}
