#include "providers/facts/voters.h"

#include <stdlib.h>
#include <string.h>

#include "engine/io/jx.h"

#define VOTER 0 /* consensus.ServerSuffrage */

bool
voters_have(const json_t *voters, const json_t *one)
{
	const json_t *v;
	size_t i;

	json_array_foreach(voters, i, v)
		if (json_equal(v, one))
			return true;
	return false;
}

/* Inserts it where it belongs. */
static void
add(json_t *voters, const char *id, const char *addr)
{
	json_t *one = jx_strf("%s@%s", id, addr);
	size_t i = 0;

	while (i < json_array_size(voters) &&
	       strcmp(json_string_value(json_array_get(voters, i)),
		      json_string_value(one)) < 0)
		i++;
	json_array_insert_new(voters, i, one);
}

json_t *
voters_of_config(const json_t *config)
{
	json_t *voters = json_array();
	const json_t *m;
	size_t i;

	json_array_foreach(jx_get(config, "members"), i, m)
		add(voters, jx_str(m, "id", ""), jx_str(m, "raft", ""));
	return voters;
}

json_t *
voters_of_servers(const json_t *servers)
{
	json_t *voters = json_array();
	const json_t *s;
	size_t i;

	json_array_foreach(servers, i, s)
		if (jx_int(s, "suffrage", VOTER) == VOTER)
			add(voters, jx_str(s, "id", ""), jx_str(s, "addr", ""));
	return voters;
}
