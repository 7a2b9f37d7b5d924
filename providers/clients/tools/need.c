#include "providers/clients/tools/need.h"

void
need_program(json_t *out, const char *name, const char *why, bool found)
{
	json_array_append_new(out, json_pack("{s:s, s:s, s:b}", "program", name,
					     "why", why, "found", (int)found));
}

void
need_setting(json_t *out, const char *what, const char *who, const char *hint,
	     const char *client)
{
	json_array_append_new(out, json_pack("{s:s, s:s, s:s, s:s}", "setting",
					     what, "for", who, "hint", hint,
					     "client", client));
}

void
need_port(json_t *out, unsigned port, const char *name, const char *why)
{
	json_array_append_new(out, json_pack("{s:I, s:s, s:s}", "port",
					     (json_int_t)port, "name", name,
					     "why", why));
}

void
need_contract(json_t *out, const char *address, const char *field,
	      const char *hint)
{
	json_array_append_new(out,
			      json_pack("{s:s, s:s, s:s}", "contract", address,
					"field", field, "hint", hint));
}

void
need_opcm(json_t *out, const char *address, const char *why, const char *hint)
{
	json_array_append_new(out, json_pack("{s:s, s:s, s:s}", "opcm", address,
					     "why", why, "hint", hint));
}

void
need_disk(json_t *out, const char *path, uint64_t bytes)
{
	json_array_append_new(out, json_pack("{s:s, s:I}", "disk", path,
					     "bytes", (json_int_t)bytes));
}
