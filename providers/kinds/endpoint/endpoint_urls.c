#include "providers/kinds/endpoint/endpoint_urls.h"

#include "engine/base/buf.h"
#include "engine/base/limits.h"
#include "engine/base/mem.h"
#include "engine/io/jx.h"

/* Appends the parts of a text or a token; neighbouring texts become one. */
static void
endpoint_urls_add(json_t *parts, const json_t *v)
{
	const json_t *more = json_object_get(v, "$secret");
	size_t last = json_array_size(parts) - 1;
	json_t *before = json_array_get(parts, last);

	for (size_t i = 0; i < json_array_size(more); i++)
		endpoint_urls_add(parts, json_array_get(more, i));
	if (more || !v)
		return;
	if (json_is_string(v) && json_is_string(before))
		json_array_set_new(parts, last,
				   jx_strf("%s%s", json_string_value(before),
					   json_string_value(v)));
	else
		json_array_append_new(parts, jx_share(v));
}

json_t *
endpoint_urls(const json_t *config)
{
	CLEANUP(put_json) json_t *parts = json_array();
	CLEANUP(put_json) json_t *space = json_string(" ");
	const json_t *fallback = jx_get(config, "rpc_fallback");

	endpoint_urls_add(parts, jx_get(config, "rpc"));
	for (size_t i = 0; i < json_array_size(fallback); i++) {
		endpoint_urls_add(parts, space);
		endpoint_urls_add(parts, json_array_get(fallback, i));
	}
	if (json_array_size(parts) == 1 &&
	    json_is_string(json_array_get(parts, 0)))
		return jx_share(json_array_get(parts, 0));
	return json_pack("{s:O}", "$secret", parts);
}
