#include "providers/facts/contracts/settings.h"

#include <strings.h>

#include "engine/base/compiler.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"
#include "providers/facts/cost.h"

/* Of a setter, and of one that goes through a Safe: 60,000 and 110,000. */
#define TYPICAL_GAS 110000

bool
setting_differs(const json_t *config, const json_t *live, const char *field)
{
	const json_t *want = jx_get(config, field);
	const json_t *is = jx_get(live, field);

	if (!want)
		return false;
	if (json_is_string(want) && json_is_string(is))
		return strcasecmp(json_string_value(want),
				  json_string_value(is)) != 0;
	return !is || !json_equal(want, is);
}

void
setting_call(json_t *calls, const char *function, json_t *a, json_t *b)
{
	json_t *args = json_array();

	if (a)
		json_array_append_new(args, a);
	if (b)
		json_array_append_new(args, b);
	json_array_append_new(calls, json_pack("{s:s, s:o}", "function",
					       function, "args", args));
}

/* `live` once it is as the config says; NULL while not all is known. */
static json_t *
predict(const struct settings *s, const struct plan_req *req)
{
	const json_t *was = jx_get(req->prior, "live");
	json_t *live = json_object();

	for (size_t i = 0; i < s->n; i++) {
		const json_t *v = jx_get(req->config, s->v[i].field);

		if (!v && !req->creating && json_array_size(req->unknown) == 0)
			v = jx_get(was, s->v[i].field);
		if (!v && (s->v[i].newer ||
			   (s->elsewhere &&
			    strcmp(s->v[i].field, s->authority) == 0)))
			continue;
		if (!v) {
			json_decref(live);
			return NULL;
		}
		json_object_set_new(live, s->v[i].field, jx_share(v));
	}
	return live;
}

/* What an update will send, and how many calls that are at most. */
static size_t
note_calls(const struct settings *s, struct kind_ctx *ctx,
	   const struct plan_req *req, struct plan_out *out)
{
	CLEANUP(put_json)
	json_t *calls = s->calls(req->config, jx_get(req->prior, "live"));
	size_t n = json_array_size(calls), i;
	json_t *call;

	json_array_foreach(calls, i, call) {
		const char *function = jx_str(call, "function", "?");
		CLEANUP(freep) char *args = jx_dump_line(jx_get(call, "args"));

		if (s->delegate)
			kind_note(ctx, out,
				  "runs %.*s of %s, by a delegatecall",
				  (int)strcspn(function, "("), function,
				  jx_str(req->config, s->delegate, "?"));
		else
			kind_note(ctx, out, "calls %s of %s with %s", function,
				  jx_str(req->config, "address", "?"), args);
	}
	for (i = 0; i < s->n; i++) {
		const char *field = s->v[i].field;

		if (!is_unknown(req->unknown,
				arena_printf(ctx->arena, "/%s", field)))
			continue;
		kind_note(ctx, out, "sets %s, if it differs", field);
		n++;
	}
	return n;
}

static void
note_update(const struct settings *s, struct kind_ctx *ctx,
	    const struct plan_req *req, struct plan_out *out)
{
	size_t n = note_calls(s, ctx, req, out);
	char gas[24];

	if (n == 0) {
		kind_note(ctx, out,
			  "nothing is sent: values that are not managed are "
			  "only recorded");
		return;
	}
	if (s->elsewhere)
		kind_note(ctx, out, "as the %s, by the key of 'from'",
			  s->authority);
	else
		kind_note(ctx, out, "as %s, its %s",
			  jx_str(jx_get(req->prior, "live"), s->authority, "?"),
			  s->authority);
	(void)snprintf(gas, sizeof(gas), "%zu",
		       n * (s->gas ? s->gas : TYPICAL_GAS));
	out->costs = cost_list(req, s->authority, "from", gas, "0");
}

int
settings_plan(const struct settings *s, struct kind_ctx *ctx,
	      const struct plan_req *req, struct plan_out *out)
{
	CLEANUP(put_json) json_t *live = predict(s, req);

	if (live)
		out->attrs = json_pack("{s:O}", "live", live);
	if (req->creating)
		kind_note(ctx, out,
			  "nothing is sent if %s already has these values",
			  s->what);
	else
		note_update(s, ctx, req, out);
	return 0;
}

int
settings_leaves(const struct settings *s, struct kind_ctx *ctx,
		const json_t *config, struct plan_out *out)
{
	kind_note(ctx, out, "%s at %s on chain %lld, as it is", s->what,
		  jx_str(config, "address", "?"),
		  (long long)jx_int(config, "chain_id", 0));
	return 0;
}
