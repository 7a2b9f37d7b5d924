#include "providers/runtime/wire/sup_chain.h"

#include "engine/base/mem.h"
#include "engine/io/jx.h"

struct sup_chain *
sup_chain_of(struct runtime_chain *c)
{
	return (struct sup_chain *)c;
}

void
sup_chain_init(struct sup_chain *l, const struct runtime *rt,
	       const struct supctl_server *who, const char *state_dir)
{
	l->c.rt = rt;
	l->who = who;
	l->dir = xstrdup(state_dir);
}

void
sup_chain_close(struct runtime_chain *c)
{
	struct sup_chain *l = sup_chain_of(c);

	supctl_close(l->s);
	free(l->dir);
	free(l);
}

int
sup_chain_connect(struct sup_chain *l, struct diags *ds)
{
	return l->s ? 0 : supctl_connect(l->who, l->dir, &l->s, ds);
}

int
sup_chain_attend(struct runtime_chain *c, struct diags *ds)
{
	struct sup_chain *l = sup_chain_of(c);

	return l->s ? 0 : supctl_ensure(l->who, l->dir, &l->s, ds);
}

int
sup_chain_call(struct sup_chain *l, const char *op, json_t *args,
	       const struct runtime_wait *w, json_t **out, struct diags *ds)
{
	CLEANUP(put_json) json_t *mine = args;

	if (sup_chain_attend(&l->c, ds))
		return -1;
	return supctl_call(l->s, op, mine, w ? w->fn : NULL, w ? w->arg : NULL,
			   out, ds);
}

json_t *
sup_chain_named(const json_t *names)
{
	return json_pack("{s:o}", "names",
			 names ? jx_share(names) : json_array());
}

int
sup_chain_put(struct runtime_chain *c, const char *name,
	      const struct process_def *def, const json_t *secrets,
	      struct diags *ds)
{
	json_t *args = json_pack("{s:s, s:o}", "name", name, "def",
				 process_def_encode(def));

	if (secrets)
		json_object_set_new(args, "secrets", jx_share(secrets));
	return sup_chain_call(sup_chain_of(c), "put", args, NULL, NULL, ds);
}

int
sup_chain_give_secrets(struct runtime_chain *c, const json_t *secrets,
		       struct diags *ds)
{
	return sup_chain_call(sup_chain_of(c), "secrets",
			      json_pack("{s:o}", "secrets", jx_share(secrets)),
			      NULL, NULL, ds);
}

int
sup_chain_start(struct runtime_chain *c, const json_t *names, struct diags *ds)
{
	return sup_chain_call(sup_chain_of(c), "start", sup_chain_named(names),
			      NULL, NULL, ds);
}

int
sup_chain_wait_ready(struct runtime_chain *c, const json_t *names,
		     const struct runtime_wait *w, struct diags *ds)
{
	return sup_chain_call(sup_chain_of(c), "wait_ready",
			      sup_chain_named(names), w, NULL, ds);
}

int
sup_chain_wait_gate(struct runtime_chain *c, const char *name,
		    const json_t *above, int64_t ms,
		    const struct runtime_wait *w, struct diags *ds)
{
	json_t *args = json_pack("{s:[s], s:I}", "names", name, "timeout_ms",
				 (json_int_t)ms);

	if (above)
		json_object_set_new(args, "above", jx_share(above));
	return sup_chain_call(sup_chain_of(c), "wait_gate", args, w, NULL, ds);
}

int
sup_chain_stop(struct runtime_chain *c, const json_t *names, bool hold,
	       bool force, const struct runtime_wait *w, struct diags *ds)
{
	json_t *args = sup_chain_named(names);

	json_object_set_new(args, "hold", json_boolean(hold));
	json_object_set_new(args, "force", json_boolean(force));
	return sup_chain_call(sup_chain_of(c), "stop", args, w, NULL, ds);
}

int
sup_chain_restart(struct runtime_chain *c, const json_t *names, bool force,
		  const struct runtime_wait *w, struct diags *ds)
{
	json_t *args = sup_chain_named(names);

	json_object_set_new(args, "force", json_boolean(force));
	return sup_chain_call(sup_chain_of(c), "restart", args, w, NULL, ds);
}

int
sup_chain_pause(struct runtime_chain *c, const json_t *names, bool on,
		int64_t ms, const struct runtime_wait *w, struct diags *ds)
{
	json_t *args = sup_chain_named(names);

	json_object_set_new(args, "on", json_boolean(on));
	json_object_set_new(args, "timeout_ms", json_integer(ms));
	return sup_chain_call(sup_chain_of(c), "pause", args, w, NULL, ds);
}
